import { hostname } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { AccessRules } from './infrastructure/auth/access.js';
import { millisecondsIn } from './infrastructure/duration.js';
import { isTopic, type KafkaSettings } from './infrastructure/kafka/connection.js';
import {
  headersIn,
  isCollector,
  type TracingSettings,
} from './infrastructure/observability/tracing-settings.js';
import { canBeAllowed } from './infrastructure/webhooks/address-guard.js';

/** The only reader of the environment. Every setting is here, with its default and what it must be. */
export interface Config {
  readonly host: string | undefined;
  readonly port: number;
  readonly workerCount: number;
  readonly bufferMessages: number;
  readonly bufferBytes: number;
  readonly bodyBytes: number;
  readonly maxConnections: number;
  /** So many may follow the feed live. */
  readonly maxReaders: number;
  /** A port of their own for the probes, /health and /metrics; undefined: none. */
  readonly adminPort: number | undefined;
  /** The files of a certificate and its key; undefined: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  /** Undefined: everybody may everything. */
  readonly access: AccessRules | undefined;
  /** Skips a gap by itself when it stays open for this long; 0 (`off`): never. */
  readonly gapTimeoutMs: number;
  /** A rocket that was not heard for so long, and has not exploded, is silent. */
  readonly silentAfterMs: number;
  /** For so long requests are served as before after the end was asked for; /readyz fails already. */
  readonly drainDelayMs: number;
  readonly shutdownTimeoutMs: number;
  /** So much may the store in memory keep. */
  readonly storeBytes: number;
  readonly eventStore: 'memory' | 'sqlite' | 'postgres';
  readonly sqliteFile: string;
  readonly sqliteSynchronous: 'full' | 'normal';
  /** Undefined: PGHOST and the other variables of PostgreSQL's own programs hold. */
  readonly databaseUrl: string | undefined;
  readonly databaseConnections: number;
  /** What takes in the messages: this instance itself, or a topic that consumers work off. */
  readonly ingest: 'http' | 'kafka';
  /** Whether this instance works off that topic. */
  readonly consume: 'none' | 'kafka';
  /** Undefined: no brokers are named. Without `ingest` and `consume` only subscriptions go there. */
  readonly kafka: KafkaSettings | undefined;
  /** Whether this instance delivers subscriptions. */
  readonly subscriptions: boolean;
  /** For so long what a receiver refuses is tried again by itself. */
  readonly subscriptionPatienceMs: number;
  /** Networks, addresses and hosts of the inside that webhooks may go to. */
  readonly webhookAllow: readonly string[];
  /** Undefined: nothing is recorded, and nothing of it loaded. */
  readonly tracing: TracingSettings | undefined;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug' | 'silent';
  readonly logFormat: 'json' | 'text';
}

const MIB = 1024 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration makes no sense; the message names every setting at fault and what it must be. */
export class InvalidConfig extends Error {
  readonly code = 'invalid-config';
}

export const readConfig = (env: Environment, onTerminal: boolean): Config =>
  readSettings(new Settings(env), onTerminal);

/** Every setting with its value in force, in the form the environment takes it. */
export const settingsInForce = (env: Environment, onTerminal: boolean): readonly string[] => {
  const read = new Settings(env);
  readSettings(read, onTerminal);
  return read.inForce;
};

/** Where the SQLite store is, for programs that need no other setting. */
export const sqliteFileIn = (env: Environment): string => readSqliteFile(new Settings(env));

/** The database of the PostgreSQL store, for programs that need no other setting; undefined: another store is chosen. */
export const databaseIn = (env: Environment): { readonly url: string | undefined } | undefined => {
  if (env['EVENT_STORE']?.trim() !== 'postgres') return undefined;
  const read = new Settings(env);
  const url = readDatabaseUrl(read);
  requireDatabase(read, url);
  read.finish();
  return { url };
};

/** The topics of Kafka, for programs that need no other setting, whoever writes or reads them here. */
export const kafkaIn = (
  env: Environment,
): { readonly settings: KafkaSettings; readonly bodyBytes: number } => {
  const read = new Settings(env);
  const settings = readKafkaSettings(read);
  requireKafka(read, settings);
  const bodyBytes = readBodyBytes(read);
  read.finish();
  return { settings, bodyBytes };
};

const readBodyBytes = (read: Settings): number =>
  read.integer('BODY_BYTES', 64 * 1024, 256, 16 * 1024 * 1024);

