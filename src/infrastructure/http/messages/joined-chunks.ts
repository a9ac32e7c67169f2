import type { IncomingMessage } from 'node:http';
import type { PieceTurns } from './piece-turns.js';
import { roomFor } from './room-for.js';

/** Beyond this the sender has to wait until somebody takes what has come, */
const ENOUGH = 256 * 1024;
/** to so little: to stop and go on costs as much as a hundred messages. */
const LITTLE = 64 * 1024;
/** So many pieces at once are what few senders send, and reading them takes far longer than their bytes. */
const MANY_PIECES = 1024;
/** What is larger is kept as it is. */
const SMALL = 4096;

export interface JoinedChunk {
  readonly bytes: Buffer;
  /** In how many it came. */
  readonly pieces: number;
}

/** Whoever takes what a sender sends. */
export interface ChunkTaker {
  /** Asked about each piece as it comes: false if it is not to be kept. */
  admit(bytes: number): boolean;
  /** Whether the sender has to wait with anything more already now. */
  isTight(): boolean;
}

/**
 * What a sender sends, for `for await`: as it comes, but what has come meanwhile in small pieces comes joined. Kept by itself
 * a piece of one byte takes a kilobyte, and a sender decides how many there are.
 */
export const joinedChunks = async function* (
  req: IncomingMessage,
  taker: ChunkTaker,
  turns: PieceTurns,
): AsyncGenerator<JoinedChunk> {
  const waiting = new Waiting();
  // The socket rests, not the request: that would keep piece by piece what is still to come of what was read from the socket.
  const sender = turns.join(req.socket);
  let end: { readonly error?: Error } | undefined;
  let wake = (): void => undefined;
  const isEnough = (): boolean =>
    waiting.bytes >= ENOUGH || waiting.pieces >= MANY_PIECES || (waiting.bytes > 0 && taker.isTight());
  const take = (chunk: Buffer): void => {
    sender.came(chunk.length);
    if (!taker.admit(chunk.length)) return;
    waiting.add(chunk);
    if (isEnough()) sender.fill(true);
    wake();
  };
  const over = (error?: Error): void => {
    end ??= error === undefined ? {} : { error };
    sender.fill(false);
    wake();
  };
  const cutOff = (): void => over(new Error('The connection broke.'));
  req.on('data', take).on('end', over).on('error', over).on('close', cutOff);
  const next = async (): Promise<JoinedChunk | undefined> => {
    for (;;) {
      const chunk = waiting.take();
      if (chunk !== undefined || (end !== undefined && end.error === undefined)) return chunk;
      if (end?.error !== undefined) throw end.error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  try {
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
      yield chunk;
      if (waiting.bytes < LITTLE && !isEnough()) sender.fill(false);
    }
  } finally {
    req.off('data', take).off('end', over).off('error', over).off('close', cutOff);
    sender.leave();
  }
};

class Waiting {
  bytes = 0;
  pieces = 0;
  private readonly whole: JoinedChunk[] = [];
  private joined: Buffer = Buffer.alloc(0);
  private length = 0;
  private joinedPieces = 0;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.pieces++;
    if (chunk.length > SMALL) {
      this.endJoined();
      this.whole.push({ bytes: chunk, pieces: 1 });
      return;
    }
    this.joined = roomFor(this.joined, this.length, this.length + chunk.length);
    chunk.copy(this.joined, this.length);
    this.length += chunk.length;
    this.joinedPieces++;
  }

  take(): JoinedChunk | undefined {
    if (this.whole.length === 0) this.endJoined();
    const chunk = this.whole.shift();
    this.bytes -= chunk?.bytes.length ?? 0;
    this.pieces -= chunk?.pieces ?? 0;
    return chunk;
  }

  private endJoined(): void {
    if (this.length === 0) return;
    this.whole.push({ bytes: this.joined.subarray(0, this.length), pieces: this.joinedPieces });
    this.joined = Buffer.alloc(0);
    this.length = 0;
    this.joinedPieces = 0;
  }
}
