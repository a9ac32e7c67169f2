import { hostname } from 'node:os';
import { databaseIn, InvalidConfig, readConfig, settingsInForce, standsBefore } from '../src/config.js';

const refusals = (env: Readonly<Record<string, string>>): string[] => {
  try {
    readConfig(env, false);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.message.split('\n');
    throw error;
  }
};

describe('the settings', () => {
  it('take an empty one for unset', () => {
    expect(readConfig({ PORT: '', EVENT_STORE: ' ' }, false)).toEqual(readConfig({}, false));
  });

  it('are refused together, each with what it must be', () => {
    expect(refusals({ PORT: 'x', BUFFER_BYTES: '1024', LOG_FORMAT: 'xml' })).toEqual([
      'PORT=x makes no sense: it must be an integer from 0 to 65535.',
      'LOG_FORMAT=xml makes no sense: it must be one of json, text.',
      'BUFFER_BYTES=1024 makes no sense: it must be at least BODY_BYTES, which is 65536.',
    ]);
  });
});

describe('who may', () => {
  const keys = '{"keys":[]}';
  const tokens = { JWT_JWKS: 'jwks.json', JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'rockets' };

  it('is open to all, unless in production, where that has to be said', () => {
    expect(readConfig({}, false).access).toBeUndefined();
    expect(readConfig({ NODE_ENV: 'production', AUTH: 'none' }, false).access).toBeUndefined();
    expect(refusals({ NODE_ENV: 'production' })).toEqual([
      'AUTH= makes no sense: it must be said when NODE_ENV=production: none, or keys, jwt or both by comma.',
    ]);
  });

  it('are callers with keys, with tokens, or with either', () => {
    const rules = (env: Readonly<Record<string, string>>) => readConfig(env, false).access;
    expect(rules({ AUTH: 'keys', API_KEYS: keys })).toMatchObject({
      keys: { text: keys },
      tokens: undefined,
    });
    expect(rules({ AUTH: 'keys', API_KEYS_FILE: 'k.json' })).toMatchObject({ keys: { file: 'k.json' } });
    expect(rules({ AUTH: 'jwt', ...tokens })).toMatchObject({
      keys: undefined,
      tokens: { jwks: 'jwks.json', algorithms: ['RS256', 'ES256', 'EdDSA'] },
    });
    expect(rules({ AUTH: ' keys, jwt', API_KEYS: keys, ...tokens })).toMatchObject({
      keys: { text: keys },
      tokens: { issuer: 'https://issuer.example' },
    });
  });

  it.each([
    [{ AUTH: 'none,keys', API_KEYS: keys }, 'AUTH'],
    [{ AUTH: 'passwords' }, 'AUTH'],
    [{ AUTH: 'keys' }, 'API_KEYS_FILE'],
    [{ AUTH: 'keys', API_KEYS: keys, API_KEYS_FILE: 'k.json' }, 'API_KEYS_FILE'],
    [{ AUTH: 'jwt', ...tokens, JWT_JWKS: '' }, 'JWT_JWKS'],
    [{ AUTH: 'jwt', ...tokens, JWT_JWKS: 'http://issuer.example/keys' }, 'JWT_JWKS'],
    [{ AUTH: 'jwt', ...tokens, JWT_ISSUER: '' }, 'JWT_ISSUER'],
    [{ AUTH: 'jwt', ...tokens, JWT_AUDIENCE: '' }, 'JWT_AUDIENCE'],
    [{ AUTH: 'jwt', ...tokens, JWT_ALGORITHMS: 'none' }, 'JWT_ALGORITHMS'],
    [{ AUTH: 'jwt', ...tokens, JWT_ALGORITHMS: 'HS256' }, 'JWT_ALGORITHMS'],
    [{ SESSION_SECRET: 'short' }, 'SESSION_SECRET'],
  ])('%o is refused for %s', (env, setting) => {
    expect(refusals(env)).toEqual([expect.stringMatching(`^${setting}=`)]);
    expect(refusals(env).join()).not.toContain('short');
  });

  it('stays a secret', () => {
    const env = { AUTH: 'keys', API_KEYS: keys, SESSION_SECRET: 'x'.repeat(32) };
    const lines = settingsInForce(env, false);
    expect(lines).toEqual(expect.arrayContaining(['API_KEYS=(hidden)', 'SESSION_SECRET=(hidden)']));
    expect(lines.join()).not.toContain('xxx');
  });
});

