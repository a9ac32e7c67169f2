import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, type TestService } from '../support/test-service.js';
import { failing, rockets } from './captured-output.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-keys-'));
  file = join(folder, 'keys.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

const keys = (...args: readonly string[]): Promise<string[]> => rockets('keys', ...args, '--file', file);
const keysFail = (...args: readonly string[]) => failing('keys', ...args, '--file', file);

describe('rockets keys', () => {
  it('prints a key once and keeps what it may', async () => {
    const channels = 'B,193270A9-C9CF-404A-8F83-838E71D9AE67';
    const [key = ''] = await keys(
      'create',
      '--name',
      'radio',
      '--scope',
      'ingest,read',
      '--channel',
      channels,
      '--until',
      '2030-01-31',
    );
    expect(key).toMatch(/^rk_/);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(key.slice(12));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse((await keys('list', '--json')).join(''))).toEqual([
      {
        id: key.slice(3, 11),
        name: 'radio',
        scopes: ['ingest', 'read'],
        channels: ['B', '193270a9-c9cf-404a-8f83-838e71d9ae67'],
        until: '2030-01-31T00:00:00Z',
        createdAt: expect.any(String) as string,
      },
    ]);
    expect(await keys('list')).toEqual([
      `radio  rk_${key.slice(3, 11)}_…  ingest, read for B, 193270a9-c9cf-404a-8f83-838e71d9ae67 until 2030-01-31T00:00:00Z`,
    ]);
  });

  it('revokes a key and keeps the others', async () => {
    await keys('create', '--name', 'radio', '--scope', 'ingest');
    await keys('create', '--name', 'reader', '--scope', 'read', '--until', '2020-01-01');
    expect(await keys('revoke', 'radio')).toEqual([]);
    expect(await keys('list')).toEqual([
      expect.stringMatching(/^radio .* ingest {2}revoked 20/),
      expect.stringMatching(/^reader .* read until 2020-01-01T00:00:00Z {2}ended$/),
    ]);
    expect((await keysFail('revoke', 'radio')).message).toContain('radio was revoked at');
    expect((await keysFail('revoke', 'nobody')).message).toContain('has no key nobody');
  });

  it.each([
    ['a name that is taken', ['--name', 'taken', '--scope', 'read'], 'There is a key taken already'],
    ['a scope nobody knows', ['--name', 'a', '--scope', 'admin'], 'ingest, read, operate'],
    ['no scope', ['--name', 'a'], '--scope'],
    ['an impossible channel', ['--name', 'a', '--scope', 'read', '--channel', 'a b'], 'A channel has'],
    ['an impossible time', ['--name', 'a', '--scope', 'read', '--until', 'soon'], 'a day as 2030-01-31'],
    ['an impossible day', ['--name', 'a', '--scope', 'read', '--until', '2030-02-31'], 'a day as 2030-01-31'],
    ['an impossible name', ['--name', 'a\nb', '--scope', 'read'], 'name must be'],
  ])('refuses %s and changes nothing', async (_what, args, why) => {
    await keys('create', '--name', 'taken', '--scope', 'read');
    const before = readFileSync(file, 'utf8');
    expect((await keysFail('create', ...args)).message).toContain(why);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('says what is wrong with a file, and leaves it', async () => {
    expect((await keysFail('list')).message).toContain('cannot be read');
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, '{"keys":[{}]}');
    expect((await keysFail('create', '--name', 'a', '--scope', 'read')).message).toContain(
      'Key number 1: id must',
    );
    expect(readFileSync(file, 'utf8')).toBe('{"keys":[{}]}');
  });
});

describe('every command that talks to a service shows a key', () => {
  let service: TestService;
  let key: string;
  const channel = 'a';

  beforeEach(async () => {
    [key = ''] = await keys('create', '--name', 'crew', '--scope', 'ingest,read,operate');
    service = await startService({ AUTH: 'keys', API_KEYS_FILE: file });
    const report = (number: number, type: string, message: object): string =>
      JSON.stringify({
        metadata: { channel, messageNumber: number, messageTime: '2026-06-01T12:00:00Z', messageType: type },
        message,
      });
    const lines = [
      report(1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' }),
      report(4, 'RocketSpeedIncreased', { by: 10 }),
    ];
    writeFileSync(join(folder, 'messages.ndjson'), lines.join('\n'));
    await rockets('import', join(folder, 'messages.ndjson'), '--url', service.url, '--api-key', key);
  });

  afterEach(async () => {
    delete process.env['ROCKETS_API_KEY'];
    await service.stop();
  });

  const commands = [
    ['show', channel],
    ['fleet'],
    ['health'],
    ['gaps'],
    ['skip', channel, '--up-to', '3'],
    ['launch', '--max-messages', '20', '--rockets', '2', '--verify', '--log-level', 'error'],
    ['launch', '--max-messages', '20', '--rockets', '2', '--verify', '--ndjson', '--log-level', 'error'],
  ];

  it.each(commands)('%s', async (...command) => {
    const lines = await rockets(...command, '--url', service.url, '--api-key', key);
    expect(lines.join('')).not.toBe('');
    expect(process.exitCode ?? 0).toBe(0);
  });

  it('that the environment has', async () => {
    expect((await failing('fleet', '--url', service.url)).message).toContain('Send an API key');
    process.env['ROCKETS_API_KEY'] = key;
    expect(await rockets('fleet', '--url', service.url)).toContainEqual(expect.stringContaining('1'));
  });

  it.each([
    [['fleet'], 'rk_wrong', 'copied badly'],
    [['health'], 'rk_wrong', 'answered 401: The API key is incomplete'],
    [['skip', channel, '--up-to', '3'], '', 'Send an API key'],
    [['tail'], '', 'Send an API key'],
  ])('%j says why %j is not enough', async (command, shown, why) => {
    const { message } = await failing(...command, '--url', service.url, '--api-key', shown);
    expect(message).toContain(why);
  });

  it('or is told no more than whether the service is well', async () => {
    expect(await rockets('health', '--url', service.url)).toEqual(['status       ok']);
  });

  it('and the history names it', async () => {
    await rockets('skip', channel, '--up-to', '3', '--url', service.url, '--api-key', key);
    const headers = { authorization: `Bearer ${key}` };
    const history = await (await fetch(`${service.url}/rockets/${channel}/events`, { headers })).json();
    expect(history).toContainEqual(
      expect.objectContaining({
        data: { from: 2, to: 3, by: { who: 'operator', key: 'crew' } },
      }),
    );
  });
});
