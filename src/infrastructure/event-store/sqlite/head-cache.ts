import { EarlyList } from '../../../application/early-messages.js';
import type { Change, EarlyMessage, RocketState } from '../../../application/ports/event-store.js';
import { ownEarlyMessage, ownState } from '../own-copies.js';
import { flatCopy } from '../string-table.js';
import type { StoredHead } from './event-reader.js';

/** Replaced with each commit, so that whoever holds one keeps what it was given; only the early messages go on. */
export interface CachedHead {
  readonly channel: string;
  readonly revision: number;
  readonly state: RocketState;
  readonly early: EarlyList;
}

/** In heads and early messages, which weigh about the same. */
const CAPACITY = 100_000;
/** A channel with more early messages than this is read from the file each time. */
const MOST_EARLY = 50_000;

/** What is read at once of early messages: more of them would keep everybody waiting. */
const MOST_ROOM = 20_000;
/** Even when it is full: what was heard long ago is to make room for what is heard now. */
const LEAST_ROOM = 512;

const own = { keep: flatCopy };

/** The heads of the rockets that were heard last. It only saves reading: what counts is the revision in the file. */
export class HeadCache {
  /** The least recently used first. */
  private readonly heads = new Map<string, CachedHead>();
  private weight = 0;

  get(channel: string): CachedHead | undefined {
    const head = this.heads.get(channel);
    if (head === undefined) return undefined;
    if (this.isFilling) {
      this.heads.delete(channel);
      this.heads.set(channel, head);
    }
    return head;
  }

  /** How many early messages are worth reading. */
  get room(): number {
    return Math.max(LEAST_ROOM, Math.min(MOST_ROOM, CAPACITY - this.weight));
  }

  /** Who was heard last matters only when somebody may have to go. */
  private get isFilling(): boolean {
    return this.weight > CAPACITY / 2;
  }

  /** A head as it was read; an older one than we know is the answer to a question asked before the last commit. */
  put(channel: string, { revision, state, early, earlyComplete }: StoredHead): void {
    const known = this.heads.get(channel);
    if (!earlyComplete || (known !== undefined && known.revision >= revision)) return;
    this.drop(channel);
    const head: CachedHead = { channel, revision, state, early: earlyListOf(early) };
    this.keep(head);
  }

  /** The change is in the file. */
  committed(change: Change): void {
    const { channel, revision, added, released } = change;
    const before = this.heads.get(channel);
    if ((before?.revision ?? 0) !== revision) return this.drop(channel);
    const early = before?.early ?? new EarlyList();
    const weight = before === undefined ? 0 : weightOf(before);
    for (const message of added) early.add(ownEarlyMessage(channel, message, own));
    if (released.length > 0) early.releaseUpTo(released.at(-1)!);
    this.weight -= weight;
    if (before !== undefined && (this.isFilling || early.size > MOST_EARLY)) this.heads.delete(channel);
    if (early.size > MOST_EARLY) return;
    this.keep({ channel, revision: revision + 1, state: ownState(change, own), early });
  }

  clear(): void {
    this.heads.clear();
    this.weight = 0;
  }

  private keep(head: CachedHead): void {
    this.heads.set(head.channel, head);
    this.weight += weightOf(head);
    this.makeRoom();
  }

  private drop(channel: string): void {
    const head = this.heads.get(channel);
    if (head === undefined) return;
    this.heads.delete(channel);
    this.weight -= weightOf(head);
  }

  private makeRoom(): void {
    if (this.weight <= CAPACITY) return;
    for (const channel of this.heads.keys()) {
      if (this.weight <= CAPACITY) return;
      this.drop(channel);
    }
  }
}

export const earlyListOf = (early: Iterable<EarlyMessage>): EarlyList => {
  const list = new EarlyList();
  for (const message of early) list.add(message);
  return list;
};

const weightOf = ({ early }: CachedHead): number => 2 + early.size;
