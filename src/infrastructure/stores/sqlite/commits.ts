import type {
  Change,
  FeedBatch,
  Following,
  Head,
  HeadRequest,
  StoredEvent,
} from '../../../application/ports/event-store.js';
import { flatCopy } from '../own-copies.js';
import { changeRows, unheardRocket, type ChangeRows } from '../relational/change-rows.js';
import { HeadCache } from '../relational/head-cache.js';
import { headOf, isEnough } from '../relational/heads.js';
import { numberedEvents } from '../relational/rows.js';
import { rocketOf, type StoredRocket } from '../relational/rocket-rows.js';
import { countChange, countEvent, type Deltas } from '../relational/totals.js';
import type { Feed } from './feed.js';
import type { HeadRows } from './head-reader.js';
import type { Positions } from './positions.js';
import type { SqliteParts } from './sqlite-parts.js';

/** The writing side: the heads that decisions are made on, the commits, and who is told of them. */
export class Commits {
  private readonly cache: HeadCache;
  private listener: ((batch: FeedBatch) => void) | undefined;

  constructor(
    private readonly parts: SqliteParts,
    private readonly feed: Feed,
    private readonly positions: Positions,
  ) {
    this.cache = new HeadCache(parts.options.heads);
  }

  async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    this.parts.requireUsable();
    const known = requests.map(({ channel }) => this.cache.get(channel));
    const isComplete = requests.every((request, i) => known[i] !== undefined && isEnough(known[i], request));
    if (isComplete) return requests.map((request, i) => headOf(request, known[i], undefined, numberedEvents));
    // Only this goes to the thread: a request may be a whole change.
    const queries = requests.map(({ channel, numbers, skips }, i) => ({
      channel,
      numbers,
      skips,
      known: known[i],
    }));
    const rows = await this.parts.writing.heads(queries);
    // What was known may have moved while the rest was read beside it.
    const isSame = requests.every(({ channel }, i) => !known[i] || this.cache.get(channel) === known[i]);
    return isSame ? rows.map((parts, i) => this.headIn(requests[i]!, known[i], parts)) : this.load(requests);
  }

  /** One transaction, and one fsync, for all of them. */
  async commit(changes: readonly Change[]): Promise<Head[]> {
    if (changes.length === 0) return [];
    const moved = await this.parts.writing.exclusively(() => this.write(changes));
    const heads: Head[] = [];
    while (heads.length < moved.length) heads.push(...(await this.load(moved.slice(heads.length))));
    return heads;
  }

  follow(listener: (batch: FeedBatch) => void): Following {
    this.listener = listener;
    const stop = (): void => {
      if (this.listener === listener) this.listener = undefined;
    };
    return { from: this.positions.at(this.parts.ends.last), stop };
  }

  private headIn(request: HeadRequest, known: StoredRocket | undefined, rows: HeadRows): Head {
    if (known === undefined && rows.rocket === undefined)
      return headOf(request, undefined, undefined, numberedEvents);
    const rocket = known ?? rocketOf(rows.rocket!);
    if (known === undefined) this.cache.put(rocket);
    return headOf(request, rocket, rows, numberedEvents);
  }

  /** Answers what has moved; everything else is in the file when it is over. */
  private async write(changes: readonly Change[]): Promise<Change[]> {
    const { parts, cache } = this;
    parts.requireUsable();
    const before = await this.rocketsOf(changes);
    const { moved, written, rows, rockets, ...ends } = rowsOf(changes, before, parts.ends);
    if (rows.length === 0) return moved;
    const { deltas } = ends;
    try {
      const gaps = await parts.writing.write({ changes: rows, deltas, listened: parts.listenedMs });
      parts.ends.wrote({ ...ends, deltas: deltas.set('gaps', gaps) });
    } catch (error) {
      // A transaction that failed at its very end may be in the file all the same.
      cache.clear();
      await this.announceMissed(parts.readEnds());
      throw error;
    }
    for (const rocket of rockets.values()) cache.put(rocket);
    this.announce(written, rows);
    return moved;
  }

  private async rocketsOf(changes: readonly Change[]): Promise<(StoredRocket | undefined)[]> {
    const known = changes.map(({ channel }) => this.cache.get(channel));
    const unknown = changes.filter((_, i) => known[i] === undefined);
    if (unknown.length === 0) return known;
    const queries = unknown.map(({ channel }) => ({ channel, numbers: [] }));
    const rows: HeadRows[] = [];
    while (rows.length < queries.length)
      rows.push(...(await this.parts.writing.heads(queries.slice(rows.length))));
    const found = new Map(unknown.map(({ channel }, i) => [channel, rows[i]!.rocket]));
    return changes.map(({ channel }, i) => {
      const row = found.get(channel);
      return known[i] ?? (row && rocketOf(row));
    });
  }

  /** Tells who follows what was written, without asking the file again; times may be parts of whole requests. */
  private announce(changes: readonly Change[], rows: readonly ChangeRows[]): void {
    const { listener, positions } = this;
    if (listener === undefined) return;
    const events = changes.flatMap(({ channel, events, recordedAt }, i) =>
      events.map(({ number, event }, j): StoredEvent => {
        const position = positions.at(Number(rows[i]!.events[j]![0]));
        return { position, channel, number, event: { ...event, time: flatCopy(event.time) }, recordedAt };
      }),
    );
    if (events.length === 0) return;
    const next = events.at(-1)!.position;
    listener({ after: positions.at(positions.placeOf(next) - events.length), next, events });
  }

  /** What was written although the commit failed is told like everything else. */
  private async announceMissed(before: number): Promise<void> {
    const { listener, feed, positions } = this;
    const { last } = this.parts.ends;
    if (listener === undefined || last <= before) return;
    const after = positions.at(before);
    const { events, next } = await feed.read({ after, limit: last - before }, last);
    listener({ after, next, events });
  }
}

/** What changes write behind the ends there are; those that were decided on another revision have moved. */
const rowsOf = (
  changes: readonly Change[],
  before: readonly (StoredRocket | undefined)[],
  ends: { readonly last: number; readonly lastRocket: number },
) => {
  const moved: Change[] = [];
  const written: Change[] = [];
  const rows: ChangeRows[] = [];
  const rockets = new Map<string, StoredRocket>();
  const deltas: Deltas = new Map();
  let { last, lastRocket } = ends;
  changes.forEach((change, i) => {
    const { channel } = change;
    const rocket = rockets.get(channel) ?? before[i] ?? unheardRocket(lastRocket + 1, flatCopy(channel));
    if (rocket.revision !== change.revision) return void moved.push(change);
    if (rocket.revision === 0) lastRocket++;
    const made = changeRows(change, rocket, { position: last });
    last += change.events.length;
    countChange(deltas, rocket, made.after);
    for (const { event } of change.events) countEvent(deltas, event);
    written.push(change);
    rows.push(made.rows);
    rockets.set(channel, made.after);
  });
  return { moved, written, rows, rockets, deltas, last, lastRocket };
};
