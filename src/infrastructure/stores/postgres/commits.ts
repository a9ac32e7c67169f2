import type { Change, Head, HeadRequest } from '../../../application/ports/event-store.js';
import { laneOf } from '../../../application/ingest/lanes.js';
import { flatCopy } from '../own-copies.js';
import { changeRows, unheardRocket } from '../relational/change-rows.js';
import { HeadCache } from '../relational/head-cache.js';
import { headOf, isEnough } from '../relational/heads.js';
import type { StoredRocket } from '../relational/rocket-rows.js';
import { countChange, countEvent, type Deltas } from '../relational/totals.js';
import { eventFormat, textOf } from './events.js';
import { readHeads, type LoadedHead, type PartRow } from './head-reader.js';
import type { Hold } from './held-lanes.js';
import type { PostgresParts } from './postgres-parts.js';
import { commitCall, type WrittenChange } from './write-order.js';

/** Whoever has come second so often decides under the locks. */
const MISSES = 3;
const MOST_COUNTED = 10_000;

/** The writing side: the heads that decisions are made on, and the commits. */
export class Commits {
  private readonly cache: HeadCache;
  /** How often in a row a channel had moved. */
  private readonly misses = new Map<string, number>();

  constructor(private readonly parts: PostgresParts) {
    this.cache = new HeadCache(parts.options.heads);
    parts.onTakeover = () => this.cache.clear();
  }

  /** What is known may be behind what another instance wrote: then the commit says so, where there comes to be one. */
  async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    const heads: (Head | undefined)[] = requests.map((request) => {
      const known = request.fresh ? undefined : this.cache.get(request.channel);
      return known && isEnough(known, request) ? headOf(request, known, undefined, eventFormat) : undefined;
    });
    const unknown = requests.filter((_, i) => heads[i] === undefined);
    if (unknown.length > 0) {
      const fresh = (await this.loadFresh(unknown)).values();
      heads.forEach((head, i) => (heads[i] = head ?? fresh.next().value));
    }
    return heads as Head[];
  }

  /** Each channel's changes follow on one another, so no call has two of one. */
  async commit(changes: readonly Change[]): Promise<Head[]> {
    const stale = new Set<Change>();
    for (const together of withoutRepeats(changes)) {
      for (const change of await this.writeAll(together)) stale.add(change);
    }
    if (stale.size === 0) return [];
    const moved = changes.filter((change) => stale.has(change));
    const isSecond = this.isAlwaysSecond(moved);
    return isSecond && this.parts.held.isFree ? this.loadUnderLocks(moved) : this.loadFresh(moved);
  }

  /** What is held is written first, and lets go of its locks: the rest may need the same lanes. */
  private async writeAll(changes: readonly Change[]): Promise<Change[]> {
    const holds = new Map<Hold | undefined, Change[]>();
    for (const change of changes) {
      const hold = this.parts.held.of(change.channel);
      const held = holds.get(hold);
      if (held === undefined) holds.set(hold, [change]);
      else held.push(change);
    }
    const free = holds.get(undefined);
    holds.delete(undefined);
    const moved: Change[] = [];
    for (const [hold, held] of holds) moved.push(...(await this.write(held, hold)));
    if (free !== undefined) moved.push(...(await this.write(free, undefined)));
    return moved;
  }

  private isAlwaysSecond(moved: readonly Change[]): boolean {
    let isSecond = false;
    if (this.misses.size > MOST_COUNTED) this.misses.clear();
    for (const { channel } of moved) {
      const misses = (this.misses.get(channel) ?? 0) + 1;
      this.misses.set(channel, misses);
      isSecond ||= misses >= MISSES;
    }
    return isSecond;
  }

  private async loadUnderLocks(moved: readonly Change[]): Promise<Head[]> {
    const channels = moved.map(({ channel }) => channel);
    const lanes = [...new Set(channels.map(laneOf))].sort((a, b) => a - b);
    const loaded = await this.parts.held.readUnder<PartRow, LoadedHead[]>(lanes, channels, (read) =>
      readHeads(read, moved),
    );
    return this.known(loaded);
  }

  private async loadFresh(requests: readonly HeadRequest[]): Promise<Head[]> {
    return this.known(await this.read(requests));
  }

  private known(loaded: readonly LoadedHead[]): Head[] {
    return loaded.map(({ head, rocket }) => {
      if (rocket !== undefined) this.cache.put(rocket);
      return head;
    });
  }

  private read(requests: readonly HeadRequest[]): Promise<LoadedHead[]> {
    return readHeads((sql, values) => this.parts.writes.ask(sql, values), requests);
  }

  /** Answers what has moved; everything else is in the database when it is over. */
  private async write(changes: readonly Change[], hold: Hold | undefined): Promise<Change[]> {
    const before = await this.rocketsOf(changes);
    const moved: Change[] = [];
    const written: WrittenChange[] = [];
    const rockets: StoredRocket[] = [];
    for (const [i, change] of changes.entries()) {
      const rocket = before[i]!;
      if (rocket.revision !== change.revision) moved.push(change);
      else {
        const { after, rows } = changeRows(change, rocket, { textOf });
        written.push({ rows, lane: laneOf(change.channel), deltas: deltasOf(change, rocket, after) });
        rockets.push(after);
      }
    }
    if (written.length === 0) {
      await hold?.giveUp();
      return moved;
    }
    const stale = await this.parts.commit(commitCall(written, this.parts.listenedMs), hold);
    for (const rocket of rockets) {
      if (stale.has(rocket.channel)) continue;
      this.cache.put(rocket);
      this.misses.delete(rocket.channel);
    }
    if (stale.size > 0) moved.push(...changes.filter(({ channel }) => stale.has(channel)));
    return moved;
  }

  /** As far as each has the revision that its change was decided on. */
  private async rocketsOf(changes: readonly Change[]): Promise<StoredRocket[]> {
    const known = changes.map(({ channel, revision }) => {
      const rocket = this.cache.get(channel);
      return rocket?.revision === revision ? rocket : undefined;
    });
    const found = await this.find(
      changes.filter((change, i) => known[i] === undefined && change.revision > 0),
    );
    const rockets: StoredRocket[] = [];
    for (const [i, { channel, revision }] of changes.entries()) {
      const rocket = known[i] ?? found.get(channel);
      if (rocket !== undefined) rockets.push(rocket);
      else if (revision > 0) rockets.push(unheardRocket(0, channel));
      else rockets.push(unheardRocket(await this.parts.ids.next(), flatCopy(channel)));
    }
    return rockets;
  }

  private async find(unknown: readonly Change[]): Promise<ReadonlyMap<string, StoredRocket | undefined>> {
    if (unknown.length === 0) return new Map();
    const read = await this.read(unknown.map(({ channel }) => ({ channel, numbers: [] })));
    return new Map(unknown.map(({ channel }, i) => [channel, read[i]!.rocket]));
  }
}

const withoutRepeats = (changes: readonly Change[]): Change[][] => {
  const parts: Change[][] = [];
  let part: Change[] = [];
  let channels = new Set<string>();
  for (const change of changes) {
    if (part.length === 0 || channels.has(change.channel)) {
      parts.push((part = []));
      channels = new Set();
    }
    part.push(change);
    channels.add(change.channel);
  }
  return parts;
};

const deltasOf = (change: Change, before: StoredRocket, after: StoredRocket): Deltas => {
  const deltas: Deltas = new Map();
  countChange(deltas, before, after);
  for (const { event } of change.events) countEvent(deltas, event);
  return deltas;
};
