import { parseArgs } from 'node:util';
import { InvalidConfig, readConfig, type Config } from './config.js';
import { createContainer, parts } from './container.js';

const usage = `Usage: node dist/main.js [--port 8088] [--print-config] [--help]

Everything else is set in the environment; --print-config shows every setting and its value.`;

const readArguments = (args: readonly string[]) =>
  parseArgs({
    // The official test program's readers write -port.
    args: args.map((arg) => arg.replace(/^-(?=[a-z]{2})/, '--')),
    options: {
      port: { type: 'string' },
      'print-config': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }).values;

const main = async (): Promise<void> => {
  const options = readArguments(process.argv.slice(2));
  if (options.help) return console.log(usage);
  const env = options.port === undefined ? process.env : { ...process.env, PORT: options.port };
  const config = readConfig(env, process.stderr.isTTY);
  if (options['print-config']) return console.log(JSON.stringify(config, undefined, 2));
  await serve(config);
};

const serve = async (config: Config): Promise<void> => {
  const container = await createContainer(config);
  const logger = container.get(parts.logger);
  const service = container.get(parts.service);
  const { port } = await service.start();
  const { description } = service.store.durability;
  logger.info('Rockets is listening', {
    url: `http://localhost:${port}`,
    store: config.eventStore,
    pid: process.pid,
  });
  logger.info(`Dashboard http://localhost:${port}/  API http://localhost:${port}/docs`);
  logger[service.store.durability.level === 'none' ? 'warn' : 'info'](`durability: ${description}`);

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { signal });
    // Nothing may keep us from ending in time: what was acknowledged is stored already.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), config.shutdownTimeoutMs + 800).unref();
    service.stop().then(
      () => {
        logger.info('stopped; everything acknowledged is stored');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error('could not stop in order', { error: String(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

const explain = (error: unknown): string => {
  if (error instanceof InvalidConfig) return error.message;
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'store-refused' || code === 'store-unavailable') return error.message;
  if (code === 'EADDRINUSE') {
    return `${error.message}\nAnother program uses this port: stop it, or choose another with PORT=8089 or --port 8089.`;
  }
  if (code === 'EACCES')
    return `${error.message}\nThis port needs more rights: choose one above 1024 with --port.`;
  return String(code).startsWith('ERR_PARSE_ARGS')
    ? `${error.message}\n\n${usage}`
    : (error.stack ?? error.message);
};

main().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