const readSqliteFile = (read: Settings): string => read.text('SQLITE_FILE', 'data/rockets.db');

const readTls = (read: Settings): Config['tls'] => {
  const cert = read.text('TLS_CERT', '');
  const key = read.text('TLS_KEY', '');
  if (cert !== '' && key !== '') return { cert, key };
  read.together('TLS_CERT', cert, 'TLS_KEY', key);
  return undefined;
};

const readSettings = (read: Settings, onTerminal: boolean): Config => {
  const config: Config = {
    host: read.text('HOST', '') || undefined,
    port: read.integer('PORT', 8088, 0, 65_535),
    workerCount: read.integer('WORKER_COUNT', 3, 1, 64),
    bufferMessages: read.integer('BUFFER_MESSAGES', 100_000, 1, 10_000_000),
    bufferBytes: read.integer('BUFFER_BYTES', Math.min(128 * MIB, shareOfMemory(1 / 8)), 1024, 2 ** 40),
    bodyBytes: readBodyBytes(read),
    maxConnections: read.integer('MAX_CONNECTIONS', 10_000, 1, 1_000_000),
    maxReaders: read.integer('MAX_READERS', 2000, 1, 1_000_000),
    adminPort: read.port('ADMIN_PORT'),
    tls: readTls(read),
    allowedOrigins: read.list('ALLOWED_ORIGINS', isOrigin, 'origins by comma, as https://a.example'),
    allowedHosts: read.list('ALLOWED_HOSTS', isHost, 'names of hosts by comma, as rockets.example:8088'),
    access: readAccess(read),
    gapTimeoutMs: read.duration('GAP_TIMEOUT', 'off', '8760h'),
    silentAfterMs: read.duration('SILENT_AFTER', '10m', '8760h'),
    drainDelayMs: read.duration('DRAIN_DELAY', '0s', '24h'),
    shutdownTimeoutMs: read.duration('SHUTDOWN_TIMEOUT', '9s', '24h'),
    storeBytes: read.integer('STORE_BYTES', shareOfMemory(5 / 8), MIB, 2 ** 50),
    eventStore: read.oneOf('EVENT_STORE', 'memory', ['memory', 'sqlite', 'postgres']),
    sqliteFile: readSqliteFile(read),
    sqliteSynchronous: read.oneOf('SQLITE_SYNCHRONOUS', 'full', ['full', 'normal']),
    databaseUrl: readDatabaseUrl(read),
    databaseConnections: read.integer('DATABASE_CONNECTIONS', 10, 3, 1000),
    ...readKafka(read),
    subscriptions: read.oneOf('SUBSCRIPTIONS', 'on', ['on', 'off']) === 'on',
    subscriptionPatienceMs: read.duration('SUBSCRIPTION_PATIENCE', '10m', '8760h'),
    webhookAllow: read.list('WEBHOOK_ALLOW', canBeAllowed, insideRule),
    tracing: readTracing(read),
    logLevel: read.oneOf('LOG_LEVEL', 'info', ['error', 'warn', 'info', 'debug', 'silent']),
    logFormat: read.oneOf('LOG_FORMAT', onTerminal ? 'text' : 'json', ['json', 'text']),
  };
  if (config.eventStore === 'postgres') requireDatabase(read, config.databaseUrl);
  const isGatewayAlone = config.ingest === 'kafka' && config.consume === 'none' && !read.isRefused('CONSUME');
  if (isGatewayAlone && config.eventStore !== 'postgres') {
    const expected =
      'postgres, or CONSUME=kafka set, with INGEST=kafka: nobody here would know what became of a message';
    read.refuse('EVENT_STORE', config.eventStore, expected, undefined);
  }
  read.mustHold('BUFFER_BYTES', config.bufferBytes, 'BODY_BYTES', config.bodyBytes);
  read.finish();
  return config;
};

