import { keysOf, testKey } from '../support/api-keys.js';
import { messageText, runToEnd, startProcess } from '../support/real-process.js';

const key = testKey('radio');
const keys = { AUTH: 'keys', API_KEYS: keysOf([key]) };

describe('the service as it is started', () => {
  it('warns when everybody may everything, unless nobody else reaches it', async () => {
    const logOf = async (env: Readonly<Record<string, string>>): Promise<string> => {
      const service = await startProcess(env);
      await service.end();
      return service.log();
    };
    expect(await logOf({ HOST: '0.0.0.0' })).toContain('AUTH=keys asks for keys');
    expect(await logOf({ HOST: '127.0.0.1' })).not.toContain('AUTH=keys asks for keys');
    expect(await logOf({ HOST: '0.0.0.0', ...keys })).not.toContain('AUTH=keys asks for keys');
  });

  it.each([
    ['in production with nothing said', { NODE_ENV: 'production' }, 'AUTH= makes no sense: it must be said'],
    [
      'with keys in no file',
      { AUTH: 'keys', API_KEYS_FILE: '/nowhere/keys.json' },
      '/nowhere/keys.json cannot be used: ENOENT',
    ],
    [
      'with keys that are none',
      { AUTH: 'keys', API_KEYS: '{"keys":[{"id":"x"}]}' },
      'API_KEYS cannot be used: Key number 1: id must',
    ],
  ])('does not start %s', async (_how, env, why) => {
    const { code, stderr } = await runToEnd([], { PORT: '0', ...env });
    expect([code, stderr.trim()]).toEqual([1, expect.stringContaining(why)]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('starts in production when it is said', async () => {
    const service = await startProcess({ NODE_ENV: 'production', AUTH: 'none' });
    expect(await service.end()).toBe(0);
  });

  it('writes no key and no session anywhere', async () => {
    const service = await startProcess({ ...keys, LOG_LEVEL: 'debug', SESSION_SECRET: 's'.repeat(40) });
    const wrong = testKey('stranger');
    const post = (path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(service.url + path, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await post('/messages', messageText(1), key.header)).status).toBe(202);
    expect((await post('/messages', messageText(1), wrong.header)).status).toBe(401);
    const session = await post('/session', JSON.stringify({ key: key.text }), {});
    expect((await post('/session', JSON.stringify({ key: wrong.text }), {})).status).toBe(401);
    const [cookie = ''] = String(session.headers.get('set-cookie')).split(';');
    expect((await fetch(`${service.url}/rockets`, { headers: { cookie } })).status).toBe(200);
    await service.end();
    const secrets = [key.text, wrong.text, key.record.hash, cookie.split('=')[1] ?? '', 'ssss'];
    const printed = await runToEnd(['--print-config'], { ...keys, SESSION_SECRET: 's'.repeat(40) });
    for (const secret of secrets) {
      expect(secret).not.toBe('');
      expect(service.log()).not.toContain(secret);
      expect(printed.stdout).not.toContain(secret);
    }
    expect(service.log()).toContain('a credential was refused');
    expect(printed.stdout).toContain('API_KEYS=(hidden)');
  });
});
