import { isAscii } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Loan, SHARE_OF_ARRIVING } from '../../../application/budget.js';
import type { Counters } from '../../../application/ingest/counters.js';
import { Overloaded, ShuttingDown, type Intake, type Told } from '../../../application/ingest/intake.js';
import { ChangeRefused } from '../../../application/ports/event-store.js';
import { MessageTooLarge } from '../../../application/ports/message-queue.js';
import type { Span } from '../../../application/ports/tracing.js';
import type { RocketMessage } from '../../../domain/rocket-message.js';
import type { Caller } from '../../auth/caller.js';
import { problemOf } from '../error-handler.js';
import { foreignChannel } from '../gate.js';
import { closing, commonHeaders, Problem, sendProblem, writeProblemHead } from '../problem.js';
import { joinedChunks, type ChunkTaker, type JoinedChunk } from './joined-chunks.js';
import { isBlank, LineSplitter } from './line-splitter.js';
import { InvalidInput, readBodyMessage, readMessageAt } from './message-reader.js';
import { NdjsonReport } from './ndjson-report.js';
import { spanOf } from '../request-traces.js';
import { refusedEncoding, type BodyLimits } from './read-body.js';
import type { StreamTurns } from './stream-turns.js';

/** Messages of one stream that are on their way: as many as may be beside streams, since many of one rocket are stored as cheaply as one. */
const IN_FLIGHT = 8192;
/** Work is counted in bytes of good lines. Saying what is wrong with a line costs as much as reading so many. */
const BYTES_PER_REFUSAL = 2048;
const REFUSALS_AT_ONCE = 64;
/** A chunk costs this much before its first byte is looked at, and each piece in which it came so much. */
const BYTES_PER_CHUNK = 1024;
const BYTES_PER_PIECE = 128;
/** A chunk is there twice while it is worked through, as bytes and as text. */
const TAKEN_BY_BYTE = 2;
/** With so much of the budget in use, a sender goes on when what it sent is worked through, and is told of its lines in short. */
const TIGHT = 1 / 2;
/** An item of the answer. */
const BYTES_PER_ITEM = 128;
/** While the buffer is full, the message that found it so is offered again this often. */
const OFFER_AGAIN_MS = 5;
/** Of a stream that is recorded, so many messages are recorded one by one. */
const MOST_RECORDED = 100;
/** A sender that is told to stop is read for this long still: cut off while it sends, it might not see the answer. */
const LINGER_MS = 1000;

interface Postponed {
  readonly message: RocketMessage;
  readonly bytes: number;
  readonly refusal: Overloaded;
}

export const isNdjson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^\s*application\/(x-)?ndjson\b/i.test(contentType);

/**
 * `POST /messages` as `application/x-ndjson`: a stream of any length, one message a line. Each chunk waits until few
 * enough messages are on their way and until it is this stream's turn. Meanwhile the socket rests, which is all the
 * back-pressure a sender needs.
 *
 * It is answered at its end, or as soon as it fails and what was taken is stored; from then on the rest of it is read and
 * forgotten, so that a sender that does not look yet gets to see the answer.
 */
export class NdjsonIngest implements ChunkTaker {
  private readonly report = new NdjsonReport();
  private readonly lines: LineSplitter;
  private line = 0;
  private refusals = 0;
  private inFlight = 0;
  private readonly loan: Loan;
  /** Bytes that have come and are not worked through yet. */
  private unread = 0;
  /** Of the chunk under way those of messages. */
  private ofMessages = 0;
  /** Who waits until fewer are on their way. */
  private waiting: { readonly than: number; readonly go: () => void }[] = [];
  /** A message that found the buffer full. */
  private postponed: Postponed | undefined;
  private recorded = 0;
  private failure: Problem | undefined;
  private answered = false;

  constructor(
    private readonly intake: Intake,
    private readonly counters: Counters,
    private readonly limits: BodyLimits,
    private readonly turns: StreamTurns,
    private readonly req: IncomingMessage,
    private readonly res: ServerResponse,
    private readonly requestId: string,
    private readonly caller: Caller | undefined,
  ) {
    this.lines = new LineSplitter(limits.bytes);
    this.loan = new Loan(limits.budget, SHARE_OF_ARRIVING);
  }

