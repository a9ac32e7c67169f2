import { isAscii } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Counters } from '../../application/counters.js';
import { ShuttingDown, type IngestMessages } from '../../application/ingest-messages.js';
import type { Outcome } from '../../application/outcome.js';
import type { RocketMessage } from '../../domain/rocket-message.js';
import { problemOf } from './error-handler.js';
import { InvalidInput, readBodyMessage, readMessageAt } from './message-reader.js';
import { NdjsonReport } from './ndjson-report.js';
import { closing, Problem, sendProblem, writeProblemHead, type InputError } from './problem.js';
import type { BodyLimits } from './read-body.js';
import type { StreamTurns } from './stream-turns.js';

/** Messages of one stream that are on their way: two batches, one that is stored and one that comes in. */
const IN_FLIGHT = 2048;
/** Work is counted in bytes of good lines. Saying what is wrong with a line costs as much as reading so many. */
const BYTES_PER_REFUSAL = 2048;
const REFUSALS_AT_ONCE = 64;
/** A chunk costs this much before its first byte is looked at: some senders write each line as a chunk of its own. */
const BYTES_PER_CHUNK = 1024;
/** An item of the answer. */
const BYTES_PER_ITEM = 128;
/** While the buffer is full, the message that found it so is offered again this often. */
const OFFER_AGAIN_MS = 5;
/** A sender that is told to stop is read for this long still: cut off while it sends, it might not see the answer. */
const LINGER_MS = 1000;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

export const isNdjson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^\s*application\/(x-)?ndjson\b/i.test(contentType);

/**
 * `POST /messages` as `application/x-ndjson`: a stream of any length, one message a line. Each chunk waits until few
 * enough messages are on their way and until it is this stream's turn, and is then worked through at once. Meanwhile
 * the socket rests, which is all the back-pressure a sender needs.
 */
export class NdjsonIngest {
  private readonly report = new NdjsonReport();
  private inFlight = 0;
  /** A message that found the buffer full. */
  private postponed: { readonly message: RocketMessage; readonly bytes: number } | undefined;
  private refusals = 0;
  private line = 0;
  /** The start of a line whose end has not arrived. */
  private rest: Buffer[] = [];
  private restLength = 0;
  /** The chunk that is being worked through. */
  private working: Promise<void> | undefined;
  private ended = false;
  /** Nothing more is taken. */
  private failure: Problem | undefined;
  private answered = false;
  /** Once it is answered, the sender is not waited for. */
  private hangingUp = false;
  private closed = false;
  private idle: NodeJS.Timeout | undefined;
  /** Set while too many messages are on their way: goes on, or answers when everything has been read. */
  private waiting: (() => void) | undefined;
  /** The turn that was asked for last. */
  private go = (): void => undefined;

  constructor(
    private readonly ingest: IngestMessages,
    private readonly counters: Counters,
    private readonly limits: BodyLimits,
    private readonly turns: StreamTurns,
    private readonly req: IncomingMessage,
    private readonly res: ServerResponse,
    private readonly requestId: string,
  ) {}

