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

/** Follows the feed until so many lines were printed, of events or of notices. */
const tail = async (
  url: URL,
  lines: number,
  options: Partial<TailOptions> = {},
  of: 'out' | 'err' = 'out',
): Promise<string[]> => {
  const interrupt = new AbortController();
  const printed: string[] = [];
  const count = (line: string): void => {
    printed.push(line);
    if (printed.length === lines) interrupt.abort();
  };
  const ignore = (): undefined => undefined;
  const output = {
    out: ignore,
    err: ignore,
    bytes: ignore,
    [of]: count,
    room: async () => undefined,
    interactive: false,
  };
  const given = { after: 'latest', json: false, ...options };
  await new Tail(new ServiceClient(url), given, output, interrupt.signal).run();
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
    expect(await tail(url, 1)).toEqual(['2026-10-01 15:39:42.898 UTC  a  #1      faster by 500']);
  });

  it('goes on after the last event it saw when the feed breaks', async () => {
    const asked: (string | undefined)[] = [];
    const note = (req: IncomingMessage): void =>
      void asked.push(`${req.url} ${req.headers['last-event-id']}`);
    const url = await serve(
      (req, res) => (
        note(req),
        void stream(res, 'id: k-0\nevent: caught-up\ndata: {"position":"k-0"}\n\n').end()
      ),
      (req, res) => (note(req), stream(res, event(1)).write(event(2), () => res.destroy()), undefined),
      (req, res) => (note(req), void stream(res, event(3))),
    );
    const lines = await tail(url, 3, { json: true, type: 'RocketSpeedIncreased', channel: 'a' });
    expect(lines.map((line) => JSON.parse(line).number)).toEqual([1, 2, 3]);
    const filter = '/events?channel=a&type=RocketSpeedIncreased';
    expect(asked).toEqual([`${filter}&after=latest undefined`, `${filter} k-0`, `${filter} k-2`]);
  });

  it('goes on after what it was only told the place of', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve(
      (req, res) => (
        asked.push(req.headers['last-event-id'] as string),
        void stream(res, 'id: k-7\n\n').end()
      ),
      (req, res) => (asked.push(req.headers['last-event-id'] as string), void stream(res, event(8))),
    );
    await tail(url, 1);
    expect(asked).toEqual([undefined, 'k-7']);
  });

  it('starts anew with the history that a restore has put in the place of the one it knew', async () => {
    const asked: (string | undefined)[] = [];
    const reset = 'id: n-0\nevent: reset\ndata: {"reason":"unknown-position","position":"n-0"}\n\n';
    const url = await serve(
      (req, res) => (asked.push(req.url), void stream(res, reset).end()),
      (req, res) => (asked.push(req.headers['last-event-id'] as string), void stream(res, event(1))),
    );
    await tail(url, 1, { after: 'k-7' });
    expect(asked).toEqual(['/events?after=k-7', 'n-0']);
  });

  it('says on stderr what is no event', async () => {
    const notices = [
      'event: gaps-changed\ndata: {"channel":"a"}\n\n',
      'event: gaps-changed\ndata: {}\n\n',
      'event: message-late\ndata: {"channel":"a","number":7}\n\n',
      'id: n-0\nevent: reset\ndata: {"reason":"unknown-position","position":"n-0"}\n\n',
      'id: n-0\nevent: caught-up\ndata: {"position":"n-0"}\n\n',
      'event: something-new\ndata: {}\n\n',
      'id: n-1\nevent: dropped\ndata: {"reason":"shutting-down","position":"n-1"}\n\n',
    ];
    const url = await serve((_req, res) => void stream(res, notices.join('')));
    expect(await tail(url, 6, {}, 'err')).toEqual([
      '— what is missing of a has changed —',
      '— what is missing of many rockets has changed —',
      '— #7 of a came after it was skipped —',
      '— the feed starts from the beginning: the position is not of this history —',
      '— caught up; what follows is live —',
      '— the service ended the feed: shutting-down —',
    ]);
  });

  it.each([
    [
      'skipped #4–6 by operator: no more fuel',
      { from: 4, to: 6, by: { who: 'operator' }, why: 'no more fuel' },
    ],
    ['skipped #4 by operator ann', { from: 4, to: 4, by: { who: 'operator', key: 'ann' } }],
    ['skipped #4–6 by timeout', { from: 4, to: 6, by: { who: 'timeout' } }],
  ])('says who skipped: %s', async (words, data) => {
    const skip = {
      channel: 'a',
      number: data.to,
      type: 'MessagesSkipped',
      data,
      recordedAt: '2026-10-01T15:39:42Z',
    };
    const url = await serve((_req, res) => void stream(res, `id: k-1\ndata: ${JSON.stringify(skip)}\n\n`));
    expect((await tail(url, 1))[0]).toContain(words);
  });

  it('ends with what the service says is wrong with the question', async () => {
    const url = await serve((_req, res) => void res.writeHead(400).end('{"detail":"No such type."}'));
    await expect(tail(url, 1, { type: 'x' })).rejects.toThrow('The feed answered 400: No such type.');
  });
});
