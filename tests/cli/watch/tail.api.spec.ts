import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceClient } from '../../../src/cli/service-client.js';
import { Tail, type TailOptions } from '../../../src/cli/watch/tail.js';

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const serve = async (...answers: readonly Answer[]): Promise<URL> => {
  let request = 0;
  server = createServer((req, res) => answers[Math.min(request++, answers.length - 1)]!(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
};

const event = (number: number): string => {
  const stored = {
    channel: 'a',
    number,
    type: 'RocketSpeedIncreased',
    data: { by: 500 },
    recordedAt: '2026-10-01T15:39:42.898Z',
  };
  return `id: k-${number}\ndata: ${JSON.stringify(stored)}\n\n`;
};

/** Follows the feed until so many events were printed. */
const tail = async (url: URL, events: number, options: Partial<TailOptions> = {}): Promise<string[]> => {
  const interrupt = new AbortController();
  const printed: string[] = [];
  const out = (line: string): void => {
    printed.push(line);
    if (printed.length === events) interrupt.abort();
  };
  const output = { out, err: () => undefined, room: async () => undefined, interactive: false };
  const given = { after: 'latest', json: false, ...options };
  await new Tail(new ServiceClient(url, undefined), given, output, interrupt.signal).run();
  return printed;
};

const stream = (res: ServerResponse, text: string): ServerResponse => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  res.write(`retry: 1\n\n${text}`);
  return res;
};

describe('rockets tail', () => {
  it('prints one line an event', async () => {
    const url = await serve((_req, res) => void stream(res, event(1)));
    expect(await tail(url, 1)).toEqual(['2026-10-01 15:39:42.898  a  #1      faster by 500']);
  });

  it('goes on after the last event it saw when the feed breaks', async () => {
    const asked: (string | undefined)[] = [];
    const note = (req: IncomingMessage): void =>
      void asked.push(`${req.url} ${req.headers['last-event-id']}`);
    const url = await serve(
      (req, res) => (note(req), void stream(res, 'event: caught-up\ndata: {"position":"k-0"}\n\n').end()),
      (req, res) => (note(req), stream(res, event(1)).write(event(2), () => res.destroy()), undefined),
      (req, res) => (note(req), void stream(res, event(3))),
    );
    const lines = await tail(url, 3, { json: true, type: 'RocketSpeedIncreased', channel: 'a' });
    expect(lines.map((line) => JSON.parse(line).number)).toEqual([1, 2, 3]);
    const filter = '/events?channel=a&type=RocketSpeedIncreased';
    expect(asked).toEqual([`${filter}&after=latest undefined`, `${filter} k-0`, `${filter} k-2`]);
  });

  it('ends with what the service says is wrong with the question', async () => {
    const url = await serve((_req, res) => void res.writeHead(400).end('{"detail":"No such type."}'));
    await expect(tail(url, 1, { type: 'x' })).rejects.toThrow('The feed answered 400: No such type.');
  });
});