const readTracing = (read: Settings): Config['tracing'] => {
  const isOn = read.oneOf('TRACING', 'off', ['off', 'otlp']) === 'otlp';
  const sample = read.share('TRACING_SAMPLE', '0.01');
  const endpoint = read.address('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318');
  const headers = headersIn(read.secret('OTEL_EXPORTER_OTLP_HEADERS'));
  const serviceName = read.text('OTEL_SERVICE_NAME', 'rockets');
  // Collectors' addresses are set for whole machines: what nobody uses need not be right.
  if (!isOn) return undefined;
  if (!isCollector(endpoint)) {
    const expected =
      'the address of a collector for OTLP over HTTP, as http://localhost:4318; what it wants to know of us is OTEL_EXPORTER_OTLP_HEADERS';
    read.refuse('OTEL_EXPORTER_OTLP_ENDPOINT', '(hidden)', expected, undefined);
  }
  if (headers === undefined) {
    const expected = 'name=value by comma, with what is special in a value percent-encoded';
    read.refuse('OTEL_EXPORTER_OTLP_HEADERS', '(hidden)', expected, undefined);
  }
  return { endpoint, sample, serviceName, headers: headers ?? {} };
};

const insideRule = 'networks, addresses and hosts by comma, as 10.0.0.0/8,::1,hooks.internal';

const databaseUrlRule = 'an address as postgres://user:password@host:5432/database';

const readDatabaseUrl = (read: Settings): string | undefined => {
  const text = read.address('DATABASE_URL');
  if (text === '') return undefined;
  const isRight = URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol);
  return isRight ? text : read.refuse('DATABASE_URL', '(hidden)', databaseUrlRule, undefined);
};

const requireDatabase = (read: Settings, url: string | undefined): void => {
  if (url !== undefined || read.unlisted('PGHOST') !== '') return;
  read.refuse('DATABASE_URL', '', `${databaseUrlRule}, or else PGHOST set, for EVENT_STORE=postgres`, '');
};

/** Of what is no address, a password can't be told from the rest. */
const withoutPassword = (text: string): string => {
  if (!URL.canParse(text)) return '(hidden)';
  const url = new URL(text);
  const { href } = url;
  if (url.password !== '') url.password = 'hidden';
  for (const name of url.searchParams.keys()) {
    if (/pass/i.test(name)) url.searchParams.set(name, 'hidden');
  }
  return url.href === href ? text : url.href;
};

/** Whether Kafka has to do with how messages come. */
export const standsBefore = ({ ingest, consume }: Pick<Config, 'ingest' | 'consume'>): boolean =>
  ingest === 'kafka' || consume === 'kafka';

const readKafka = (read: Settings): Pick<Config, 'ingest' | 'consume' | 'kafka'> => {
  const ingest = read.oneOf('INGEST', 'http', ['http', 'kafka']);
  const consume = read.oneOf('CONSUME', 'none', ['none', 'kafka']);
  const settings = readKafkaSettings(read);
  const isNamed = settings.brokers.length > 0;
  if (!isNamed && !standsBefore({ ingest, consume })) return { ingest, consume, kafka: undefined };
  requireKafka(read, settings);
  return { ingest, consume, kafka: settings };
};

const readKafkaSettings = (read: Settings): KafkaSettings => ({
  brokers: read.list('KAFKA_BROKERS', isBroker, brokersRule),
  topic: read.topic('KAFKA_TOPIC', 'rockets.messages'),
  rejectedTopic: read.topic('KAFKA_REJECTED_TOPIC', 'rockets.rejected'),
  group: read.text('KAFKA_GROUP', 'rockets'),
  partitions: read.integer('KAFKA_PARTITIONS', 12, 1, 10_000),
  instance: read.text('KAFKA_INSTANCE', `${hostname()}-${read.unlisted('PORT') || 8088}`),
  ...readKafkaTls(read),
  ...readKafkaLogin(read),
});

const requireKafka = (read: Settings, { brokers, topic, rejectedTopic }: KafkaSettings): void => {
  if (brokers.length === 0) read.refuse('KAFKA_BROKERS', '', brokersRule, undefined);
  if (topic === rejectedTopic) {
    read.refuse('KAFKA_REJECTED_TOPIC', rejectedTopic, 'another topic than KAFKA_TOPIC', undefined);
  }
};

const brokersRule = 'brokers by comma, as kafka-1:9092,kafka-2:9092, wherever Kafka is used';

const readKafkaTls = (read: Settings): Pick<KafkaSettings, 'tls'> => {
  const isOn = read.oneOf('KAFKA_TLS', 'off', ['off', 'on']) === 'on';
  const ca = read.text('KAFKA_CA', '');
  if (!isOn && ca !== '') read.refuse('KAFKA_TLS', 'off', 'on when KAFKA_CA is set', undefined);
  return isOn ? { tls: ca === '' ? {} : { caFile: ca } } : {};
};

