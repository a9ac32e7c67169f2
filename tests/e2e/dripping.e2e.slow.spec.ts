import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';

let service: RealProcess;
beforeEach(async () => {
  service = await startProcess({ LOG_LEVEL: 'warn' });
});
afterEach(() => service.end('SIGKILL'));

const begin = (text: string): Socket => {
  const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined).write(text);
  return socket;
};

it.each([
  ['headers', 'GET /health HTTP/1.1\r\nHost: x\r\nX-Drip: '],
  ['a body', 'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n'],
])(
  'hundreds of connections on which %s drip are closed, also of clients that never hang up',
  async (_, head) => {
    const sockets = Array.from({ length: 300 }, () => begin(head).resume());
    const drops = setInterval(() => sockets.forEach((socket) => socket.write('x')), 1000);
    await Promise.all(sockets.map((socket) => new Promise((closed) => socket.once('close', closed))));
    clearInterval(drops);
    expect((await postMessage(service.url, messageText(1))).status).toBe(202);
  },
);

it('readers of the feed that never read are let go', async () => {
  const lines = Array.from({ length: 40_000 }, (_, i) => messageText(i + 1)).join('\n');
  const headers = { 'Content-Type': 'application/x-ndjson' };
  expect((await fetch(`${service.url}/messages`, { method: 'POST', headers, body: lines })).status).toBe(200);
  const sockets = Array.from({ length: 10 }, () =>
    begin('GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n').pause(),
  );
  const readers = async (): Promise<number> => {
    const health = (await (await fetch(`${service.url}/health`)).json()) as { feed: { readers: number } };
    return health.feed.readers;
  };
  while ((await readers()) < sockets.length) await delay(50);
  while ((await readers()) > 0) await delay(500);
  expect((await postMessage(service.url, messageText(40_001))).status).toBe(202);
  for (const socket of sockets) socket.destroy();
});
