import type { Clock } from '../../../application/ports/clock.js';
import type { NumberedEvent, ReceivedMessage } from '../../../application/ports/event-store.js';
import {
  hasGaps,
  type FrequentNames,
  type Gap,
  type GapPage,
  type GapPlace,
  type GapQuery,
  type MessagePage,
  type OverdueGap,
  type RocketDirectory,
  type RocketFilter,
  type RocketPage,
  type RocketPlace,
  type RocketQuery,
  type RocketSummary,
  type RocketTotals,
} from '../../../application/ports/rocket-directory.js';
import type { Rocket } from '../../../domain/rocket.js';
import { gapPageOf } from '../gap-page.js';
import { sortField, sortKey } from '../sort-key.js';
import { SortedList } from '../sorted-list.js';
import { lowerAscii } from '../text-order.js';
import type { WaitingList } from '../waiting-list.js';
import type { GapList } from './gap-list.js';
import { NameCounts } from './name-counts.js';
import { SortedView, type ViewRule } from './sorted-view.js';

/** Sorting in so many rockets takes a few milliseconds; then everything else has its turn. */
const SLICE = 256;
/** Looking at so many for a filter that has no order of its own takes about a millisecond. */
const SCAN = 4096;
/** What a place in an order takes. */
export const PLACE_BYTES = 64;
const MAX_PLACES = 4_000_000;
const MAX_VIEWS = 16;

/** What belongs to a rocket beside its state; undefined when there is none of it. */
export interface RocketParts {
  readonly waiting: WaitingList | undefined;
  readonly gaps: GapList | undefined;
  readonly late: WaitingList | undefined;
}

interface DirectoryEntry {
  readonly index: number;
  summary: RocketSummary;
  parts: RocketParts;
  gapCount: number;
  /** For how long a service had listened when the oldest gap opened. */
  oldestGap: number | undefined;
}

interface OldGap {
  readonly listened: number;
  readonly entry: DirectoryEntry;
}

/** Answers every listing from an order that is kept, never by sorting: a page of a million rockets costs a page. */
export class InMemoryRocketDirectory implements RocketDirectory {
  private readonly byChannel = new Map<string, DirectoryEntry>();
  private readonly entries: DirectoryEntry[] = [];
  /** The least recently used first. */
  private readonly views = new Map<string, SortedView<DirectoryEntry>>();
  private readonly byStatus = { 'awaiting-launch': 0, flying: 0, exploded: 0 };
  private readonly oldestGaps = new SortedList<OldGap>(
    (a, b) => a.listened - b.listened || a.entry.index - b.entry.index,
  );
  private incomplete = 0;
  private withGaps = 0;
  private gapCount = 0;
  private events = 0;
  private rulesBroken = 0;
  private readonly types = new NameCounts();
  private readonly missions = new NameCounts();
  private waitingCount = 0;
  private lateCount = 0;
  /** Who waits until there is room for another order. */
  private readonly waitingForRoom: (() => void)[] = [];

  constructor(
    private readonly clock: Pick<Clock, 'sleep'>,
    /** So many places may all orders have together, but for one that is alone. */
    private readonly maxPlaces = MAX_PLACES,
  ) {}

  /** What a rocket is from now on; the lists among its parts stay as they are from one put to the next. */
  put(summary: RocketSummary, parts: RocketParts, newEvents: readonly NumberedEvent[]): void {
    this.events += newEvents.length;
    for (const { event } of newEvents) if (event.type === 'MessageRefused') this.rulesBroken++;
    this.count(summary, 1);
    let entry = this.byChannel.get(summary.channel);
    if (entry === undefined) {
      entry = { index: this.entries.length, summary, parts, gapCount: 0, oldestGap: undefined };
      this.entries.push(entry);
      this.byChannel.set(summary.channel, entry);
      this.countNames(undefined, summary.rocket);
    } else {
      const before = entry.summary;
      this.count(before, -1);
      this.countNames(before.rocket, summary.rocket);
      entry.summary = summary;
      entry.parts = parts;
      for (const [key, view] of this.views) {
        view.note(entry, before);
        // To make it anew costs no more than to sort that in.
        if (view.readers === 0 && view.changes > Math.max(SCAN, view.size / 2)) this.views.delete(key);
      }
    }
    this.noteGaps(entry);
  }

  async find(channel: string): Promise<RocketSummary | undefined> {
    return this.byChannel.get(channel)?.summary;
  }

  async list(query: RocketQuery, signal?: AbortSignal): Promise<RocketPage> {
    const { sort, order, status, type, mission, hasGaps: gaps, complete, limit, after } = query;
    const key = JSON.stringify([sort, order, status, type, mission, gaps, complete]);
    return this.reading(
      key,
      () => rocketRule(query),
      (view) => this.page(view, filterOf(query), limit, after),
      signal,
    );
  }

