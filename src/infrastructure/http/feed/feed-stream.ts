import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { SHARE_OF_ANSWERS, type Budget } from '../../../application/budget.js';
import type { EventFeed } from '../../../application/feed/event-feed.js';
import type { FeedMessage, FeedReader, FeedStart } from '../../../application/feed/feed-message.js';
import { selectionIn } from './feed-query.js';
import { feedText, retryText, type FeedText } from './feed-text.js';
import { whileLetIn } from '../gate.js';
import { QueryReader } from '../query-reader.js';

/** What was sent to a reader that is told to go has this long to arrive. */
const LAST_WORDS_MS = 3000;
/** Finds out about peers that vanished without a word. */
const KEEP_ALIVE_MS = 30_000;

/** `GET /events` as server-sent events. */
export const streamEvents =
  (feed: EventFeed, budget: Budget): RequestHandler =>
  (req, res, next) => {
    const start = startOf(req);
    if (req.method === 'HEAD') {
      headed(res).end();
      return;
    }
    try {
      const reader = new SseReader(res, req.socket, budget);
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
export class SseReader implements FeedReader {
  private taken = 0;
  /** Of these not all has left. */
  private held: FeedText[] = [];

  constructor(
    private readonly res: Response,
    private readonly socket: Socket,
    private readonly budget: Budget,
  ) {
    socket.on('drain', this.letGo).once('close', this.letGo);
  }

  take(message: FeedMessage): void {
    const { socket } = this;
    if (!socket.writable) return;
    const text = feedText(message);
    this.taken += text.bytes.length;
    if (!socket.write(text.bytes) && this.backlog > 0) this.hold(text);
  }

  /** What many wait for is there once. When there is no room for it, the reader has to come back. */
  private hold(text: FeedText): void {
    if (text.holders === 0 && !this.budget.tryTake(text.bytes.length, SHARE_OF_ANSWERS)) {
      this.socket.destroy();
      return;
    }
    text.holders++;
    this.held.push(text);
  }

  private readonly letGo = (): void => {
    for (const text of this.held) if (--text.holders === 0) this.budget.give(text.bytes.length);
    this.held = [];
  };

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
