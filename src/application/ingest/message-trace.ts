import type { RocketMessage } from '../../domain/rocket-message.js';
import type { Span, SpanAttributes, TraceContext, Tracing } from '../ports/tracing.js';
import type { Outcome } from './outcome.js';

/** What many messages went into the store with. */
export interface TracedCommit {
  /** A moment of `Tracing.now`. */
  readonly began: number;
  /** How many rockets it is about. */
  readonly rockets: number;
  /** Where it goes. */
  readonly store: SpanAttributes;
}

/** The way of one message through this instance, as spans: in its lane, being decided on, in its commit, told. */
export class MessageTrace {
  readonly span: Span;
  private readonly begunAt: number;
  private takenAt: number | undefined;

  constructor(
    private readonly tracing: Tracing,
    parent: TraceContext,
    { channel, number, report }: RocketMessage,
    private readonly ended: (outcome: Outcome['outcome'] | undefined, at: number) => void,
  ) {
    this.begunAt = tracing.now();
    this.span = tracing.child(parent, 'ingest message', {
      startedAt: this.begunAt,
      attributes: { 'rockets.channel': channel, 'rockets.number': number, 'rockets.type': report.type },
    });
  }

  /** By a worker. */
  taken(at: number): void {
    this.part('wait in lane', this.begunAt, at);
    this.takenAt = at;
  }

  committed(commit: TracedCommit, at: number): void {
    const { began } = commit;
    this.part('load and decide', this.takenAt ?? began, began);
    commitSpan(this.tracing, this.span, commit).end(at);
  }

  told({ outcome, rule, version, missing }: Outcome): void {
    const at = this.tracing.now();
    this.span.set({
      'rockets.outcome': outcome,
      'rockets.version': version,
      ...(rule && { 'rockets.rule': rule }),
      ...(missing && { 'rockets.missing': `${missing.from}-${missing.to}` }),
    });
    this.span.end(at);
    this.ended(outcome, at);
  }

  failed(why: string): void {
    const at = this.tracing.now();
    this.span.end(at, why);
    this.ended(undefined, at);
  }

  private part(name: string, startedAt: number, at: number): void {
    this.tracing.child(this.span, name, { startedAt }).end(at);
  }
}

export const commitSpan = (
  tracing: Tracing,
  parent: TraceContext,
  { began, rockets, store }: TracedCommit,
): Span => {
  // In memory nobody else is asked.
  const kind = 'db.system.name' in store ? 'client' : 'internal';
  const attributes = { ...store, 'rockets.commit.rockets': rockets };
  return tracing.child(parent, 'commit', { kind, startedAt: began, attributes });
};
