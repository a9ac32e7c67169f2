import { isIPv6 } from 'node:net';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import {
  InvalidConfig,
  readConfig,
  settingsInForce,
  sqliteFileIn,
  standsBefore,
  type Config,
} from './config.js';
import { createContainer, parts } from './container.js';
import { AccessRefused } from './infrastructure/auth/access.js';
import { CertificateRefused } from './infrastructure/http/certificate.js';
import { version } from './version.js';
import { KafkaRefused } from './infrastructure/kafka/kafka-library.js';
import { StoreRefused } from './infrastructure/stores/relational/store-errors.js';
import { outliveLog } from './infrastructure/observability/winston-logger.js';

const usage = `Usage: node dist/main.js [--port 8088] [--print-config] [--version] [--help]

Everything else is set in the environment; --print-config shows every setting and its value.`;

const readArguments = (args: readonly string[]) =>
  parseArgs({
    // The official test program's readers write -port.
    args: args.map((arg) => arg.replace(/^-(?=[a-z]{2})/, '--')),
    options: {
      port: { type: 'string' },
      'print-config': { type: 'boolean' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;

const main = async (): Promise<void> => {
  const options = readArguments(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.version) return console.log(version());
  const env = options.port === undefined ? process.env : { ...process.env, PORT: options.port };
  const onTerminal = process.stderr.isTTY;
  if (options['print-config']) return console.log(settingsInForce(env, onTerminal).join('\n'));
  await serve(readConfig(env, onTerminal));
};

const serve = async (config: Config): Promise<void> => {
  outliveLog();
  // Until it listens there is nothing to end in order. What is listened to is said once: a signal that comes just when one
  // listener takes the place of another is lost.
  let end: (signal: NodeJS.Signals) => void = () => process.exit();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal));
  const container = await createContainer(config);
  const logger = container.get(parts.logger);
  const service = container.get(parts.service);
  const { port } = await service.start();
  const { level, description } = service.store.durability;
  const url = `${config.tls ? 'https' : 'http'}://${reachableName(config.host)}:${port}`;
  logger.info('Rockets is listening', { url, store: config.eventStore, pid: process.pid });
  logger.info(`Dashboard ${url}/  API ${url}/docs`);
  if (service.adminAddress !== undefined)
    logger.info(
      `Probes, /health and /metrics http://${reachableName(config.host)}:${service.adminAddress.port}/`,
    );
  const { ingest, consume, kafka } = config;
  if (kafka !== undefined && standsBefore(config)) {
    const { brokers, topic, group, instance } = kafka;
    logger.info('Kafka stands before the store', { ingest, consume, brokers, topic, group, instance });
  }
  if (config.access === undefined && !isThisMachine(config.host)) {
    logger.warn('Anybody who reaches this machine may report, read and skip: AUTH=keys asks for keys');
  }
  logger[level === 'none' ? 'warn' : 'info'](`durability: ${description}`);

  let stopping = false;
  const stop = (signal: NodeJS.Signals | 'unexpected error'): void => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { signal });
    // Nothing may keep us from ending in time: what was acknowledged is stored already. Nor may we end before that for want of
    // anything to do but a pause.
    setTimeout(kill, config.shutdownTimeoutMs + 800);
    service.stop().then(
      () => {
        const left = level === 'none' ? 'what was in memory is gone' : 'everything acknowledged is stored';
        logger.info(`stopped; ${left}`);
        process.exit();
      },
      (error: unknown) => {
        logger.error('could not stop in order', { error: String(error) });
        process.exit(1);
      },
    );
  };
  // The second signal stops at once.
  const drain = (signal: NodeJS.Signals): void => {
    end = stop;
    service.announceStop();
    logger.info('not ready any more, and serving on for DRAIN_DELAY', { signal, ms: config.drainDelayMs });
    setTimeout(() => stop(signal), config.drainDelayMs);
  };
  end = config.drainDelayMs > 0 ? drain : stop;
  process.on('uncaughtException', (error) => {
    logger.error('unexpected error: no new work is taken', { error: error.stack ?? error.message });
    process.exitCode = 1;
    stop('unexpected error');
  });
};

/** The first process of a container does not hear what it sends to itself. */
const kill = (): never => {
  process.kill(process.pid, 'SIGKILL');
  return process.exit(128 + constants.signals.SIGKILL);
};

/** How this machine reaches the service, which may listen on all of its addresses. */
const reachableName = (host: string | undefined): string => {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
};

const isThisMachine = (host = ''): boolean => /^(localhost|127(\.\d+){3}|::1)$/.test(host);

const otherHost =
  'Set HOST to an address or a name of this machine, or leave it unset to listen on all of them.';

/** What to do when the operating system does not let us listen. */
const listenAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program uses this port: stop it, or choose another with PORT=8089 or --port 8089.',
  EACCES: 'This port needs more rights: choose one above 1024 with --port.',
  EADDRNOTAVAIL: otherHost,
  EAFNOSUPPORT: otherHost,
  EINVAL: otherHost,
  ENOTFOUND: otherHost,
  EAI_AGAIN: otherHost,
};

const isDatabaseChosen = (): boolean => process.env['EVENT_STORE']?.trim() === 'postgres';

/** The only file there is: SQLite itself does not name it. */
const aboutStore = ({ message }: Error): string => {
  if (isDatabaseChosen()) return message;
  const file = sqliteFileIn(process.env);
  return message.includes(file) ? message : `SQLITE_FILE=${file}: ${message}`;
};

const selfExplaining = [InvalidConfig, CertificateRefused, AccessRefused, KafkaRefused];

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (selfExplaining.some((kind) => error instanceof kind)) return error.message;
  const { code = '', syscall, path }: NodeJS.ErrnoException = error;
  if (code === 'store-refused' || code === 'store-unavailable' || path !== undefined)
    return aboutStore(error);
  const advice = syscall === 'listen' || syscall === 'getaddrinfo' ? listenAdvice[code] : undefined;
  if (advice !== undefined) return `${error.message}\n${advice}`;
  return code.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${usage}` : (error.stack ?? error.message);
};

/** 2: the database or Kafka will not do, or is named wrongly, and no other start would change that. */
const exitCodeFor = (error: unknown): 1 | 2 => {
  if (error instanceof KafkaRefused) return 2;
  if (error instanceof InvalidConfig) return error.message.includes('DATABASE_') ? 2 : 1;
  return isDatabaseChosen() && error instanceof StoreRefused ? 2 : 1;
};

main().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(exitCodeFor(error));
});
