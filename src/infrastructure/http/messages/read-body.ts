import type { IncomingMessage } from 'node:http';
import { Loan, SHARE_OF_ARRIVING, type Budget } from '../../../application/budget.js';
import { closing, Problem } from '../problem.js';
import type { PieceSender, PieceTurns } from './piece-turns.js';
import { roomFor } from './room-for.js';

export interface BodyLimits {
  readonly bytes: number;
  /** From the end of the headers to the end of the body, however steadily it drips. */
  readonly timeoutMs: number;
  /** Of what is kept until the rest has come. */
  readonly budget: Budget;
  /** Of reading what comes in pieces. */
  readonly pieces: PieceTurns;
}

/**
 * Reads a small body whole. A callback instead of a promise and no decoding, parsing or inflating: this runs for
 * every message. `done` is called once, or never when the client went away.
 */
export const readBody = (req: IncomingMessage, limits: BodyLimits, done: BodyListener): void => {
  const refusal = refusedByHeaders(req, limits);
  if (refusal !== undefined) return done(refusal, nothing);
  const reading = new BodyReading(req, limits, done);
  underWay.add(reading);
  sweeper ??= setInterval(sweep, SWEEP_MS).unref();
};

type BodyListener = (problem: Problem | undefined, body: Buffer) => void;

class BodyReading {
  private readonly deadline: number;
  private body = nothing;
  private length = 0;
  /** Only of a body that comes in pieces: they are kept joined, as each by itself takes far more than its bytes. */
  private loan: Loan | undefined;
  /** Only of one that may cut it as small as he likes. */
  private readonly sender: PieceSender | undefined;

  constructor(
    private readonly req: IncomingMessage,
    private readonly limits: BodyLimits,
    private readonly done: BodyListener,
  ) {
    this.deadline = performance.now() + limits.timeoutMs;
    if (req.headers['transfer-encoding'] !== undefined) this.sender = limits.pieces.join(req.socket);
    req.on('data', this.take);
    req.on('end', this.end);
  }

  /** Called every now and then: gives up what takes too long, forgets what nobody waits for any more. */
  check(now: number): void {
    if (this.req.destroyed) this.forget();
    else if (now >= this.deadline) this.giveUp(tooSlow(this.limits));
  }

  private readonly take = (chunk: Buffer): void => {
    const { length } = this;
    this.sender?.came(chunk.length);
    this.length += chunk.length;
    if (this.length > this.limits.bytes) return this.giveUp(tooLarge(this.limits));
    if (length === 0) this.body = chunk;
    else this.body = roomFor(this.body, length, this.length);
    if (length > 0) chunk.copy(this.body, length);
    else if (chunk.length === Number(this.req.headers['content-length'])) return;
    this.loan ??= new Loan(this.limits.budget, SHARE_OF_ARRIVING);
    if (!this.loan.hold(this.body.length)) this.giveUp(noRoom(this.limits));
  };

  private readonly end = (): void => {
    this.forget();
    this.done(undefined, this.length === this.body.length ? this.body : this.body.subarray(0, this.length));
  };

  private giveUp(problem: Problem): void {
    this.forget();
    this.body = nothing;
    this.req.removeListener('data', this.take);
    this.req.removeListener('end', this.end);
    // What still arrives is read and forgotten, so that the client gets to see the answer.
    this.req.resume();
    this.done(problem, nothing);
  }

  private forget(): void {
    underWay.delete(this);
    this.loan?.end();
    this.sender?.leave();
  }
}

const SWEEP_MS = 250;

/** One timer for all bodies, instead of one to start and stop for each message. */
const underWay = new Set<BodyReading>();
let sweeper: NodeJS.Timeout | undefined;

const sweep = (): void => {
  const now = performance.now();
  for (const reading of underWay) reading.check(now);
  if (underWay.size > 0) return;
  clearInterval(sweeper);
  sweeper = undefined;
};

const nothing: Buffer = Buffer.alloc(0);

const refusedByHeaders = (req: IncomingMessage, limits: BodyLimits): Problem | undefined => {
  if (Number(req.headers['content-length'] ?? 0) > limits.bytes) return tooLarge(limits);
  return refusedEncoding(req);
};

export const refusedEncoding = ({ headers }: IncomingMessage): Problem | undefined => {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return undefined;
  const detail = `Send the body as it is, not encoded as ${encoding.slice(0, 64)}.`;
  return new Problem('unsupported-content-encoding', detail, undefined, closing);
};

const tooLarge = ({ bytes }: BodyLimits): Problem =>
  new Problem(
    'body-too-large',
    `A message has at most ${bytes} bytes; send many as application/x-ndjson.`,
    undefined,
    closing,
  );

export const tooSlow = ({ timeoutMs }: Pick<BodyLimits, 'timeoutMs'>): Problem =>
  new Problem(
    'request-timeout',
    `The body did not arrive within ${timeoutMs / 1000} seconds.`,
    undefined,
    closing,
  );

const noRoom = ({ budget }: BodyLimits): Problem =>
  new Problem('overloaded', `Too much is on its way already: ${budget.described}.`, undefined, closing);
