import type { Position } from '../ports/event-store.js';
import type { ParkedChanges, ParkedSequence } from '../ports/subscription-store.js';

/**
 * What is set aside of one rocket: its events from a number on. They are not kept here, as they stand in its history; whoever
 * catches up reads them there.
 */
export interface Sequence {
  readonly channel: string;
  number: number;
  position: Position;
  /** The checkpoint stays behind this, until the sequence is parked or caught up. Undefined: it is parked. */
  before: Position | undefined;
  since: number;
  tries: number;
  /** By the clock on the wall, as it is kept; undefined: not by itself. */
  nextTryAt: number | undefined;
  what: string;
  /** So many go together next. */
  size: number;
  /** How many batches had been taken of this subscription when it failed last. */
  takenBefore: number;
  /** The row of it that is stored. */
  stored: ParkedSequence | undefined;
}

/** The rockets whose events do not go with those of the others, by channel. */
export class Sequences {
  /** They hold back the checkpoint. */
  readonly suspects = new Map<string, Sequence>();
  readonly parked = new Map<string, Sequence>();
  /** Parked, or changed since, and not stored yet. */
  private readonly changed = new Set<Sequence>();
  /** Parked, and caught up since; what is stored of it, if anything is, goes with the next checkpoint. */
  private readonly gone = new Set<string>();
  /** Nothing that is parked is due before. */
  private dueAt = -Infinity;

  /** `taken`: so many batches have been taken before. */
  constructor(stored: readonly ParkedSequence[], taken = 0) {
    for (const one of stored) this.parked.set(one.channel, { ...sequenceOf(one), takenBefore: taken });
  }

  has(channel: string): boolean {
    return this.suspects.has(channel) || this.parked.has(channel);
  }

  suspect(sequence: Sequence): void {
    this.suspects.set(sequence.channel, sequence);
  }

  /** It is written with the next checkpoint, which need not wait for it any more. */
  park(sequence: Sequence): void {
    sequence.before = undefined;
    this.suspects.delete(sequence.channel);
    this.parked.set(sequence.channel, sequence);
    this.note(sequence);
  }

  /** Something of it is another than before. */
  note(sequence: Sequence): void {
    if (sequence.before === undefined) this.changed.add(sequence);
    this.dueAt = -Infinity;
  }

  /** Nothing of it waits any more: its next event goes with those of the others. */
  remove(sequence: Sequence): void {
    const { channel } = sequence;
    this.suspects.delete(channel);
    this.changed.delete(sequence);
    if (this.parked.delete(channel)) this.gone.add(channel);
  }

  /** The parked one that has waited longest for its turn. */
  due(now: number): Sequence | undefined {
    if (now < this.dueAt) return undefined;
    let first: Sequence | undefined;
    for (const one of this.parked.values()) {
      if ((one.nextTryAt ?? Infinity) < (first?.nextTryAt ?? Infinity)) first = one;
    }
    this.dueAt = first?.nextTryAt ?? Infinity;
    return this.dueAt <= now ? first : undefined;
  }

  /** When the next one is due, as far as is known. */
  get nextDueAt(): number {
    return this.dueAt;
  }

  get hasChanged(): boolean {
    return this.changed.size + this.gone.size > 0;
  }

  /** What is to be stored now; `stored` says that it was. */
  takeChanges(): { readonly changes: ParkedChanges; readonly stored: () => void } {
    const sequences = [...this.changed];
    const put = sequences.map(rowOf);
    const drop = [...this.gone];
    const stored = (): void => {
      sequences.forEach((one, i) => {
        one.stored = put[i];
        this.changed.delete(one);
      });
      for (const channel of drop) this.gone.delete(channel);
    };
    return { changes: { put, drop }, stored };
  }

  /** Takes over what operators have written meanwhile: when it is tried again, and what of it is dropped. */
  merge(rows: readonly ParkedSequence[]): void {
    for (const row of rows) {
      const one = this.parked.get(row.channel);
      if (one === undefined || isSame(row, one.stored)) continue;
      const number = Math.max(row.number, one.number);
      Object.assign(one, sequenceOf(row), { number, takenBefore: one.takenBefore });
    }
    this.dueAt = -Infinity;
  }
}

const sequenceOf = (row: ParkedSequence): Sequence => ({
  ...row,
  nextTryAt: row.nextTryAt,
  before: undefined,
  size: 1,
  takenBefore: 0,
  stored: row,
});

const rowOf = ({ channel, number, position, since, tries, nextTryAt, what }: Sequence): ParkedSequence => ({
  channel,
  number,
  position,
  since,
  tries,
  ...(nextTryAt !== undefined && { nextTryAt }),
  what,
});

const isSame = (one: ParkedSequence, other: ParkedSequence | undefined): boolean =>
  other !== undefined &&
  one.number === other.number &&
  one.since === other.since &&
  one.tries === other.tries &&
  one.nextTryAt === other.nextTryAt;

export const leastTried = (sequences: Iterable<Sequence>): Sequence | undefined => {
  let least: Sequence | undefined;
  for (const one of sequences) if (least === undefined || one.tries < least.tries) least = one;
  return least;
};