describe('a database', () => {
  const chosen = { EVENT_STORE: 'postgres', DATABASE_URL: 'postgres://me:s3cret@db/rockets' };

  it.each(['2', '1001', '-1', '2.5', 'many', '1e2'])('has not %s connections', (connections) => {
    expect(refusals({ ...chosen, DATABASE_CONNECTIONS: connections })).toEqual([
      `DATABASE_CONNECTIONS=${connections} makes no sense: it must be an integer from 3 to 1000.`,
    ]);
  });

  it('is named once, and wrongly told of once, without a password', () => {
    for (const url of ['', 's3cret', 'postgres://me:s#cret@db/r', 'postgres://me:s3cret@db:99999/rockets'])
      expect(refusals({ ...chosen, DATABASE_URL: url })).toEqual([
        expect.stringMatching(/^DATABASE_URL=(\(hidden\))? makes no sense(?!.*s3cret)/),
      ]);
  });

  it('is looked for as a service would by programs that need no other setting', () => {
    expect(databaseIn(chosen)).toEqual({ url: chosen.DATABASE_URL });
    expect(databaseIn({ ...chosen, EVENT_STORE: 'sqlite' })).toBeUndefined();
    expect(databaseIn({ EVENT_STORE: 'postgres', PGHOST: 'db' })).toEqual({ url: undefined });
    for (const url of ['', 's3cret'])
      expect(() => databaseIn({ ...chosen, DATABASE_URL: url })).toThrow(/^DATABASE_URL=/);
  });
});

