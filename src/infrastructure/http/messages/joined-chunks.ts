import type { IncomingMessage } from 'node:http';
import { roomFor } from './room-for.js';

/** Beyond this the sender has to wait until somebody takes what has come. */
const ENOUGH = 64 * 1024;
/** What is larger is kept as it is. */
const SMALL = 4096;

/**
 * What a sender sends, for `for await`: as it comes, but what has come meanwhile in small pieces comes joined. Kept by itself
 * a piece of one byte takes a kilobyte, and a sender decides how many there are.
 */
export const joinedChunks = async function* (req: IncomingMessage): AsyncGenerator<Buffer> {
  const waiting = new Waiting();
  const { socket } = req;
  let end: { readonly error?: Error } | undefined;
  let wake = (): void => undefined;
  // The socket rests, not the request: that would keep piece by piece what is still to come of what was read from the socket.
  // Node lets the socket go on a tick after each piece, so this comes after that.
  let isResting = false;
  const rest = (): void => {
    if (waiting.bytes < ENOUGH || end !== undefined) return;
    isResting = true;
    socket.pause();
  };
  const goOn = (): void => {
    if (isResting) socket.resume();
    isResting = false;
  };
  const take = (chunk: Buffer): void => {
    if (waiting.bytes < ENOUGH && waiting.bytes + chunk.length >= ENOUGH) setImmediate(rest);
    waiting.add(chunk);
    wake();
  };
  const over = (error?: Error): void => {
    end ??= error === undefined ? {} : { error };
    wake();
  };
  const cutOff = (): void => over(new Error('The connection broke.'));
  req.on('data', take).on('end', over).on('error', over).on('close', cutOff);
  const next = async (): Promise<Buffer | undefined> => {
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
      if (waiting.bytes < ENOUGH) goOn();
    }
  } finally {
    req.off('data', take).off('end', over).off('error', over).off('close', cutOff);
    goOn();
  }
};

class Waiting {
  bytes = 0;
  private readonly whole: Buffer[] = [];
  private joined: Buffer = Buffer.alloc(0);
  private length = 0;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (chunk.length > SMALL) {
      this.endJoined();
      this.whole.push(chunk);
      return;
    }
    this.joined = roomFor(this.joined, this.length, this.length + chunk.length);
    chunk.copy(this.joined, this.length);
    this.length += chunk.length;
  }

  take(): Buffer | undefined {
    if (this.whole.length === 0) this.endJoined();
    const chunk = this.whole.shift();
    this.bytes -= chunk?.length ?? 0;
    return chunk;
  }

  private endJoined(): void {
    if (this.length === 0) return;
    this.whole.push(this.joined.subarray(0, this.length));
    this.joined = Buffer.alloc(0);
    this.length = 0;
  }
}
