import type { RocketMessage } from '../../domain/rocket-message.js';
import type { Change } from '../ports/event-store.js';
import { traceFields, type SpanAttributes, type TraceContext, type Tracing } from '../ports/tracing.js';
import { commitSpan, MessageTrace, type TracedCommit } from './message-trace.js';
import type { Outcome } from './outcome.js';
import type { Arrival, ChannelWork } from './reorder-buffer.js';

/** Of so many messages, the last ones, the trace is known here when their turn comes or they are delivered. */
const MOST_REMEMBERED = 10_000;

interface Remembered {
  readonly context: TraceContext;
  /** While it waits for a gap: since when, as `Tracing.now` has it. */
  waitingSince: number | undefined;
}

/**
 * The traces of messages that are recorded: while they are on their way, and for some time afterwards, because what waits for
 * a gap becomes history later, and what is history is delivered later. What is remembered is this instance's own and ends with
 * it: nothing that is stored knows of traces.
 */
export class MessageTraces {
  /** By channel and number, the oldest first. */
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    readonly tracing: Tracing,
    /** What a commit is told by. */
    private readonly store: SpanAttributes = {},
    private readonly most = MOST_REMEMBERED,
  ) {}

  /** A message was taken that belongs to `parent`. */
  begin(message: RocketMessage, parent: TraceContext): MessageTrace {
    const key = keyOf(message.channel, message.number);
    const isFirst = !this.remembered.has(key);
    const ended = (outcome: Outcome['outcome'] | undefined, at: number): void => {
      if (isFirst) this.ended(key, outcome, at);
    };
    const trace = new MessageTrace(this.tracing, parent, message, ended);
    // What is committed may be delivered before its sender is told.
    if (isFirst) this.remember(key, trace.span);
    return trace;
  }

  /** Where the way of this message was recorded. */
  contextOf(channel: string, number: number): TraceContext | undefined {
    return this.remembered.size === 0 ? undefined : this.remembered.get(keyOf(channel, number))?.context;
  }

  /** By a worker. */
  taken(work: readonly ChannelWork[]): void {
    let at: number | undefined;
    for (const { arrivals } of work) {
      for (const { trace } of arrivals) trace?.taken((at ??= this.tracing.now()));
    }
  }

  /** Undefined where it is of nobody's interest: what is under way is remembered. */
  committing(changes: readonly Change[]): TracedCommit | undefined {
    if (this.remembered.size === 0) return undefined;
    return { began: this.tracing.now(), rockets: changes.length, store: this.store };
  }

  /** What these arrivals brought about is written, or nothing had to be. Without a commit, nobody knows when it began. */
  settled(change: Change | undefined, arrivals: readonly Arrival[], commit?: TracedCommit): void {
    if (change === undefined || this.remembered.size === 0) return;
    let closer: TraceContext | undefined;
    for (const { trace } of arrivals) {
      if (trace === undefined || commit === undefined) continue;
      trace.committed(commit, this.tracing.now());
      closer ??= trace.span;
    }
    for (const number of change.released) this.released(keyOf(change.channel, number), closer, commit);
  }

  /** For the log. */
  fieldsOf(work: readonly ChannelWork[]): object {
    for (const { arrivals } of work) {
      for (const { trace } of arrivals) if (trace !== undefined) return traceFields(trace.span);
    }
    return {};
  }

  /** The turn of a message has come that waited for others. */
  private released(key: string, closer: TraceContext | undefined, commit: TracedCommit | undefined): void {
    const one = this.remembered.get(key);
    if (one?.waitingSince === undefined) return;
    const now = this.tracing.now();
    const links = closer && closer.traceId !== one.context.traceId ? [closer] : [];
    const wait = { startedAt: one.waitingSince, links };
    this.tracing.child(one.context, 'wait for gap', wait).end(commit?.began ?? now);
    if (commit !== undefined) commitSpan(this.tracing, one.context, commit).end(now);
    one.waitingSince = undefined;
  }

  private ended(key: string, outcome: Outcome['outcome'] | undefined, at: number): void {
    const one = this.remembered.get(key);
    if (one === undefined) return;
    if (outcome === 'buffered') one.waitingSince = at;
    // What stands under the number was brought by another message.
    else if (outcome !== 'applied' && outcome !== 'refused') this.remembered.delete(key);
  }

  private remember(key: string, context: TraceContext): void {
    this.remembered.set(key, { context, waitingSince: undefined });
    if (this.remembered.size <= this.most) return;
    for (const oldest of this.remembered.keys()) return void this.remembered.delete(oldest);
  }
}

const keyOf = (channel: string, number: number): string => `${channel}/${number}`;
