import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { Failure, reasonOf } from './failure.js';

/** No line of ours comes near it: what is longer has no line breaks at all. */
const MOST_BYTES_A_LINE = 64 * 1024 * 1024;
const NEWLINE = 10;

/** A file, or standard input, to be read once. */
export class Source {
  readonly name: string;
  /** Set when it could not be read. */
  failure: Failure | undefined;

  constructor(private readonly file: string | undefined) {
    this.name = file ?? 'standard input';
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const input = this.file === undefined ? process.stdin : createReadStream(this.file);
    try {
      for await (const chunk of input) yield chunk as Buffer;
    } catch (error) {
      this.failure = new Failure(`Cannot read ${this.name}: ${reasonOf(error)}.`);
      throw this.failure;
    }
  }

  /** Whole lines, as many at a time as came together. */
  async *blocks(): AsyncGenerator<Buffer> {
    let parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.chunks()) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end === 0) {
        parts.push(chunk);
        length += chunk.length;
        if (length > MOST_BYTES_A_LINE) throw this.fail(`${this.name} has no line breaks`);
        continue;
      }
      yield Buffer.concat([...parts, chunk.subarray(0, end)]);
      parts = [chunk.subarray(end)];
      length = chunk.length - end;
    }
    if (length > 0) yield Buffer.concat(parts);
  }

  async *lines(): AsyncGenerator<readonly string[]> {
    let line = 1;
    for await (const block of this.blocks()) {
      if (!isUtf8(block))
        throw this.fail(`${this.name}, line ${line + brokenLineOf(block)}: it is not UTF-8`);
      const lines = block.toString().replace(/\n$/, '').split('\n');
      line += lines.length;
      yield lines;
    }
  }

  private fail(why: string): Failure {
    return (this.failure = new Failure(`${why}.`));
  }
}

/** Counted from 0. */
const brokenLineOf = (block: Buffer): number => {
  let start = 0;
  for (let line = 0; ; line++) {
    const end = block.indexOf(NEWLINE, start);
    if (end === -1 || !isUtf8(block.subarray(start, end))) return line;
    start = end + 1;
  }
};
