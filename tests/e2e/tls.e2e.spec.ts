import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { connect as connectPlainly } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { CertificateFolder, makeCertificate } from '../support/certificates.js';
import { httpStores } from '../support/http-stores.js';
import { messageText, runToEnd, startProcess, type RealProcess } from '../support/real-process.js';
import { talkOver } from '../support/talk.js';

const [ours, other] = [makeCertificate(), makeCertificate()];
const files = new CertificateFolder();
afterAll(() => files.remove());

let service: RealProcess;
const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  files.put(ours);
  service = await startProcess({ LOG_LEVEL: 'info', ...files.settings, ...env });
};

const open = (ca = ours.cert): TLSSocket =>
  connect(service.port, '127.0.0.1', { ca, allowHalfOpen: true } as ConnectionOptions);

const talk = (text: string, enough: RegExp, halfClose = false): Promise<string> =>
  talkOver(open(), text, enough, halfClose);

const post = (body: string): string =>
  `POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** The certificate shown to a new connection that trusts this one; undefined: another one. */
const shows = async (ca: string): Promise<boolean> => {
  const socket = open(ca);
  try {
    await once(socket, 'secureConnect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

describe.each(httpStores)('a service with a certificate, and the store $store', ({ env }) => {
  beforeEach(() => start(env()));
  afterEach(() => service.end('SIGKILL'));

  it('answers who ends what he sends, and whatever comes behind a request in its order', async () => {
    for (let i = 1; i <= 10; i++)
      expect(await talk(post(messageText(i)), /\r\n\r\n/, true)).toMatch(/^HTTP\/1\.1 202 /);
    const behind = `${post(messageText(11))}GET /livez HTTP/1.1\r\nHost: x\r\n\r\ngarbage\r\n\r\n`;
    const said = await talk(behind, /malformed-request.*\}/s);
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('ends at once, with everything stored, although somebody connected and said nothing', async () => {
    const silent = connectPlainly(service.port, '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    expect(await shows(ours.cert)).toBe(true);
    const before = Date.now();
    expect(await service.end()).toBe(0);
    expect(Date.now() - before).toBeLessThan(4000);
    silent.destroy();
  });
});

describe('a service with a certificate that waits for its database', () => {
  beforeEach(() =>
    start({ EVENT_STORE: 'postgres', DATABASE_URL: 'postgres://127.0.0.1:9/rockets', LOG_FORMAT: 'json' }),
  );
  afterEach(() => service.end('SIGKILL'));

  it('speaks TLS as well, says what it waits for once, and ends in order when it is told to', async () => {
    for (let i = 0; i < 3; i++)
      expect(await talk('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n', /\}/)).toMatch(
        /^HTTP\/1\.1 503 .*waits for/s,
      );
    expect(service.log().trim().split('\n')).toEqual([expect.stringContaining('waiting for it')]);
    expect(await service.end()).toBe(0);
  });
});

describe('a service with a certificate', () => {
  beforeEach(() => start({ ADMIN_PORT: '0', LOG_FORMAT: 'text' }));
  afterEach(() => service.end('SIGKILL'));

  it('says where it is, and keeps browsers to TLS', async () => {
    expect(service.log()).toContain(`url="https://127.0.0.1:${service.port}"`);
    const [page] = (await once(get(service.url, { ca: ours.cert, agent: false }), 'response')) as [
      { headers: Record<string, string>; resume: () => void },
    ];
    page.resume();
    expect(page.headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('hangs up on those who speak no TLS, and goes on; its probes are plain', async () => {
    const plain = connectPlainly(service.port, '127.0.0.1');
    plain.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    plain.resume();
    await Promise.race([once(plain, 'close'), once(plain, 'error')]);
    expect(await talk(post(messageText(1)), /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 202 /);
    const admin = /Probes, .* (http:\S+)\//.exec(service.log())![1]!;
    expect((await fetch(`${admin}/health`)).status).toBe(200);
  });

  it('lets go who follows the feed and sends no more, as he may be gone', async () => {
    const follow = 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n';
    expect(await talk(follow, /never said/, true)).toContain('caught-up');
  });

  it('shows a new certificate to new connections, and leaves the others alone', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    files.put({ cert: other.cert });
    while (!service.log().includes('the one before stays')) await delay(50);
    expect([await shows(ours.cert), await shows(other.cert)]).toEqual([true, false]);
    files.put({ key: other.key });
    while (!service.log().includes('a new TLS certificate is in use')) await delay(50);
    expect([await shows(ours.cert), await shows(other.cert)]).toEqual([false, true]);
    socket.write(post(messageText(1)));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 202 /);
    socket.destroy();
  });
});

describe('the commands', () => {
  beforeAll(() => start());
  afterAll(() => service.end('SIGKILL'));

  const rockets = async (
    args: readonly string[],
    env: Readonly<Record<string, string>> = { NODE_EXTRA_CA_CERTS: files.cert },
  ) => {
    const program = join(__dirname, '../../dist/cli/rockets.js');
    const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env['PATH'], ...env } });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, said };
  };

  it.each([
    [['launch', '--max-messages=300', '--duplicates=0.1', '--verify']],
    [['launch', '--max-messages=300', '--ndjson', '--seed=2', '--verify']],
    [['health']],
  ])('reach it: %j', async (args) => {
    expect(await rockets([...args, '--url', service.url])).toMatchObject({ code: 0 });
  });

  it.each([['launch'], ['health']])(
    'say what to do when they do not know who vouches for it: %s',
    async (name) => {
      const { code, said } = await rockets([name, '--url', service.url], {});
      expect(code).toBe(1);
      expect(said).toContain('NODE_EXTRA_CA_CERTS');
    },
  );

  it.each([['launch'], ['health']])('say that there is no TLS: %s', async (name) => {
    const plain = await startProcess({ LOG_LEVEL: 'error' });
    const { code, said } = await rockets([name, '--url', plain.url.replace('http', 'https')]);
    await plain.end('SIGKILL');
    expect([code, said]).toEqual([1, expect.stringContaining('is it http://?')]);
  });
});

describe('a service that has no use of what TLS_CERT and TLS_KEY name', () => {
  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'one without the other',
      { TLS_CERT: files.cert },
      /^TLS_KEY= makes no sense: it must be set, as TLS_CERT is\.\n$/,
    ],
    [
      'no files',
      { TLS_CERT: '/nowhere', TLS_KEY: '/nowhere' },
      /^TLS_CERT=\/nowhere cannot be read: ENOENT.*\n$/,
    ],
  ])('does not start: %s', async (_name, env, message) => {
    const { code, stderr } = await runToEnd([], env);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});
