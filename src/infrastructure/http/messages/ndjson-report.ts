import { noOutcomes } from '../../../application/ingest/counters.js';
import type { Queued } from '../../../application/ingest/intake.js';
import type { Outcome } from '../../../application/ingest/outcome.js';
import type { InputError } from '../problem.js';

const MAX_ITEMS = 1000;
/** What one item takes beside its errors. */
const ITEM_BYTES = 250;
/** Errors name what was sent, which may be long: beyond so much the items do without. */
const MAX_ERROR_BYTES = 256 * 1024;

interface Item {
  readonly line: number;
  readonly outcome: Outcome['outcome'] | 'invalid';
  /** Whether sending the line again could end otherwise. */
  readonly retryable: boolean;
  readonly channel?: string;
  readonly number?: number;
  readonly rule?: Outcome['rule'];
  readonly detail?: string;
  readonly errors?: readonly InputError[];
}

/** `queued`: only where somebody else works the messages off. */
type Counts = Record<'received' | 'invalid' | Outcome['outcome'], number> & { queued?: number };

/** What became of the lines of a stream: how many of each kind, and the first of those with which something is wrong. */
export class NdjsonReport {
  readonly counts: Counts = { received: 0, ...noOutcomes(), invalid: 0 };
  private readonly items: Item[] = [];
  private omitted = 0;
  private errorBytes = 0;

  /** How many items there are. */
  get length(): number {
    return this.items.length;
  }

  /** About as much as it takes. */
  get bytes(): number {
    return this.items.length * ITEM_BYTES + this.errorBytes;
  }

  settled(line: number, outcome: Outcome | Queued): void {
    this.counts.received++;
    if (outcome.outcome === 'queued') {
      this.counts.queued = (this.counts.queued ?? 0) + 1;
      return;
    }
    this.counts[outcome.outcome]++;
    if (outcome.outcome !== 'refused' && outcome.outcome !== 'conflict') return;
    const { channel, number, rule } = outcome;
    this.list({ line, outcome: outcome.outcome, retryable: false, channel, number, rule });
  }

  invalid(line: number, detail: string, errors?: readonly InputError[]): void {
    this.counts.received++;
    this.counts.invalid++;
    this.list({ line, outcome: 'invalid', retryable: false, detail, errors: this.kept(errors) });
  }

  private kept(errors: readonly InputError[] | undefined): readonly InputError[] | undefined {
    if (errors === undefined || this.items.length >= MAX_ITEMS) return undefined;
    let bytes = 0;
    for (const { pointer = '', message } of errors) bytes += pointer.length + message.length;
    if (this.errorBytes + bytes > MAX_ERROR_BYTES) return undefined;
    this.errorBytes += bytes;
    return errors;
  }

  toJSON(): object {
    const itemsOmitted = this.omitted > 0 ? this.omitted : undefined;
    return { ...this.counts, items: this.items, itemsOmitted };
  }

  private list(item: Item): void {
    if (this.items.length < MAX_ITEMS) this.items.push(item);
    else this.omitted++;
  }
}