const readKafkaLogin = (read: Settings): Pick<KafkaSettings, 'sasl'> => {
  const ways = ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] as const;
  const mechanism = read.oneOf('KAFKA_SASL', 'none', ways);
  const username = read.text('KAFKA_USERNAME', '');
  const password = read.secret('KAFKA_PASSWORD');
  if (mechanism === 'none') {
    const given = username === '' ? 'KAFKA_PASSWORD' : 'KAFKA_USERNAME';
    const expected = `one of ${ways.slice(1).join(', ')} when ${given} is set`;
    if (username !== '' || password !== '') read.refuse('KAFKA_SASL', mechanism, expected, '');
    return {};
  }
  if (username === '') read.refuse('KAFKA_USERNAME', '', 'set, as KAFKA_SASL is', '');
  if (password === '') read.refuse('KAFKA_PASSWORD', '', 'set, as KAFKA_SASL is', '');
  return { sasl: { mechanism, username, password } };
};

const isBroker = (text: string): boolean => isHost(text) && /:\d+$/.test(text);

const SHORTEST_SECRET = 32;

const waysRule = 'none, or keys, jwt or both by comma';

const readAccess = (read: Settings): AccessRules | undefined => {
  const mustBeSaid = read.unlisted('NODE_ENV') === 'production' && read.unlisted('AUTH') === '';
  const ways = read.list('AUTH', isWay, waysRule, 'none');
  if (mustBeSaid) read.refuse('AUTH', '', `said when NODE_ENV=production: ${waysRule}`, undefined);
  const isOpen = ways.includes('none');
  if (isOpen && ways.length > 1) read.refuse('AUTH', ways.join(','), waysRule, undefined);
  const keys = readKeySource(read, ways.includes('keys'));
  const tokens = readTokenRules(read, ways.includes('jwt'));
  const sessionSecret = read.secret('SESSION_SECRET') || undefined;
  if (sessionSecret !== undefined && sessionSecret.length < SHORTEST_SECRET) {
    read.refuse('SESSION_SECRET', '(hidden)', `at least ${SHORTEST_SECRET} characters`, undefined);
  }
  return ways.length === 0 || isOpen ? undefined : { keys, tokens, sessionSecret };
};

const readKeySource = (read: Settings, isWanted: boolean): AccessRules['keys'] => {
  const file = read.text('API_KEYS_FILE', '');
  const text = read.secret('API_KEYS');
  if (!isWanted) return undefined;
  if ((file === '') === (text === '')) {
    const expected = 'set, or else API_KEYS, when AUTH has keys; `rockets keys create` makes the file';
    read.refuse('API_KEYS_FILE', file, expected, undefined);
  }
  return file === '' ? { text } : { file };
};

const readTokenRules = (read: Settings, isWanted: boolean): AccessRules['tokens'] => {
  const jwks = read.text('JWT_JWKS', '');
  const issuer = read.text('JWT_ISSUER', '');
  const audience = read.text('JWT_AUDIENCE', '');
  const rule = `some of ${algorithms.join(', ')}, by comma`;
  const accepted = read.list('JWT_ALGORITHMS', isAlgorithm, rule, 'RS256,ES256,EdDSA');
  if (!isWanted) return undefined;
  if (!isKeySource(jwks)) {
    read.refuse('JWT_JWKS', jwks, 'a file, or an https:// address, when AUTH has jwt', undefined);
  }
  if (issuer === '') read.refuse('JWT_ISSUER', '', 'the issuer of tokens when AUTH has jwt', undefined);
  if (audience === '') {
    const expected = 'what tokens for this service name as their audience, when AUTH has jwt';
    read.refuse('JWT_AUDIENCE', '', expected, undefined);
  }
  return { jwks, issuer, audience, algorithms: accepted };
};

const isWay = (text: string): boolean => ['none', 'keys', 'jwt'].includes(text);

/** With keys that two sides share (HS256), whoever can check a token could make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const isAlgorithm = (text: string): boolean => algorithms.includes(text);

/** Keys read without TLS could be anybody's, but on this machine. */
const isKeySource = (text: string): boolean =>
  text !== '' && (!/^http:/i.test(text) || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/i.test(text));