  async run(): Promise<void> {
    const { req, res, requestId } = this;
    const refusal = refusedEncoding(req);
    if (refusal !== undefined) {
      req.resume();
      return sendProblem(res, refusal, requestId);
    }
    const forget = this.intake.onStop(() => this.stop());
    // Until then the answer may not be taken.
    res.once('close', () => this.loan.end());
    try {
      await this.read();
      await this.untilFewerThan(1);
      await this.turn(this.report.length * BYTES_PER_ITEM);
      this.answer();
    } catch (error) {
      // What is still on its way finds an answer that others have given.
      this.answered = true;
      // Whoever has hung up, or was hung up on, needs no answer.
      if (!req.destroyed) throw error;
    } finally {
      forget();
    }
  }

  private async read(): Promise<void> {
    let isWaiting = true;
    const idle = setTimeout(() => (isWaiting ? this.hangUpIdle() : idle.refresh()), this.limits.timeoutMs);
    try {
      for await (const chunk of joinedChunks(this.req, this, this.limits.pieces)) {
        isWaiting = false;
        if (!this.isOver) await this.takeChunk(chunk);
        this.unread -= chunk.bytes.length;
        this.weigh();
        isWaiting = true;
        idle.refresh();
      }
      if (!this.isOver) this.lines.finish((bytes, start, end) => this.takeLine(bytes, start, end));
      await this.offerAgain();
    } finally {
      clearTimeout(idle);
    }
  }

  admit(bytes: number): boolean {
    if (this.isOver) return false;
    this.unread += bytes;
    if (this.weigh()) return true;
    this.unread -= bytes;
    this.shed(new Overloaded(this.limits.budget.described));
    return false;
  }

  isTight(): boolean {
    return this.limits.budget.isUsed(TIGHT);
  }

  private weigh(): boolean {
    return this.loan.hold(TAKEN_BY_BYTE * this.unread + this.report.bytes + this.lines.held);
  }

  private async takeChunk({ bytes: chunk, pieces }: JoinedChunk): Promise<void> {
    await this.untilFewerThan(IN_FLIGHT);
    await this.turn(BYTES_PER_CHUNK + pieces * BYTES_PER_PIECE + chunk.length);
    if (this.isOver) return;
    this.ofMessages = 0;
    // Decoding a chunk whole costs far less than each line of it.
    const text = isAscii(chunk) ? chunk.toString('latin1') : undefined;
    const lines = this.lines.split(chunk, (bytes, start, end, isWhole) =>
      this.takeLine(bytes, start, end, isWhole ? text : undefined),
    );
    while (lines.next().done !== true) {
      if (this.postponed === undefined && this.refusals < REFUSALS_AT_ONCE) continue;
      await this.offerAgain();
      await this.turn(this.refusals * BYTES_PER_REFUSAL);
      this.refusals = 0;
      if (this.isOver) return;
    }
    // Each message keeps the text of the whole chunk alive until it is stored: of which it is little, it is waited for.
    if (2 * this.ofMessages < chunk.length) await this.untilFewerThan(1);
  }

  /** It has failed, or its sender has gone. That the response knows: the request is destroyed once all of it was read. */
  private get isOver(): boolean {
    return this.failure !== undefined || this.res.destroyed;
  }

  private takeLine(bytes: Buffer, start: number, end: number, text?: string): void {
    this.line++;
    if (this.failure !== undefined || isBlank(bytes, start, end)) return;
    if (end - start > this.limits.bytes) {
      return this.refuse(`The line is longer than ${this.limits.bytes} bytes.`);
    }
    const message =
      text === undefined
        ? readBodyMessage(bytes.subarray(start, end))
        : readMessageAt(text, bytes, start, end);
    if (message instanceof InvalidInput) this.refuse(message.message, message.errors);
    else {
      const foreign = foreignChannel(this.caller, message.channel);
      if (foreign === undefined) this.submit(message, end - start);
      else this.refuse(foreign);
    }
  }

  private refuse(detail: string, errors?: InvalidInput['errors']): void {
    this.refusals++;
    this.counters.turnedAway('invalid');
    this.report.invalid(this.line, detail, this.isTight() ? undefined : errors);
  }