  private async page(
    view: SortedView<DirectoryEntry>,
    has: (summary: RocketSummary) => boolean,
    limit: number,
    after: RocketPlace | undefined,
  ): Promise<RocketPage> {
    const rockets: RocketSummary[] = [];
    let shown = after;
    for (let last = after; ;) {
      let looked = 0;
      for (const { key, channel, entry } of view.after(last)) {
        // It may have changed since this listing was asked for and not be sorted in again.
        const isWanted = has(entry.summary);
        if (isWanted && rockets.length === limit) return { rockets, next: shown };
        last = { key, channel };
        if (isWanted) {
          rockets.push(entry.summary);
          shown = last;
        }
        if (++looked === SCAN) break;
      }
      if (looked < SCAN) return { rockets, next: undefined };
      await this.clock.sleep(0);
    }
  }

  async gaps({ channel, limit, after }: GapQuery, signal?: AbortSignal): Promise<GapPage> {
    if (channel !== undefined) return this.gapPage([channel], limit, after);
    return this.reading(
      'gaps',
      () => gapRule,
      (view) => this.gapPage(channelsOf(view, after?.channel), limit, after),
      signal,
    );
  }

  private gapPage(channels: Iterable<string>, limit: number, after: GapPlace | undefined): GapPage {
    const gaps: Gap[] = [];
    for (const name of channels) {
      for (const gap of this.gapsIn(name, after?.channel === name ? after.from : 0)) {
        gaps.push(gap);
        if (gaps.length > limit) return gapPageOf(gaps, limit);
      }
    }
    return gapPageOf(gaps, limit);
  }

  async overdueGaps(listened: number, limit: number): Promise<OverdueGap[]> {
    const found: OverdueGap[] = [];
    for (const { listened: since, entry } of this.oldestGaps) {
      if (since > listened) break;
      for (const [gap] of entry.parts.gaps!.page(0, entry.summary.version)) {
        if (gap.listened > listened) break;
        found.push({ channel: entry.summary.channel, to: gap.to, since: gap.since });
        if (found.length === limit) return found;
      }
    }
    return found;
  }

  async waiting(channel: string, { after = 0, limit }: MessagePage): Promise<ReceivedMessage[]> {
    return this.byChannel.get(channel)?.parts.waiting?.page(after, limit) ?? [];
  }

  async late(channel: string, { after = 0, limit }: MessagePage): Promise<ReceivedMessage[]> {
    return this.byChannel.get(channel)?.parts.late?.page(after, limit) ?? [];
  }

  async totals(): Promise<RocketTotals> {
    return {
      rockets: this.entries.length,
      byStatus: { ...this.byStatus },
      incomplete: this.incomplete,
      withGaps: this.withGaps,
      gaps: this.gapCount,
      events: this.events,
      rulesBroken: this.rulesBroken,
      waiting: this.waitingCount,
      late: this.lateCount,
    };
  }

  async silent(since: number): Promise<number> {
    const isSilent = filterOf({ silentSince: since });
    let silent = 0;
    for (let i = 0; i < this.entries.length; i++) {
      if (isSilent(this.entries[i]!.summary)) silent++;
      if (i % SCAN === SCAN - 1) await this.clock.sleep(0);
    }
    return silent;
  }

  async frequent(limit: number): Promise<FrequentNames> {
    return { types: this.types.most(limit), missions: this.missions.most(limit) };
  }

  private countNames(before: Rocket | undefined, after: Rocket): void {
    if (before === after) return;
    const [one, other] = [named(before), named(after)];
    this.types.move(one?.type, other?.type);
    this.missions.move(one?.mission, other?.mission);
  }

  private count(summary: RocketSummary, by: 1 | -1): void {
    this.byStatus[summary.rocket.status] += by;
    this.waitingCount += summary.waiting * by;
    this.lateCount += summary.late * by;
    if (!summary.rocket.complete) this.incomplete += by;
    if (hasGaps(summary)) this.withGaps += by;
  }

  private noteGaps(entry: DirectoryEntry): void {
    const { gaps } = entry.parts;
    this.gapCount += (gaps?.size ?? 0) - entry.gapCount;
    entry.gapCount = gaps?.size ?? 0;
    const oldest = gaps?.oldest?.listened;
    if (oldest === entry.oldestGap) return;
    if (entry.oldestGap !== undefined) this.oldestGaps.remove({ listened: entry.oldestGap, entry });
    if (oldest !== undefined) this.oldestGaps.insert({ listened: oldest, entry });
    entry.oldestGap = oldest;
  }

  private *gapsIn(channel: string, after: number): Generator<Gap> {
    const entry = this.byChannel.get(channel);
    if (entry?.parts.gaps === undefined) return;
    const { version, highestHeard } = entry.summary;
    for (const [{ from, to, since }, next] of entry.parts.gaps.page(after, version)) {
      yield { channel, from, to, since, waiting: (next?.from ?? highestHeard + 1) - to - 1 };
    }
  }