describe('Kafka', () => {
  const gateway = { INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: 'kafka-1:9092' };
  const shared = { EVENT_STORE: 'postgres', DATABASE_URL: 'postgres://db/rockets' };
  const kafkaIn = (env: Readonly<Record<string, string>>) => readConfig({ ...gateway, ...env }, false).kafka;

  it('is not there unless brokers are named, whatever else is set', () => {
    expect(readConfig({ KAFKA_TOPIC: 'a', KAFKA_PARTITIONS: '3' }, false)).toMatchObject({
      ingest: 'http',
      consume: 'none',
      kafka: undefined,
    });
  });

  it('is there for subscriptions alone where brokers are named and messages do not come by it', () => {
    const config = readConfig({ KAFKA_BROKERS: 'kafka-1:9092' }, false);
    expect(config).toMatchObject({ ingest: 'http', consume: 'none', kafka: { brokers: ['kafka-1:9092'] } });
    expect(standsBefore(config)).toBe(false);
    for (const by of ['INGEST', 'CONSUME']) {
      const before = readConfig(
        { ...gateway, INGEST: 'http', CONSUME: 'none', [by]: 'kafka', ...shared },
        false,
      );
      expect(standsBefore(before)).toBe(true);
    }
    const same = refusals({ KAFKA_BROKERS: 'kafka-1:9092', KAFKA_REJECTED_TOPIC: 'rockets.messages' });
    expect(same).toEqual([expect.stringMatching('^KAFKA_REJECTED_TOPIC=')]);
  });

  it('has standards for all but its brokers', () => {
    expect(kafkaIn({ PORT: '8090' })).toEqual({
      brokers: ['kafka-1:9092'],
      topic: 'rockets.messages',
      rejectedTopic: 'rockets.rejected',
      group: 'rockets',
      partitions: 12,
      instance: `${hostname()}-8090`,
    });
  });

  it('is as it was set', () => {
    const env = {
      KAFKA_BROKERS: 'kafka-1:9092, [::1]:9093',
      KAFKA_TOPIC: 'a.topic_of-mine',
      KAFKA_REJECTED_TOPIC: 'b',
      KAFKA_GROUP: 'c',
      KAFKA_PARTITIONS: '3',
      KAFKA_INSTANCE: 'd',
      KAFKA_TLS: 'on',
      KAFKA_CA: 'ca.pem',
      KAFKA_SASL: 'scram-sha-512',
      KAFKA_USERNAME: 'me',
      KAFKA_PASSWORD: 's3cret',
    };
    expect(kafkaIn(env)).toEqual({
      brokers: ['kafka-1:9092', '[::1]:9093'],
      topic: 'a.topic_of-mine',
      rejectedTopic: 'b',
      group: 'c',
      partitions: 3,
      instance: 'd',
      tls: { caFile: 'ca.pem' },
      sasl: { mechanism: 'scram-sha-512', username: 'me', password: 's3cret' },
    });
    expect(kafkaIn({ KAFKA_TLS: 'on' })?.tls).toEqual({});
  });

  it('may be a gateway alone, where others share the store', () => {
    const alone = { ...gateway, CONSUME: 'none' };
    expect(readConfig({ ...alone, ...shared }, false)).toMatchObject({ ingest: 'kafka', consume: 'none' });
    for (const store of ['memory', 'sqlite'])
      expect(refusals({ ...alone, EVENT_STORE: store })).toEqual([
        `EVENT_STORE=${store} makes no sense: it must be postgres, or CONSUME=kafka set, with INGEST=kafka: nobody here would know what became of a message.`,
      ]);
  });

  it('may be what is consumed alone, into any store', () => {
    for (const store of ['memory', 'sqlite'])
      expect(readConfig({ ...gateway, INGEST: 'http', EVENT_STORE: store }, false).kafka).toBeDefined();
  });

  it.each([
    ['INGEST', 'queue', {}],
    ['CONSUME', 'queue', {}],
    ['KAFKA_BROKERS', '', {}],
    ['KAFKA_BROKERS', ' , ', {}],
    ['KAFKA_BROKERS', 'kafka-1', {}],
    ['KAFKA_BROKERS', 'kafka-1:9092,http://kafka-2:9092', {}],
    ['KAFKA_BROKERS', 'kafka-1:99999', {}],
    ['KAFKA_BROKERS', 'me@kafka-1:9092', {}],
    ['KAFKA_TOPIC', 'rockets/messages', {}],
    ['KAFKA_TOPIC', '..', {}],
    ['KAFKA_TOPIC', 'x'.repeat(250), {}],
    ['KAFKA_REJECTED_TOPIC', 'a b', {}],
    ['KAFKA_REJECTED_TOPIC', 'rockets.messages', {}],
    ['KAFKA_PARTITIONS', '0', {}],
    ['KAFKA_PARTITIONS', 'many', {}],
    ['KAFKA_TLS', 'yes', {}],
    ['KAFKA_TLS', 'yes', { KAFKA_CA: 'ca.pem' }],
    ['KAFKA_TLS', 'off', { KAFKA_CA: 'ca.pem' }],
    ['KAFKA_SASL', 'gssapi', {}],
    ['KAFKA_SASL', 'none', { KAFKA_USERNAME: 'me', KAFKA_PASSWORD: 's3cret' }],
    ['KAFKA_USERNAME', '', { KAFKA_SASL: 'plain', KAFKA_PASSWORD: 's3cret' }],
    ['KAFKA_PASSWORD', '', { KAFKA_SASL: 'plain', KAFKA_USERNAME: 'me' }],
  ])('%s=%s is refused', (name, value, others) => {
    const said = refusals({ ...gateway, ...others, [name]: value });
    expect(said).toEqual([expect.stringMatching(`^${name}=`)]);
    expect(said.join()).not.toContain('s3cret');
  });

  it('has a password that stays a secret', () => {
    const env = { ...gateway, KAFKA_SASL: 'plain', KAFKA_USERNAME: 'me', KAFKA_PASSWORD: 's3cret' };
    const lines = settingsInForce(env, false);
    expect(lines).toEqual(expect.arrayContaining(['KAFKA_USERNAME=me', 'KAFKA_PASSWORD=(hidden)']));
    expect(lines.join()).not.toContain('s3cret');
  });
});