  private submit(message: RocketMessage, bytes: number): void {
    this.ofMessages += bytes;
    const refusal = this.intake.submit(message, bytes, this.told, this.line, this.span());
    if (refusal === undefined) this.inFlight++;
    else if (refusal instanceof Overloaded) this.postponed = { message, bytes, refusal };
    else this.giveUp(problemOf(refusal));
  }

  /** For the next message. */
  private span(): Span | undefined {
    const span = spanOf(this.req);
    return span !== undefined && this.recorded++ < MOST_RECORDED ? span : undefined;
  }

  /** Many streams together fill any buffer: then each rests until there is room, and gives up only when none comes to anybody. */
  private async offerAgain(): Promise<void> {
    const { counters, limits } = this;
    let giveUpAt = Date.now() + limits.timeoutMs;
    let { received } = counters.messages;
    while (this.postponed !== undefined && this.failure === undefined) {
      if (Date.now() >= giveUpAt) {
        if (counters.messages.received === received) return this.shed(this.postponed.refusal);
        received = counters.messages.received;
        giveUpAt = Date.now() + limits.timeoutMs;
      }
      await pause(OFFER_AGAIN_MS);
      this.offerPostponed();
    }
  }

  /** Nothing is left of it when the stream was given up meanwhile. */
  private offerPostponed(): void {
    const { postponed } = this;
    if (postponed === undefined) return;
    this.postponed = undefined;
    this.submit(postponed.message, postponed.bytes);
  }

  private shed(refusal: Overloaded): void {
    this.counters.turnedAway('shed');
    this.giveUp(problemOf(refusal));
  }

  /** One function for all lines, told which one, instead of a function for each. */
  private readonly told: Told = (result, line) => {
    this.inFlight--;
    if (!(result instanceof Error)) this.report.settled(line, result);
    // That is for ever, and nobody else's trouble.
    else if (result instanceof ChangeRefused || result instanceof MessageTooLarge)
      this.report.invalid(line, result.message);
    else this.giveUp(problemOf(result));
    if (this.failure !== undefined) this.answerEarly();
    if (this.waiting.length > 0) this.goOn();
  };

  private goOn(): void {
    const ready = this.waiting.filter(({ than }) => this.inFlight < than);
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    for (const { go } of ready) go();
  }

  private async untilFewerThan(most: number): Promise<void> {
    if (this.inFlight < most) return;
    // Not at the first one: then a chunk would be worked through for each message that was stored.
    await new Promise<void>((go) => this.waiting.push({ than: Math.ceil(most / 2), go }));
  }

  private turn(bytes: number): Promise<void> {
    return this.turns.take(bytes, this.res);
  }

  /** A stream may last for hours, but a sender that stops in the middle is not waited for. */
  private hangUpIdle(): void {
    const detail = `Nothing arrived for ${this.limits.timeoutMs / 1000} seconds.`;
    this.giveUp(new Problem('request-timeout', detail));
    this.hangUp();
  }

  private stop(): void {
    this.giveUp(problemOf(new ShuttingDown()));
    setTimeout(() => this.hangUp(), LINGER_MS).unref();
  }

  /** Takes no more of it; it is answered when what was taken is stored. */
  giveUp(problem: Problem): void {
    this.failure ??= problem;
    this.postponed = undefined;
    this.answerEarly();
  }

  /** Nothing more of it is read; not before it is answered. */
  private hangUp(): void {
    const { req, res } = this;
    // Node forgets a request that was answered, and would not end the reading of it together with the connection.
    req.socket.once('close', () => req.destroy());
    void this.untilFewerThan(1).then(() => res.end());
  }

  private answerEarly(): void {
    const { res, failure, requestId, report } = this;
    if (failure === undefined || this.inFlight > 0 || this.answered) return;
    this.answered = true;
    this.recordCounts();
    const { code, message } = failure;
    const problem = new Problem(code, message, undefined, closing);
    res.write(writeProblemHead(res, problem, requestId, report.counts));
  }

  private recordCounts(): void {
    const { received, invalid } = this.report.counts;
    spanOf(this.req)?.set({ 'rockets.stream.messages': received, 'rockets.stream.invalid': invalid });
  }

  private answer(): void {
    const { res, requestId } = this;
    if (this.answered) return void res.end();
    this.recordCounts();
    const body = JSON.stringify(this.report);
    res.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'X-Request-Id': requestId,
      ...commonHeaders,
    });
    res.end(body);
  }
}