/** Of what the process may take for JavaScript. */
const shareOfMemory = (share: number): number => Math.floor(getHeapStatistics().heap_size_limit * share);

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const isHost = (text: string): boolean => URL.canParse(`http://${text}`) && !/[/?#@\s]/.test(text);

class Settings {
  /** What was read so far, as `NAME=value`. */
  readonly inForce: string[] = [];
  private readonly wrong: string[] = [];

  constructor(private readonly env: Environment) {}

  /** An empty setting is no setting, as in `PORT= make run`. */
  text(name: string, standard: string): string {
    const text = this.env[name]?.trim() || standard;
    this.inForce.push(`${name}=${text}`);
    return text;
  }

  integer(name: string, standard: number, min: number, max: number): number {
    const text = this.text(name, String(standard));
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    return this.refuse(name, text, `an integer from ${min} to ${max}`, standard);
  }

  share(name: string, standard: string): number {
    const text = this.text(name, standard);
    if (/^(0|1|0?\.\d+|[01]\.0+)$/.test(text)) return Number(text);
    return this.refuse(name, text, 'a share from 0 to 1, as 0.01', Number(standard));
  }

  port(name: string): number | undefined {
    const isSet = (this.env[name]?.trim() ?? '') !== '';
    if (isSet) return this.integer(name, 0, 0, 65_535);
    this.text(name, '');
    return undefined;
  }

  /** Not told of, as it belongs to others. */
  unlisted(name: string): string {
    return this.env[name]?.trim() ?? '';
  }

  /** Whoever may see the settings in force need not see this one. */
  secret(name: string): string {
    const text = this.env[name]?.trim() ?? '';
    this.inForce.push(`${name}=${text === '' ? '' : '(hidden)'}`);
    return text;
  }

  /** Listed without the password in it. */
  address(name: string, standard = ''): string {
    const text = this.unlisted(name) || standard;
    this.inForce.push(`${name}=${text === '' ? '' : withoutPassword(text)}`);
    return text;
  }

  topic(name: string, standard: string): string {
    const text = this.text(name, standard);
    if (isTopic(text)) return text;
    return this.refuse(name, text, 'the name of a topic: 1 to 249 of A-Z a-z 0-9 . _ -', standard);
  }

  list(name: string, isRight: (text: string) => boolean, expected: string, standard = ''): readonly string[] {
    const text = this.text(name, standard);
    const values = text.split(',').flatMap((value) => value.trim() || []);
    return values.every(isRight) ? values : this.refuse(name, text, expected, []);
  }

  /** In milliseconds. A timer that is set for longer than some 24 days would go off at once. */
  duration(name: string, standard: string, most: string): number {
    const text = this.text(name, standard);
    const canBeOff = standard === 'off';
    const value = canBeOff && text === 'off' ? 0 : millisecondsIn(text);
    if (value <= millisecondsIn(most)) return value;
    const expected = `a duration as 500ms, 30s, 5m or 1h, at most ${most}${canBeOff ? ', or off' : ''}`;
    return this.refuse(name, text, expected, 0);
  }

  oneOf<T extends string>(name: string, standard: T, values: readonly T[]): T {
    const text = this.text(name, standard);
    return (
      values.find((value) => value === text) ??
      this.refuse(name, text, `one of ${values.join(', ')}`, standard)
    );
  }

  /** Room smaller than what one message may have would refuse that message for ever. */
  mustHold(room: string, bytes: number, message: string, messageBytes: number): void {
    if (bytes >= messageBytes) return;
    this.refuse(room, String(bytes), `at least ${message}, which is ${messageBytes}`, bytes);
  }

  /** Neither is of any use without the other. */
  together(name: string, text: string, other: string, otherText: string): void {
    if (text !== '' && otherText === '') this.refuse(other, otherText, `set, as ${name} is`, '');
    if (text === '' && otherText !== '') this.refuse(name, text, `set, as ${other} is`, '');
  }

  finish(): void {
    if (this.wrong.length > 0) throw new InvalidConfig(this.wrong.join('\n'));
  }

  isRefused(name: string): boolean {
    return this.wrong.some((line) => line.startsWith(`${name}=`));
  }

  /** What follows from a fault is none of its own. */
  refuse<T>(name: string, text: string, expected: string, standard: T): T {
    if (!this.isRefused(name)) this.wrong.push(`${name}=${text} makes no sense: it must be ${expected}.`);
    return standard;
  }
}