  /** Reads a view with every change in it that happened before it was asked for; meanwhile it is kept up to date. */
  private async reading<T>(
    key: string,
    rule: () => ViewRule,
    read: (view: SortedView<DirectoryEntry>) => T | Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    // Between the last look and the new view there must be no turn of anybody else.
    while (!this.views.has(key) && !this.makeRoom()) await this.roomLater(signal);
    const view = this.views.get(key) ?? new SortedView(this.entries, rule());
    this.views.delete(key);
    this.views.set(key, view);
    view.readers++;
    try {
      await this.settle(view);
      return await read(view);
    } finally {
      view.readers--;
      this.dropViews();
      this.waitingForRoom.shift()?.();
    }
  }

  private async settle(view: SortedView<DirectoryEntry>): Promise<void> {
    for (let left = view.unbuilt; left > SLICE; left -= SLICE) {
      view.build(SLICE);
      await this.clock.sleep(0);
    }
    for (let left = view.changes; left > SLICE; left -= SLICE) {
      view.settle(SLICE);
      await this.clock.sleep(0);
    }
    view.build(SLICE);
    view.settle(SLICE);
  }

  /** Whether an order of all rockets fits in beside those that are being read. */
  private makeRoom(): boolean {
    const places = this.dropViews(this.entries.length);
    return this.views.size === 0 || places <= this.maxPlaces;
  }

  private async roomLater(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((go) => this.waitingForRoom.push(go));
    if (signal?.aborted !== true) return;
    this.waitingForRoom.shift()?.();
    throw signal.reason;
  }

  /** Those that were asked for longest ago, but none that is being read; answers how many places there will be. */
  private dropViews(more = 0): number {
    let places = more;
    for (const view of this.views.values()) places += placesOf(view);
    for (const [key, view] of this.views) {
      if (this.views.size <= MAX_VIEWS && places <= this.maxPlaces) break;
      if (view.readers > 0) continue;
      this.views.delete(key);
      places -= placesOf(view);
    }
    return places;
  }
}

/** What is still to be sorted in counts as well, and what was before for its summary too. */
const placesOf = (view: SortedView<DirectoryEntry>): number => view.size + view.unbuilt + 4 * view.changes;

/** Filters that do not change from one request to the next have an order of their own. */
const rocketRule = ({ sort, order, status, type, mission, hasGaps, complete }: RocketQuery): ViewRule => ({
  has: filterOf({ status, type, mission, hasGaps, complete }),
  field: (summary) => sortField(summary, sort),
  key: (summary) => sortKey(summary, sort),
  descending: order === 'desc',
});

const filterOf = (filter: RocketFilter): ((summary: RocketSummary) => boolean) => {
  const conditions = conditionsOf(filter);
  return (summary) => conditions.every((holds) => holds(summary));
};

const conditionsOf = (filter: RocketFilter): ((summary: RocketSummary) => boolean)[] => {
  const { status, type, mission, complete, silentSince, text } = filter;
  const part = lowerAscii(text ?? '');
  const conditions: readonly (readonly [isAsked: boolean, holds: (summary: RocketSummary) => boolean])[] = [
    [status !== undefined, ({ rocket }) => status!.includes(rocket.status)],
    [type !== undefined, (summary) => launched(summary)?.type === type],
    [mission !== undefined, (summary) => launched(summary)?.mission === mission],
    [complete !== undefined, ({ rocket }) => rocket.complete === complete],
    [filter.hasGaps !== undefined, (summary) => hasGaps(summary) === filter.hasGaps],
    [
      silentSince !== undefined,
      ({ heardAt, rocket }) => heardAt < silentSince! && rocket.status !== 'exploded',
    ],
    [text !== undefined, (summary) => mentions(part, summary)],
  ];
  return conditions.flatMap(([isAsked, holds]) => (isAsked ? [holds] : []));
};

const launched = ({ rocket }: RocketSummary) => named(rocket);

const named = (rocket: Rocket | undefined) => (rocket?.status === 'awaiting-launch' ? undefined : rocket);

const mentions = (part: string, summary: RocketSummary): boolean =>
  [summary.channel, launched(summary)?.type, launched(summary)?.mission].some(
    (text) => text != null && lowerAscii(text).includes(part),
  );

const gapRule: ViewRule = {
  has: hasGaps,
  field: ({ channel }) => channel,
  key: ({ channel }) => channel,
  descending: false,
};

const channelsOf = function* (view: SortedView<DirectoryEntry>, from: string | undefined): Generator<string> {
  const after: RocketPlace | undefined = from === undefined ? undefined : { key: from, channel: from };
  if (from !== undefined) yield from;
  for (const { channel } of view.after(after)) yield channel;
};
