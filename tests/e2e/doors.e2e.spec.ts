import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { httpStores } from '../support/http-stores.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';
import { talkOver } from '../support/talk.js';
import { seededRandom } from '../support/seeded-random.js';
import { SseClient } from '../support/sse-client.js';
import { runs } from '../support/thorough.js';

let service: RealProcess;
afterEach(async () => {
  await service.end('SIGKILL');
});

const sse = 'Host: x\r\nAccept: text/event-stream\r\n\r\n';
const head = `HEAD /events HTTP/1.1\r\n${sse}`;
const follow = `GET /events HTTP/1.1\r\n${sse}`;
const post = (body: string, headers = ''): string =>
  `POST /messages HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Sends the text, waits for a moment, and breaks off. */
const breakOff = (text: string, ms: number, how: 'reset' | 'close'): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(service.port, '127.0.0.1', () => {
      socket.write(text);
      setTimeout(() => {
        if (how === 'reset') socket.resetAndDestroy();
        else socket.destroy();
        resolve();
      }, ms);
    });
    socket.on('error', () => resolve());
    socket.resume();
  });

const talk = (text: string, enough: RegExp, halfClose = false): Promise<string> => {
  const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
  return talkOver(socket, text, enough, halfClose);
};

const isAlive = async (): Promise<boolean> => (await fetch(`${service.url}/livez`)).status === 200;

describe('connections that break off behind several requests', () => {
  beforeEach(async () => {
    service = await startProcess({ LOG_LEVEL: 'warn' });
  });

  it('never end the process: a stream between heads of it', async () => {
    const packet = head + follow + post('{}') + head;
    for (let i = 0; i < 30; i++)
      await Promise.all(Array.from({ length: 20 }, (_, k) => breakOff(packet, k % 20, 'reset')));
    expect(await isAlive()).toBe(true);
    expect(service.child.exitCode).toBeNull();
  });

  it('never end the process: anything behind anything', async () => {
    const random = seededRandom(14);
    const message = messageText(1);
    const requests = [
      head,
      follow,
      `GET /events?after=nope-1 HTTP/1.1\r\n${sse}`,
      post('{}'),
      post(message),
      post(`${message}\n`, 'Content-Type: application/x-ndjson\r\n'),
      post('{}', 'Expect: 100-continue\r\n'),
      'POST /messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{',
      'HEAD /rockets HTTP/1.1\r\nHost: x\r\n\r\n',
      'OPTIONS /messages HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET /rockets HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      get('/livez'),
      get('/openapi.json'),
      'garbage\r\n\r\n',
    ];
    const any = (count: number): number => Math.floor(random() * count);
    for (let i = 0; i < runs(10, 400); i++) {
      const packets = Array.from({ length: 30 }, () =>
        Array.from({ length: 2 + any(5) }, () => requests[any(requests.length)]).join(''),
      );
      await Promise.all(packets.map((text) => breakOff(text, any(20), any(2) === 0 ? 'reset' : 'close')));
    }
    expect(await isAlive()).toBe(true);
  });
});

describe.each(httpStores)('a client of the store $store', ({ env }) => {
  beforeEach(async () => {
    service = await startProcess({ LOG_LEVEL: 'warn', ...env() });
  });

  it('that closes its sending half behind a request gets its answer', async () => {
    for (let i = 1; i <= 50; i++)
      expect(await talk(post(messageText(i)), /\r\n\r\n/, true)).toMatch(/^HTTP\/1\.1 202 /);
  });

  it('that sends garbage behind requests is answered both, in order', async () => {
    const said = await talk(
      `${post(messageText(1))}${get('/livez')}garbage\r\n\r\n`,
      /malformed-request.*\}/s,
    );
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 200', 'HTTP/1.1 400']);
  });
});

describe('a log that nobody takes', () => {
  it('costs no message, and is counted', async () => {
    service = await startProcess({ LOG_LEVEL: 'info' });
    service.child.stderr!.destroy();
    service.child.stdout!.destroy();
    expect((await postMessage(service.url, messageText(1))).status).toBe(202);
    const other = messageText(1).replace('ARTEMIS', 'APOLLO');
    for (let i = 0; i < 40; i++) expect((await postMessage(service.url, other)).status).toBe(409);
    const lost = async (): Promise<number> => {
      const health = await (await fetch(`${service.url}/health`)).json();
      return (health as { log: { lost: number } }).log.lost;
    };
    while ((await lost()) === 0) await delay(20);
    expect((await postMessage(service.url, messageText(2))).status).toBe(202);
    // The same text again and again is not even tried.
    expect(await lost()).toBeLessThanOrEqual(12);
    expect(await service.end('SIGTERM')).toBe(0);
  });
});

describe('a log behind which the disk is full', () => {
  it('costs no message either', async () => {
    service = await startProcess({ LOG_LEVEL: 'info' }, [], ['sh', '-c', 'exec "$0" "$@" >/dev/full 2>&1']);
    expect((await postMessage(service.url, messageText(1))).status).toBe(202);
    const health = (await (await fetch(`${service.url}/health`)).json()) as { log: { lost: number } };
    expect(health.log.lost).toBeGreaterThan(0);
    expect(await service.end()).toBe(0);
  });
});

describe('an error that nobody expected', () => {
  it('ends the service in order: what it acknowledged is stored, and it says that it failed', async () => {
    const bomb = join(__dirname, '../support/bomb.cjs');
    const env = { ...httpStores[1]!.env(), NODE_OPTIONS: `--require ${bomb}` };
    service = await startProcess(env);
    for (let i = 1; i <= 20; i++) expect((await postMessage(service.url, messageText(i))).status).toBe(202);
    const ended = once(service.child, 'exit');
    service.child.kill('SIGUSR2');
    expect((await ended)[0]).toBe(1);
    expect(service.log()).toContain('nobody expected this');
    expect(service.log()).toContain('everything acknowledged is stored');
    service = await startProcess({ ...env, NODE_OPTIONS: '' });
    const [rocket] = (await (await fetch(`${service.url}/rockets`)).json()) as { version: number }[];
    expect(rocket?.version).toBe(20);
  });
});

describe('very many readers of the feed', () => {
  it('leave the others their connections', async () => {
    service = await startProcess({ MAX_READERS: '5', MAX_CONNECTIONS: '50' });
    const readers = [];
    for (let i = 0; i < 5; i++) readers.push(await SseClient.open(`${service.url}/events`));
    const refused = await fetch(`${service.url}/events`, { headers: { accept: 'text/event-stream' } });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await isAlive()).toBe(true);
  });

  it('and very many connections leave the probes theirs, at a port of their own', async () => {
    service = await startProcess({ MAX_CONNECTIONS: '3', ADMIN_PORT: '0', LOG_FORMAT: 'text' });
    const admin = /Probes, .* (\S+)\//.exec(service.log())![1]!;
    const sockets = Array.from({ length: 20 }, () =>
      connect(service.port, '127.0.0.1')
        .on('error', () => undefined)
        .resume(),
    );
    // One more than there may be is hung up on.
    await Promise.race(sockets.map((socket) => once(socket, 'close')));
    for (const path of ['/livez', '/readyz', '/health']) expect((await fetch(admin + path)).status).toBe(200);
    expect((await fetch(`${admin}/rockets`)).status).toBe(404);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a stream that comes in pieces of one byte', () => {
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.child.pid}/status`, 'utf8'))![1]) / 1024;

  it('takes no more memory than its bytes', async () => {
    service = await startProcess({ LOG_LEVEL: 'warn' });
    const begin =
      'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';
    const pieces = [...messageText(1), '\n']
      .map((byte) => `1\r\n${byte}\r\n`)
      .join('')
      .repeat(250);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, memory())), 20);
    const before = memory();
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => talk(`${begin}${pieces}0\r\n\r\n`, /"items":\[\]\}/)),
    );
    clearInterval(watch);
    expect(answers.every((said) => said.includes('"received":250,'))).toBe(true);
    expect(most - before).toBeLessThan(150);
  });
});
