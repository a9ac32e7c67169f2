import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { percentile } from './measure.js';

/** Is told of events by webhooks, or by the live feed: `node subscriber-process.js`, which sends its port; then IPC. */
export interface Wanted {
  /** It answers when it has been told of so many. */
  readonly events: number;
  /** Reads the feed at this port from its beginning, instead of waiting for webhooks. */
  readonly feedAt?: number;
}

export interface Told {
  readonly events: number;
  readonly requests: number;
  /** How old events were when they came. */
  readonly lagP50: number;
  readonly lagP99: number;
}

/** What each event has once. */
const NEEDLE = '"recordedAt":"';
const TIME = NEEDLE.length + '2026-01-01T00:00:00.000Z'.length;
/** Dates are dear to read. */
const LAG_EVERY = 8;

let wanted = Infinity;
let events = 0;
let requests = 0;
let lags: number[] = [];
let reading: Socket | undefined;

/** Found, and not parsed: it shares the machine with what is measured. */
const takeEvents = (text: string): void => {
  const now = Date.now();
  for (let at = text.indexOf(NEEDLE); at !== -1; at = text.indexOf(NEEDLE, at + TIME)) {
    if (events++ % LAG_EVERY === 0) lags.push(now - Date.parse(text.slice(at + NEEDLE.length, at + TIME)));
  }
  if (events < wanted) return;
  wanted = Infinity;
  reading?.destroy();
  process.send?.('all');
};

/** Answered at once, and looked at afterwards. */
const receive = (req: IncomingMessage, res: ServerResponse): void => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    res.writeHead(204).end();
    requests++;
    setImmediate(() => takeEvents(Buffer.concat(chunks).toString('latin1')));
  });
};

const read = (port: number): void => {
  let rest = '';
  reading = connect(port, '127.0.0.1', () =>
    reading!.write(
      'GET /events?after=beginning HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
    ),
  );
  reading.setEncoding('latin1').on('data', (chunk) => {
    const text = rest + String(chunk);
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    takeEvents(text.slice(0, end));
  });
};

process.on('message', (question: Wanted | 'told') => {
  if (question === 'told') {
    const lag = { lagP50: percentile(lags, 0.5), lagP99: percentile(lags, 0.99) };
    process.send?.({ events, requests, ...lag } satisfies Told);
  } else {
    wanted = question.events;
    if (question.feedAt !== undefined) read(question.feedAt);
  }
  events = requests = 0;
  lags = [];
});
process.on('disconnect', () => process.exit(0));

const server = createServer(receive);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
