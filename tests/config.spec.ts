import { InvalidConfig, readConfig, settingsInForce } from '../src/config.js';

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

describe('a duration', () => {
  it.each([
    ['SHUTDOWN_TIMEOUT', '24h', 86_400_000],
    ['SHUTDOWN_TIMEOUT', '1.5s', 1500],
    ['SHUTDOWN_TIMEOUT', '0', 0],
    ['GAP_TIMEOUT', '8760h', 31_536_000_000],
    ['GAP_TIMEOUT', 'off', 0],
    ['GAP_TIMEOUT', '0', 0],
  ])('%s=%s is %d ms', (name, value, milliseconds) => {
    const config = readConfig({ [name]: value }, false);
    expect(name === 'GAP_TIMEOUT' ? config.gapTimeoutMs : config.shutdownTimeoutMs).toBe(milliseconds);
  });

  it.each([
    ['SHUTDOWN_TIMEOUT', '1000h', '24h'],
    ['SHUTDOWN_TIMEOUT', 'off', '24h'],
    ['SHUTDOWN_TIMEOUT', '10', '24h'],
    ['GAP_TIMEOUT', '8761h', '8760h, or off'],
    ['GAP_TIMEOUT', `${'9'.repeat(400)}h`, '8760h, or off'],
  ])('%s=%s is refused', (name, value, most) => {
    expect(refusals({ [name]: value })).toEqual([
      `${name}=${value} makes no sense: it must be a duration as 500ms, 30s, 5m or 1h, at most ${most}.`,
    ]);
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
      PORT: '8088',
      WORKER_COUNT: '3',
      BUFFER_MESSAGES: '100000',
      BUFFER_BYTES: '134217728',
      BODY_BYTES: '65536',
      MAX_CONNECTIONS: '10000',
      MAX_READERS: '2000',
      ADMIN_PORT: '',
      ALLOWED_ORIGINS: '',
      ALLOWED_HOSTS: '',
      GAP_TIMEOUT: 'off',
      SILENT_AFTER: '10m',
      SHUTDOWN_TIMEOUT: '9s',
      EVENT_STORE: 'memory',
      SQLITE_FILE: 'data/rockets.db',
      SQLITE_SYNCHRONOUS: 'full',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    });
    expect(readConfig(printed({}), false)).toEqual(readConfig({}, false));
  });

  it('show what was set as it was set', () => {
    const env = { HOST: '::1', GAP_TIMEOUT: '1.5h', SQLITE_FILE: 'a b.db', LOG_FORMAT: 'text' };
    expect(printed(env)).toMatchObject(env);
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