  run(): void {
    const { req, res, requestId } = this;
    const encoding = req.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      const problem = new Problem(
        'unsupported-content-encoding',
        'Send the lines as they are, not compressed.',
        undefined,
        closing,
      );
      req.resume();
      return sendProblem(res, problem, requestId);
    }
    this.watch();
    req.on('data', (chunk: Buffer) => this.takeChunk(chunk));
    req.on('end', () => void this.finish().then(() => this.answer()));
    const forget = this.ingest.onStop(() => this.stop());
    req.on('close', () => {
      this.closed = true;
      forget();
      clearTimeout(this.idle);
      if (!req.readableEnded) this.turns.leave(this.go);
    });
    // What a sender leaves behind unanswered must not pile up: only open connections have a chunk that waits.
    res.on('close', () => this.turns.leave(this.go));
  }

  /** Node tells the end together with the last chunk, paused or not: that chunk may still be worked on. */
  private async finish(): Promise<void> {
    await this.working;
    this.ended = true;
    if (this.restLength > 0) this.takeLine(Buffer.concat(this.rest));
    await this.offerAgain();
    if (this.inFlight > 0) await this.room();
    if (this.report.length > 0) await this.turn(this.report.length * BYTES_PER_ITEM);
  }

  private takeChunk(chunk: Buffer): void {
    clearTimeout(this.idle);
    if (this.failure !== undefined) return this.watch();
    this.req.pause();
    this.working = this.work(chunk);
    void this.working.then(() => {
      if (this.closed) return;
      this.watch();
      this.req.resume();
    });
  }

  /** Resolves when the next chunk may come. Whatever was waited for, going on takes a turn. */
  private async work(chunk: Buffer): Promise<void> {
    let start = 0;
    if (this.inFlight >= IN_FLIGHT) await this.room();
    await this.turn(BYTES_PER_CHUNK + chunk.length);
    const text = isAscii(chunk) ? chunk.toString('latin1') : undefined;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (this.restLength > 0) this.takeLine(this.joined(chunk.subarray(start, end)));
      else if (text === undefined) this.takeLine(chunk.subarray(start, end));
      else this.takeLineOf(chunk, text, start, end);
      start = end + 1;
      if (this.postponed !== undefined) {
        await this.offerAgain();
        await this.turn(chunk.length - start);
      }
      if (this.refusals >= REFUSALS_AT_ONCE) {
        await this.turn(this.refusals * BYTES_PER_REFUSAL);
        this.refusals = 0;
      }
    }
    this.keepRest(chunk.subarray(start));
  }

  private turn(bytes: number): Promise<void> {
    return new Promise((go) => {
      this.go = go;
      this.turns.take(bytes, go);
    });
  }

  private joined(end: Buffer): Buffer {
    const line = Buffer.concat([...this.rest, end], this.restLength + end.length);
    this.rest = [];
    this.restLength = 0;
    return line;
  }

  /** Keeps at most one byte more than a line and its carriage return may have: enough to know that it is too long. */
  private keepRest(part: Buffer): void {
    const kept = part.subarray(0, Math.max(0, this.limits.bytes + 2 - this.restLength));
    if (kept.length === 0) return;
    this.rest.push(kept);
    this.restLength += kept.length;
  }

  private takeLine(line: Buffer): void {
    const end = endOf(line, line.length);
    if (this.isTooLong(end) || isBlank(line, 0, end)) return;
    this.take(readBodyMessage(line), end);
  }

  /** Decoding a chunk whole costs far less than each line of it. */
  private takeLineOf(chunk: Buffer, text: string, start: number, newline: number): void {
    const end = endOf(chunk, newline);
    if (this.isTooLong(end - start) || isBlank(chunk, start, end)) return;
    this.take(readMessageAt(text, chunk, start, end), end - start);
  }

  private isTooLong(bytes: number): boolean {
    this.line++;
    if (bytes <= this.limits.bytes) return false;
    if (this.failure === undefined) this.invalid(`The line is longer than ${this.limits.bytes} bytes.`);
    return true;
  }

  private take(message: RocketMessage | InvalidInput, bytes: number): void {
    if (this.failure !== undefined) return;
    if (!(message instanceof InvalidInput)) this.submit(message, bytes);
    else this.invalid(message.message, message.errors);
  }

  private submit(message: RocketMessage, bytes: number): void {
    this.inFlight++;
    try {
      if (this.ingest.submit(message, bytes, this.settle, this.fail, this.line)) return;
      this.inFlight--;
      this.postponed = { message, bytes };
    } catch (error) {
      this.fail(error);
    }
  }

  /** Many streams together fill any buffer: then each rests until there is room, and gives up only when none comes to anybody. */
  private async offerAgain(): Promise<void> {
    const { counters, limits } = this;
    let giveUpAt = Date.now() + limits.timeoutMs;
    let received = counters.messages.received;
    while (this.postponed !== undefined) {
      if (Date.now() >= giveUpAt) {
        if (counters.messages.received === received) return this.shed();
        received = counters.messages.received;
        giveUpAt = Date.now() + limits.timeoutMs;
      }
      await pause(OFFER_AGAIN_MS);
      if (this.failure !== undefined) break;
      const { message, bytes } = this.postponed;
      this.postponed = undefined;
      this.submit(message, bytes);
    }
    this.postponed = undefined;
  }

  private shed(): void {
    this.postponed = undefined;
    this.counters.turnedAway('shed');
    this.giveUp(new Problem('overloaded', 'Too many messages are waiting to be stored.'));
  }

  /** One function for all lines, told which one, instead of a function for each. */
  private readonly settle = (outcome: Outcome, line: number): void => {
    this.inFlight--;
    this.report.settled(line, outcome);
    this.goOn();
    if (this.failure !== undefined) this.answerEarly();
  };

  private readonly fail = (error: unknown): void => {
    this.inFlight--;
    this.goOn();
    this.giveUp(problemOf(error));
  };

  private invalid(detail: string, errors?: readonly InputError[]): void {
    this.refusals++;
    this.counters.turnedAway('invalid');
    this.report.invalid(this.line, detail, errors);
  }

  private room(): Promise<void> {
    return new Promise((resolve) => (this.waiting = resolve));
  }

  private goOn(): void {
    if (this.waiting === undefined || this.inFlight > (this.ended ? 0 : IN_FLIGHT / 2)) return;
    const goOn = this.waiting;
    this.waiting = undefined;
    goOn();
  }

  /** A stream may last for hours, but a sender that stops in the middle is not waited for. */
  private watch(): void {
    this.idle = setTimeout(() => {
      this.hangingUp = true;
      const seconds = this.limits.timeoutMs / 1000;
      this.giveUp(new Problem('request-timeout', `Nothing arrived for ${seconds} seconds.`));
    }, this.limits.timeoutMs);
  }

  private stop(): void {
    this.giveUp(problemOf(new ShuttingDown()));
    setTimeout(() => {
      this.hangingUp = true;
      this.answerEarly();
    }, LINGER_MS).unref();
  }

  private giveUp(problem: Problem): void {
    this.failure ??= problem;
    this.answerEarly();
  }

  /** A sender that reads learns at once that it can save the rest; one that does not is read to its end. */
  private answerEarly(): void {
    const { res, failure } = this;
    if (failure === undefined || this.inFlight > 0 || this.ended || this.closed) return;
    if (!this.answered) {
      this.answered = true;
      const { code, message } = failure;
      const problem = new Problem(code, message, undefined, closing);
      res.write(writeProblemHead(res, problem, this.requestId, this.report.counts));
    }
    if (this.hangingUp) res.end();
  }

  private answer(): void {
    const { req, res, requestId } = this;
    clearTimeout(this.idle);
    if (res.destroyed || req.errored) return;
    if (this.answered) return void res.end();
    if (this.failure !== undefined) return sendProblem(res, this.failure, requestId, this.report.counts);
    const body = JSON.stringify(this.report);
    res.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'X-Request-Id': requestId,
    });
    res.end(body);
  }
}

/** A carriage return before the newline is no part of the line. */
const endOf = (chunk: Buffer, newline: number): number =>
  chunk[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;

/** Asked of every line: all but the blank ones answer with their first byte. */
const isBlank = (chunk: Buffer, start: number, end: number): boolean => {
  let at = start;
  while (at < end && isWhite(chunk[at])) at++;
  return at === end;
};

const isWhite = (byte: number | undefined): boolean => byte === 32 || byte === CARRIAGE_RETURN || byte === 9;
