import { InvalidConfig, readConfig } from '../src/config.js';

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
