import type { Position } from '../../../application/ports/event-store.js';
import type {
  ParkedSequence,
  Subscription,
  SubscriptionStore,
} from '../../../application/ports/subscription-store.js';
import type { EventName, ExportLine } from './export-line.js';

/** Where subscriptions are imported into, behind the events that they are about. */
export interface ImportedSubscriptions extends Pick<SubscriptionStore, 'create' | 'save'> {
  readonly beginning: Position;
  /** Undefined when there is no such event. */
  positionOf(event: EventName): Promise<Position | undefined>;
}

type Line<Kind extends ExportLine['kind']> = Extract<ExportLine, { readonly kind: Kind }>;

/** Sequences that are written together. */
const BATCH = 1000;
const NO_SECRET = 'it was imported, and what signs its webhooks is never exported: give it a secret';

/** The subscriptions of an export, each with what it has parked behind it. */
export class SubscriptionImport {
  readonly counts = { subscriptions: 0, parked: 0 };
  private last: Subscription | undefined;
  private parked: ParkedSequence[] = [];

  constructor(private readonly store: ImportedSubscriptions) {}

  /** Answers what is wrong with the line. */
  async take(line: Line<'subscription' | 'parked'>): Promise<string | undefined> {
    return line.kind === 'subscription' ? this.subscription(line) : this.sequence(line);
  }

  async finish(): Promise<void> {
    if (this.last === undefined || this.parked.length === 0) return;
    this.last = await this.store.save(this.last, { put: this.parked });
    this.parked = [];
  }

  /** Whoever made the export may deliver it still, and what is sent unsigned is taken by nobody. */
  private async subscription(line: Line<'subscription'>): Promise<string | undefined> {
    await this.finish();
    const { name, types, channels, sink, createdAt, after, delivered, retried, lastError } = line;
    const position = await this.positionOf(after);
    if (position === undefined) return nowhere(after);
    const isSigned = sink.type === 'webhook';
    const { isPaused, pausedAs } = isSigned ? { isPaused: true, pausedAs: NO_SECRET } : line;
    const said = { name, types, channels, sink, createdAt, isPaused, pausedAs };
    this.last = { ...said, revision: 0, position, replays: 0, delivered, retried, lastError };
    if (!(await this.store.create(this.last, []))) return `${name} is there twice`;
    this.counts.subscriptions++;
    return undefined;
  }

  private async sequence(line: Line<'parked'>): Promise<string | undefined> {
    const { at, channel, number, since, tries, nextTryAt, what } = line;
    if (this.last === undefined) return 'there is no subscription before it';
    const position = await this.positionOf(at);
    if (position === undefined) return nowhere(at);
    this.parked.push({ channel, number, position, since, tries, nextTryAt, what });
    this.counts.parked++;
    if (this.parked.length >= BATCH) await this.finish();
    return undefined;
  }

  private async positionOf(event: EventName | null): Promise<Position | undefined> {
    return event === null ? this.store.beginning : this.store.positionOf(event);
  }
}

const nowhere = (event: EventName | null): string =>
  `there is no event ${event?.number} of ${event?.channel} before it`;
