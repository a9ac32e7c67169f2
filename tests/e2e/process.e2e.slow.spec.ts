import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  endUnderLoad,
  messageText,
  postMessage,
  runToEnd,
  startProcess,
  type RealProcess,
} from '../support/real-process.js';

const main = join(__dirname, '../../dist/main.js');

describe('a slow client', () => {
  let service: RealProcess;
  beforeAll(async () => {
    service = await startProcess();
  });
  afterAll(() => service.end('SIGKILL'));

  it.each([
    ['headers drip', 'GET /health HTTP/1.1\r\n', 'X-Drip: 1\r\n', '408'],
    ['body drips', 'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n', ' ', '408'],
    [
      'body drips that no route wants',
      'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n',
      ' ',
      '405',
    ],
  ])('whose %s is hung up on', async (_, head, drop, status) => {
    const answer = await drip(service.port, head, drop);
    expect(answer.status).toContain(status);
    // Left to itself, Node waits for minutes.
    expect(answer.seconds).toBeLessThan(30);
  });
});

describe('the command line', () => {
  it('takes --port as well', async () => {
    expect((await runToEnd(['--port', '9123', '--print-config'])).stdout.split('\n')).toContain('PORT=9123');
  });

  it.each(['--help', '-h'])('explains itself on %s', async (flag) => {
    expect((await runToEnd([flag])).stdout).toContain('Usage:');
  });

  it('explains itself on an unknown option', async () => {
    const { code, stderr } = await runToEnd(['--prot', '1']);
    expect(code).toBe(1);
    expect(stderr).toContain('Usage:');
  });

  it.each(['192.0.2.1', 'nohost.invalid'])('says what to do when it cannot listen on %s', async (host) => {
    const { code, stderr } = await runToEnd(['--port', '0'], { HOST: host });
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
      const { code, stderr } = await runToEnd(['--port', '0'], { EVENT_STORE: 'sqlite', SQLITE_FILE: file });
      expect(code).toBe(1);
      expect(stderr).toContain(file);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    rmSync(directory, { recursive: true });
  });
});

describe('a service told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stores everything it acknowledged under load, on %s',
    async (signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'rockets-'));
      const stored = { EVENT_STORE: 'sqlite', SQLITE_FILE: join(directory, 'rockets.db') };
      const service = await startProcess({ ...stored, SHUTDOWN_TIMEOUT: '24h' });
      const { code, answered, statuses } = await endUnderLoad(service, signal);
      expect({ code, statuses }).toEqual({ code: 0, statuses: [202] });
      expect(answered).toBeGreaterThan(0);
      expect(service.log()).toContain('stopped; everything acknowledged is stored');
      const again = await startProcess(stored);
      const { events } = (await (await fetch(`${again.url}/health`)).json()) as { events: number };
      expect(events).toBeGreaterThanOrEqual(answered);
      expect(await again.end()).toBe(0);
      rmSync(directory, { recursive: true });
    },
  );

  it('ends in order on SIGINT', async () => {
    const service = await startProcess();
    await postMessage(service.url, messageText(1));
    expect(await service.end('SIGINT')).toBe(0);
    expect(service.log()).toContain('stopped; what was in memory is gone');
  });

  it('fails readiness, not liveness, while an answer is under way', async () => {
    const service = await startProcess();
    const socket = connect(service.port, '127.0.0.1');
    const body = messageText(1);
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

describe('a service that cannot stop', () => {
  // Whatever closes a server waits for ever.
  const stuck = 'import net from "node:net"; net.Server.prototype.close = function () { return this; };';
  const env = {
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(stuck)}`,
    SHUTDOWN_TIMEOUT: '0',
  };

  it('is killed by itself', async () => {
    const service = await startProcess(env);
    expect(await service.end()).toBe('SIGKILL');
  });

  it('ends as well where it is the first process, as in a container, which nothing of its own can kill', async () => {
    const first = ['bwrap', '--dev-bind', '/', '/', '--unshare-pid', '--as-pid-1', '--proc', '/proc'];
    const service = await startProcess(env, [], [...first, '--die-with-parent']);
    const { pid } = service.child;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    while (!service.log().includes('"pid":1,')) await delay(10);
    process.kill(Number(child));
    const [code] = (await once(service.child, 'exit')) as [number];
    expect(code).toBe(137);
  });
});

it('skips by itself what is missing for too long, by a real clock and on a disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rockets-'));
  const stored = { EVENT_STORE: 'sqlite', SQLITE_FILE: join(directory, 'rockets.db') };
  const service = await startProcess({ ...stored, GAP_TIMEOUT: '777ms' });
  // By now some time was listened, no whole number of milliseconds.
  await delay(500);
  expect((await postMessage(service.url, messageText(3, 'rocket'))).status).toBe(202);
  const version = async (): Promise<number> => {
    const rocket = (await (await fetch(`${service.url}/rockets/rocket`)).json()) as { version: number };
    return rocket.version;
  };
  while ((await version()) < 3) await delay(50);
  const { event } = (await (await fetch(`${service.url}/rockets/rocket/messages/2`)).json()) as {
    event: unknown;
  };
  expect(event).toMatchObject({ type: 'MessagesSkipped', data: { from: 1, to: 2, by: { who: 'timeout' } } });
  expect(await service.end()).toBe(0);
  rmSync(directory, { recursive: true });
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

it('hears the signal that comes in the moment it says that it listens', async () => {
  for (let i = 0; i < 10; i++) {
    const child = spawn(process.execPath, [main, '--port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    await once(child.stderr, 'data');
    child.kill();
    expect((await once(child, 'exit'))[0]).toBe(0);
  }
}, 60_000);

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
