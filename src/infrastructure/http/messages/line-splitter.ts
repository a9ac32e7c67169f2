import { roomFor } from './room-for.js';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Room for a line as nearly all are; what was more is let go with its line. */
const USUAL_LINE = 4096;

/** A line stands from `start` to `end` in some bytes, its line break left out; `isWhole`: they are those of a chunk. */
export type TakeLine = (bytes: Buffer, start: number, end: number, isWhole: boolean) => void;

/**
 * Cuts chunks into lines. What is left of a chunk behind its last line break is copied, and of a line that is too long
 * only as much as shows that it is: nothing a sender does makes it keep more than one line.
 */
export class LineSplitter {
  private rest: Buffer;
  private restLength = 0;

  constructor(private readonly maxBytes: number) {
    this.rest = Buffer.allocUnsafe(0);
  }

  /** The bytes that are held for a line that has not ended yet. */
  get held(): number {
    return this.rest.length;
  }

  /** Takes the lines that end in this chunk; whenever one is taken, whoever asks may be given a pause. */
  *split(chunk: Buffer, take: TakeLine): Generator<void> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (this.restLength === 0) take(chunk, start, endOf(chunk, start, end), true);
      else this.takeRest(chunk.subarray(start, end), take);
      start = end + 1;
      yield;
    }
    this.keep(chunk.subarray(start));
  }

  /** The last line may have no line break. */
  finish(take: TakeLine): void {
    if (this.restLength > 0) this.takeRest(Buffer.alloc(0), take);
  }

  private takeRest(end: Buffer, take: TakeLine): void {
    this.keep(end);
    const { restLength } = this;
    this.restLength = 0;
    take(this.rest, 0, endOf(this.rest, 0, restLength), false);
    if (this.rest.length > USUAL_LINE) this.rest = Buffer.allocUnsafe(0);
  }

  /** One byte more than a line and its carriage return may have is enough to know that it is too long. */
  private keep(part: Buffer): void {
    const kept = part.subarray(0, Math.max(0, this.maxBytes + 2 - this.restLength));
    const length = this.restLength + kept.length;
    this.rest = roomFor(this.rest, this.restLength, length);
    kept.copy(this.rest, this.restLength);
    this.restLength = length;
  }
}

/** A carriage return before the line break is no part of the line. */
const endOf = (bytes: Buffer, start: number, end: number): number =>
  end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;

/** Asked of every line: all but the blank ones answer with their first byte. */
export const isBlank = (bytes: Buffer, start: number, end: number): boolean => {
  let at = start;
  while (at < end && isWhite(bytes[at])) at++;
  return at === end;
};

const isWhite = (byte: number | undefined): boolean => byte === 32 || byte === CARRIAGE_RETURN || byte === 9;
