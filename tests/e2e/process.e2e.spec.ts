import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startProcess, type RealProcess } from '../support/real-process.js';

const main = join(__dirname, '../../dist/main.js');
const run = promisify(execFile);

const message = (number: number, channel = '193270a9-c9cf-404a-8f83-838e71d9ae67'): string =>
  JSON.stringify({
    metadata: {
      channel,
      messageNumber: number,
      messageTime: '2022-02-02T19:39:05.86337+01:00',
      messageType: number === 1 ? 'RocketLaunched' : 'RocketSpeedIncreased',
    },
    message: number === 1 ? { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' } : { by: 10 },
  });

const post = (url: string, body: string): Promise<Response> =>
  fetch(`${url}/messages`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });

/** Ends with an error code, its message on stderr. */
const failing = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  run(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'], ...env } }).then(
    () => {
      throw new Error('it ended well');
    },
    (error: { code: number; stderr: string }) => error,
  );

describe('a running service', () => {
  let service: RealProcess;
  beforeAll(async () => {
    service = await startProcess({ LOG_FORMAT: 'text' });
  });
  afterAll(() => service.end('SIGKILL'));

  it('says where it listens, which store it has and what an acknowledgement is worth', () => {
    expect(service.log()).toContain(`url="${service.url}" store="memory"`);
    expect(service.log()).toContain('durability: ');
  });

  it('refuses to start twice on one port and says what to do', async () => {
    const { code, stderr } = await failing([], { PORT: String(service.port), HOST: '127.0.0.1' });
    expect(code).toBe(1);
    expect(stderr).toContain('Another program uses this port');
    expect(stderr).not.toContain(' at ');
  });

  it('closes a connection whose headers drip', async () => {
    const { status, seconds } = await drip(service.port, 'GET /health HTTP/1.1\r\n', 'X-Drip: 1\r\n');
    expect(status).toContain('408');
    expect(seconds).toBeLessThan(8);
  });

  it('closes a connection whose body drips', async () => {
    const head = 'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n';
    const { status, seconds } = await drip(service.port, head, ' ');
    expect(status).toContain('408');
    expect(seconds).toBeLessThan(13);
  });

  it('closes a connection that drips a body no route wants', async () => {
    const head = 'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n';
    const { status, seconds } = await drip(service.port, head, ' ');
    expect(status).toContain('405');
    expect(seconds).toBeLessThan(8);
  });
});

describe('the command line', () => {
  it.each(['--port', '-port'])('takes %s', async (flag) => {
    const { stdout } = await run(process.execPath, [main, flag, '9123', '--print-config']);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['PORT=9123', 'WORKER_COUNT=3']));
  });

  it.each(['--help', '-h'])('explains itself on %s', async (flag) => {
    expect((await run(process.execPath, [main, flag])).stdout).toContain('Usage:');
  });

  it('names every setting that makes no sense', async () => {
    const { code, stderr } = await failing([], { PORT: 'x', WORKER_COUNT: '0', GAP_TIMEOUT: 'soon' });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'PORT=x makes no sense: it must be an integer from 0 to 65535.',
      'WORKER_COUNT=0 makes no sense: it must be an integer from 1 to 64.',
      'GAP_TIMEOUT=soon makes no sense: it must be a duration as 500ms, 30s, 5m or 1h, at most 8760h, or off.',
    ]);
  });

  it.each(['192.0.2.1', 'nohost.invalid'])('says what to do when it cannot listen on %s', async (host) => {
    const { code, stderr } = await failing(['--port', '0'], { HOST: host });
    expect(code).toBe(1);
    expect(stderr).toContain(host);
    expect(stderr).toContain('Set HOST to');
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });

  it('names the file of a store that it cannot open', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rockets-'));
    const torn = join(directory, 'torn.db');
    writeFileSync(torn, 'SQLite format 3\0 and nothing more');
    for (const file of [directory, torn]) {
      const { code, stderr } = await failing(['--port', '0'], { EVENT_STORE: 'sqlite', SQLITE_FILE: file });
      expect(code).toBe(1);
      expect(stderr).toContain(file);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    rmSync(directory, { recursive: true });
  });

  it('explains itself on an unknown option', async () => {
    const { code, stderr } = await failing(['--prot', '1']);
    expect(code).toBe(1);
    expect(stderr).toContain('Usage:');
  });
});

describe('a service told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends in order on %s, under load, with every answer sent',
    async (signal) => {
      const service = await startProcess();
      let answered = 0;
      let cut = 0;
      const client = async (channel: string): Promise<void> => {
        for (let number = 1; ; number++) {
          try {
            const response = await post(service.url, message(number, channel));
            await response.text();
            if (response.status === 503) return;
            expect(response.status).toBe(202);
            answered++;
          } catch {
            // Refused or closed before a request was taken: allowed. An answer cut in two is not.
            cut++;
            return;
          }
        }
      };
      const clients = Array.from({ length: 16 }, (_, i) => client(`rocket-${i}`));
      await delay(300);
      await expect(service.end(signal)).resolves.toBe(0);
      await Promise.all(clients);
      expect(answered).toBeGreaterThan(0);
      expect(cut).toBeLessThanOrEqual(16);
      expect(service.log()).toContain('stopped; what was in memory is gone');
    },
  );

  it('says that everything is stored only when it is', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rockets-'));
    const service = await startProcess({
      EVENT_STORE: 'sqlite',
      SQLITE_FILE: join(directory, 'rockets.db'),
      SHUTDOWN_TIMEOUT: '24h',
    });
    await post(service.url, message(1));
    await expect(service.end()).resolves.toBe(0);
    expect(service.log()).toContain('stopped; everything acknowledged is stored');
    rmSync(directory, { recursive: true });
  });

  it('fails readiness, not liveness, while an answer is under way', async () => {
    const service = await startProcess();
    const socket = connect(service.port, '127.0.0.1');
    const body = message(1);
    socket.write(`POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    const probe = connect(service.port, '127.0.0.1');
    probe.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(probe, 'data');
    // Begun before the end, finished after: a new connection would be refused by then.
    probe.write('GET /readyz HTTP/1.1\r\nHost: x\r\n');
    const ended = service.end();
    while (!service.log().includes('stopping')) await delay(10);
    probe.write('\r\n');
    const [readyz] = (await once(probe, 'data')) as [Buffer];
    expect(readyz.toString()).toContain('503');
    socket.write(body);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toContain('503 Service Unavailable');
    socket.destroy();
    probe.destroy();
    await expect(ended).resolves.toBe(0);
  });
});

it('lives without a terminal, a working directory of its own, or any setting', async () => {
  const child = spawn(process.execPath, [main, '--port', '0'], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [line] = (await once(child.stderr, 'data')) as [Buffer];
  expect(line.toString()).toContain('Rockets is listening');
  child.kill();
  await once(child, 'exit');
});

/** Sends `head`, then `drop` each 500 ms, until the server ends it; the first line it answered and how long it took. */
const drip = async (
  port: number,
  head: string,
  drop: string,
): Promise<{ status: string; seconds: number }> => {
  const began = Date.now();
  const socket = connect(port, '127.0.0.1');
  socket.write(head);
  const timer = setInterval(() => socket.write(drop), 500);
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  clearInterval(timer);
  return { status: answer.split('\r\n')[0] ?? '', seconds: (Date.now() - began) / 1000 };
};