describe('subscriptions', () => {
  it('are delivered here, to the outside alone, unless it is said otherwise', () => {
    expect(readConfig({}, false)).toMatchObject({
      subscriptions: true,
      subscriptionPatienceMs: 600_000,
      webhookAllow: [],
    });
    const env = {
      SUBSCRIPTIONS: 'off',
      SUBSCRIPTION_PATIENCE: '2h',
      WEBHOOK_ALLOW: '10.0.0.0/8, ::1,127.0.0.1,fd00::/8,hooks.internal',
    };
    expect(readConfig(env, false)).toMatchObject({
      subscriptions: false,
      subscriptionPatienceMs: 7_200_000,
      webhookAllow: ['10.0.0.0/8', '::1', '127.0.0.1', 'fd00::/8', 'hooks.internal'],
    });
  });

  it.each([
    ['SUBSCRIPTIONS', 'no'],
    ['SUBSCRIPTION_PATIENCE', 'off'],
    ['SUBSCRIPTION_PATIENCE', '8761h'],
    ['WEBHOOK_ALLOW', '10.0.0.0/33'],
    ['WEBHOOK_ALLOW', '10.0'],
    ['WEBHOOK_ALLOW', 'http://hooks.internal'],
    ['WEBHOOK_ALLOW', 'hooks.internal:8080'],
    ['WEBHOOK_ALLOW', '*'],
  ])('%s=%s is refused', (name, value) => {
    expect(refusals({ [name]: value })).toEqual([expect.stringMatching(`^${name}=`)]);
  });
});

describe('a duration', () => {
  it.each([
    ['SHUTDOWN_TIMEOUT', '24h', 'shutdownTimeoutMs', 86_400_000],
    ['SHUTDOWN_TIMEOUT', '1.5s', 'shutdownTimeoutMs', 1500],
    ['SHUTDOWN_TIMEOUT', '0', 'shutdownTimeoutMs', 0],
    ['DRAIN_DELAY', '5s', 'drainDelayMs', 5000],
    ['DRAIN_DELAY', '', 'drainDelayMs', 0],
    ['GAP_TIMEOUT', '8760h', 'gapTimeoutMs', 31_536_000_000],
    ['GAP_TIMEOUT', 'off', 'gapTimeoutMs', 0],
    ['GAP_TIMEOUT', '0', 'gapTimeoutMs', 0],
  ] as const)('%s=%s is, as %s, %d ms', (name, value, field, milliseconds) => {
    expect(readConfig({ [name]: value }, false)[field]).toBe(milliseconds);
  });

  it.each([
    ['SHUTDOWN_TIMEOUT', '1000h', '24h'],
    ['SHUTDOWN_TIMEOUT', 'off', '24h'],
    ['SHUTDOWN_TIMEOUT', '10', '24h'],
    ['DRAIN_DELAY', '25h', '24h'],
    ['DRAIN_DELAY', 'off', '24h'],
    ['GAP_TIMEOUT', '8761h', '8760h, or off'],
    ['GAP_TIMEOUT', `${'9'.repeat(400)}h`, '8760h, or off'],
  ])('%s=%s is refused', (name, value, most) => {
    expect(refusals({ [name]: value })).toEqual([
      `${name}=${value} makes no sense: it must be a duration as 500ms, 30s, 5m or 1h, at most ${most}.`,
    ]);
  });
});

