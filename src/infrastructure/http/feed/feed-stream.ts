import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import type { EventFeed } from '../../../application/feed/event-feed.js';
import type { FeedMessage, FeedReader, FeedStart } from '../../../application/feed/feed-message.js';
import { selectionIn } from './feed-query.js';
import { feedText, retryText } from './feed-text.js';
import { whileLetIn } from '../gate.js';
import { QueryReader } from '../query-reader.js';

/** What was sent to a reader that is told to go has this long to arrive. */
const LAST_WORDS_MS = 3000;
/** Finds out about peers that vanished without a word. */
const KEEP_ALIVE_MS = 30_000;

/** `GET /events` as server-sent events. */
export const streamEvents =
  (feed: EventFeed): RequestHandler =>
  (req, res, next) => {
    const start = startOf(req);
    if (req.method === 'HEAD') {
      headed(res).end();
      return;
    }
    const begin = (): void => {
      try {
        const reader = new SseReader(res, req.socket);
        const unsubscribe = feed.subscribe(reader, start);
        res.on('close', unsubscribe);
        // Asked again, it is told why.
        whileLetIn(res, () => {
          unsubscribe();
          reader.end();
        });
        req.socket.setKeepAlive(true, KEEP_ALIVE_MS);
        open(res);
        req.socket.write(retryText);
      } catch (error) {
        next(error);
      }
    };
    // Behind other requests of its connection, the stream has the socket only when they are answered.
    if (res.socket === null) res.once('socket', begin);
    else begin();
  };

const startOf = (req: Request): FeedStart => {
  const query = new QueryReader(req.query);
  const asked = query.text('after');
  const selection = selectionIn(query);
  query.finish();
  // A browser that reconnects repeats the address it was given, so what it remembers wins.
  const after = req.get('Last-Event-ID') ?? asked;
  return { after: after === 'beginning' ? undefined : after, ...selection };
};

const headed = (res: Response): Response =>
  res.vary('Accept').set({
    'Content-Type': 'text/event-stream',
    'X-Accel-Buffering': 'no',
    Connection: 'close',
  });

/** Neither a length nor chunks: the stream ends with the connection, and a message is nothing but its own bytes. */
const open = (res: Response): Response => {
  headed(res).useChunkedEncodingByDefault = false;
  res.flushHeaders();
  return res;
};

/**
 * Writes to the socket itself once the headers are out. Node's response would put every message off to the next tick,
 * at twice the price, and the feed could not tell how much of its time a thousand readers take.
 */
class SseReader implements FeedReader {
  private taken = 0;

  constructor(
    private readonly res: Response,
    private readonly socket: Socket,
  ) {}

  take(message: FeedMessage): void {
    if (!this.socket.writable) return;
    const text = feedText(message);
    this.taken += text.length;
    this.socket.write(text);
  }

  get backlog(): number {
    return this.socket.writableLength;
  }

  get sent(): number {
    return this.taken - this.backlog;
  }

  async room(): Promise<void> {
    const { socket } = this;
    if (!socket.writableNeedDrain || !socket.writable) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  end(): void {
    this.res.end();
    const giveUp = setTimeout(() => this.socket.destroy(), LAST_WORDS_MS).unref();
    this.res.on('close', () => clearTimeout(giveUp));
  }
}