describe('tracing', () => {
  const on = { TRACING: 'otlp' };

  it('is off, whatever is set for others', () => {
    expect(readConfig({}, false).tracing).toBeUndefined();
    expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://c:4317' }, false).tracing).toBeUndefined();
  });

  it('takes a share from 0 to 1', () => {
    for (const [text, sample] of Object.entries({ '0': 0, '1': 1, '0.5': 0.5, '.25': 0.25, '1.0': 1 })) {
      expect(readConfig({ ...on, TRACING_SAMPLE: text }, false).tracing?.sample).toBe(sample);
    }
    for (const text of ['2', '-1', '1.5', '50%', 'all']) {
      expect(refusals({ ...on, TRACING_SAMPLE: text })).toEqual([
        `TRACING_SAMPLE=${text} makes no sense: it must be a share from 0 to 1, as 0.01.`,
      ]);
    }
  });

  it('wants a collector that speaks HTTP, and no password in its address', () => {
    for (const address of [
      'collector:4318',
      'grpc://c:4317',
      'http://me:s3cret@c:4318',
      'http://c?key=s3cret',
    ]) {
      const [refusal] = refusals({ ...on, OTEL_EXPORTER_OTLP_ENDPOINT: address });
      expect(refusal).toMatch(
        /^OTEL_EXPORTER_OTLP_ENDPOINT=\(hidden\) makes no sense: .*OTEL_EXPORTER_OTLP_HEADERS/,
      );
    }
  });

  it('wants headers as OpenTelemetry has them', () => {
    for (const headers of ['secret', 'a=b c', 'a=%zz', 'a=b%0Ac', '=b']) {
      expect(refusals({ ...on, OTEL_EXPORTER_OTLP_HEADERS: headers })).toEqual([
        'OTEL_EXPORTER_OTLP_HEADERS=(hidden) makes no sense: it must be name=value by comma, with what is special in a value percent-encoded.',
      ]);
    }
  });
});

describe('the settings in force', () => {
  const printed = (env: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      settingsInForce(env, false).map((line) => {
        const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
        return [name, value];
      }),
    );

  it('are all there, and mean the same when they are set', () => {
    expect(printed({})).toEqual({
      HOST: '',
      AUTH: 'none',
      API_KEYS: '',
      API_KEYS_FILE: '',
      JWT_ALGORITHMS: 'RS256,ES256,EdDSA',
      JWT_AUDIENCE: '',
      JWT_ISSUER: '',
      JWT_JWKS: '',
      SESSION_SECRET: '',
      PORT: '8088',
      WORKER_COUNT: '3',
      BUFFER_MESSAGES: '100000',
      BUFFER_BYTES: '134217728',
      BODY_BYTES: '65536',
      MAX_CONNECTIONS: '10000',
      MAX_READERS: '2000',
      ADMIN_PORT: '',
      TLS_CERT: '',
      TLS_KEY: '',
      ALLOWED_ORIGINS: '',
      ALLOWED_HOSTS: '',
      GAP_TIMEOUT: 'off',
      SILENT_AFTER: '10m',
      DRAIN_DELAY: '0s',
      SHUTDOWN_TIMEOUT: '9s',
      STORE_BYTES: expect.stringMatching(/^\d{8,}$/) as string,
      EVENT_STORE: 'memory',
      SQLITE_FILE: 'data/rockets.db',
      SQLITE_SYNCHRONOUS: 'full',
      DATABASE_URL: '',
      DATABASE_CONNECTIONS: '10',
      INGEST: 'http',
      CONSUME: 'none',
      KAFKA_BROKERS: '',
      KAFKA_TOPIC: 'rockets.messages',
      KAFKA_REJECTED_TOPIC: 'rockets.rejected',
      KAFKA_GROUP: 'rockets',
      KAFKA_PARTITIONS: '12',
      KAFKA_INSTANCE: `${hostname()}-8088`,
      KAFKA_TLS: 'off',
      KAFKA_CA: '',
      KAFKA_SASL: 'none',
      KAFKA_USERNAME: '',
      KAFKA_PASSWORD: '',
      SUBSCRIPTIONS: 'on',
      SUBSCRIPTION_PATIENCE: '10m',
      WEBHOOK_ALLOW: '',
      TRACING: 'off',
      TRACING_SAMPLE: '0.01',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
      OTEL_EXPORTER_OTLP_HEADERS: '',
      OTEL_SERVICE_NAME: 'rockets',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    });
    expect(readConfig(printed({}), false)).toEqual(readConfig({}, false));
  });

  it('show what was set as it was set', () => {
    const env = { HOST: '::1', GAP_TIMEOUT: '1.5h', SQLITE_FILE: 'a b.db', LOG_FORMAT: 'text' };
    expect(printed(env)).toMatchObject(env);
  });

  it('show the address of a database without the password in it', () => {
    const said = (url: string) => printed({ DATABASE_URL: url })['DATABASE_URL'];
    expect(said('postgres://me:s3cret@db:5433/rockets')).toBe('postgres://me:hidden@db:5433/rockets');
    expect(said('postgres://db/rockets?user=me&password=s3cret')).not.toContain('s3cret');
    for (const url of ['me:s3cret@db', 'http://me:s3cret@db', 's3cret']) {
      expect(() => printed({ DATABASE_URL: url })).toThrow(
        /^DATABASE_URL=\(hidden\) makes no sense: .*postgres:/,
      );
    }
  });

  it('keep what a collector is told to themselves', () => {
    const headers = 'authorization=Bearer%20s3cret,X-Team=rockets';
    const env = { TRACING: 'otlp', OTEL_EXPORTER_OTLP_HEADERS: headers };
    expect(JSON.stringify(printed(env))).not.toContain('s3cret');
    expect(readConfig(env, false).tracing).toEqual({
      endpoint: 'http://localhost:4318',
      sample: 0.01,
      serviceName: 'rockets',
      headers: { authorization: 'Bearer s3cret', 'x-team': 'rockets' },
    });
  });

  it('name a database when it is to be used', () => {
    expect(() => printed({ EVENT_STORE: 'postgres' })).toThrow(/^DATABASE_URL= makes no sense: .*PGHOST/);
    expect(readConfig({ EVENT_STORE: 'postgres', PGHOST: 'db' }, false).databaseUrl).toBeUndefined();
  });

  it('are refused as at start', () => {
    expect(() => settingsInForce({ PORT: 'x' }, false)).toThrow(InvalidConfig);
  });
});

describe('names of hosts and origins', () => {
  it('are given by comma', () => {
    const env = {
      ALLOWED_ORIGINS: 'https://a.example, http://b:81,',
      ALLOWED_HOSTS: 'a.example,b:8088,[::1]',
    };
    expect(readConfig(env, false)).toMatchObject({
      allowedOrigins: ['https://a.example', 'http://b:81'],
      allowedHosts: ['a.example', 'b:8088', '[::1]'],
    });
  });

  it.each([
    ['ALLOWED_ORIGINS', 'a.example'],
    ['ALLOWED_ORIGINS', 'https://a.example/'],
    ['ALLOWED_ORIGINS', 'https://a.example, *'],
    ['ALLOWED_HOSTS', 'https://a.example'],
    ['ALLOWED_HOSTS', 'a b'],
    ['ADMIN_PORT', '70000'],
    ['MAX_READERS', '0'],
  ])('%s=%s makes no sense', (name, value) => {
    expect(refusals({ [name]: value })).toHaveLength(1);
  });
});

describe('a buffer', () => {
  it('too small for the largest message is refused', () => {
    expect(refusals({ BUFFER_BYTES: '4095', BODY_BYTES: '4096' })).toEqual([
      'BUFFER_BYTES=4095 makes no sense: it must be at least BODY_BYTES, which is 4096.',
    ]);
  });

  it('that has room for exactly one such message will do', () => {
    expect(readConfig({ BUFFER_BYTES: '4096', BODY_BYTES: '4096' }, false)).toMatchObject({
      bufferBytes: 4096,
      bodyBytes: 4096,
    });
  });
});
