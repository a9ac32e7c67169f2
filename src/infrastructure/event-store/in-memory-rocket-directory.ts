import type { EarlyMessages } from '../../application/early-messages.js';
import { gapPageOf, gapsOf, type GapRange } from '../../application/gaps.js';
import type { Clock } from '../../application/ports/clock.js';
import type {
  Gap,
  GapPage,
  GapQuery,
  RocketDirectory,
  RocketPage,
  RocketQuery,
  RocketSummary,
  RocketTotals,
} from '../../application/ports/rocket-directory.js';
import { sortField, sortKey } from './sort-key.js';
import { SortedView, type ViewRule } from './sorted-view.js';

/** Sorting in so many rockets takes a few milliseconds; then everything else has its turn. */
const SLICE = 256;
/** A million places take about 60 MB. */
const MAX_PLACES = 4_000_000;
const MAX_VIEWS = 16;

interface DirectoryEntry {
  readonly index: number;
  summary: RocketSummary;
  early: EarlyMessages;
}

/** Answers every listing from an order that is kept, never by sorting: a page of a million rockets costs a page. */
export class InMemoryRocketDirectory implements RocketDirectory {
  private readonly byChannel = new Map<string, DirectoryEntry>();
  private readonly entries: DirectoryEntry[] = [];
  /** The least recently used first. */
  private readonly views = new Map<string, SortedView<DirectoryEntry>>();
  private readonly byStatus = { 'awaiting-launch': 0, flying: 0, exploded: 0 };
  private incomplete = 0;
  private events = 0;
  private buffered = 0;
  private withGaps = 0;

  constructor(private readonly clock: Pick<Clock, 'sleep'>) {}

  /** What a rocket is from now on; `early` stays as it is from one put to the next. */
  put(summary: RocketSummary, early: EarlyMessages, newEvents: number): void {
    this.events += newEvents;
    this.count(summary, 1);
    const entry = this.byChannel.get(summary.channel);
    if (entry === undefined) {
      const fresh = { index: this.entries.length, summary, early };
      this.entries.push(fresh);
      this.byChannel.set(summary.channel, fresh);
      return;
    }
    const before = entry.summary;
    this.count(before, -1);
    entry.summary = summary;
    entry.early = early;
    for (const view of this.views.values()) view.note(entry, before);
  }

  async find(channel: string): Promise<RocketSummary | undefined> {
    return this.byChannel.get(channel)?.summary;
  }

  async list(query: RocketQuery): Promise<RocketPage> {
    const { sort, order, status, type, mission, limit, after } = query;
    const key = JSON.stringify([sort, order, status, type, mission]);
    const view = await this.view(key, () => rocketRule(query));
    const rockets: RocketSummary[] = [];
    let last: RocketPage['next'];
    for (const place of view.after(after)) {
      if (rockets.length === limit)
        return { rockets, next: last && { key: last.key, channel: last.channel } };
      // It may have changed since this listing was asked for and not be sorted in again.
      if (view.holds(place.entry)) rockets.push(place.entry.summary);
      last = place;
    }
    return { rockets, next: undefined };
  }

  async gaps({ channel, limit, after }: GapQuery): Promise<GapPage> {
    const gaps: Gap[] = [];
    const channels = channel === undefined ? await this.channelsWithGaps(after?.channel) : [channel];
    for (const name of channels) {
      const begin = after?.channel === name ? after.from : 0;
      gaps.push(...this.gapsIn(name, { after: begin, limit: limit + 1 - gaps.length }));
      if (gaps.length > limit) break;
    }
    return gapPageOf(gaps, limit);
  }

  async totals(): Promise<RocketTotals> {
    return {
      rockets: this.entries.length,
      byStatus: { ...this.byStatus },
      incomplete: this.incomplete,
      events: this.events,
      buffered: this.buffered,
      withGaps: this.withGaps,
    };
  }

  private count(summary: RocketSummary, by: 1 | -1): void {
    this.byStatus[summary.rocket.status] += by;
    this.buffered += summary.pending * by;
    if (!summary.rocket.complete) this.incomplete += by;
    if (hasGaps(summary)) this.withGaps += by;
  }

  private async channelsWithGaps(from: string | undefined): Promise<Iterable<string>> {
    const view = await this.view('gaps', () => gapRule);
    return channelsOf(view, from);
  }

  private gapsIn(channel: string, range: GapRange): Gap[] {
    const entry = this.byChannel.get(channel);
    if (entry === undefined || !hasGaps(entry.summary)) return [];
    return gapsOf(channel, entry.summary.version, entry.early, range);
  }

  /** The view, with every change in it that happened before it was asked for. */
  private async view(key: string, rule: () => ViewRule): Promise<SortedView<DirectoryEntry>> {
    const view = this.views.get(key) ?? new SortedView(this.entries, rule());
    this.views.delete(key);
    this.views.set(key, view);
    this.dropViews();
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
    return view;
  }

  private dropViews(): void {
    let places = 0;
    for (const view of this.views.values()) places += view.size;
    for (const [key, view] of this.views) {
      if (this.views.size === 1 || (this.views.size <= MAX_VIEWS && places <= MAX_PLACES)) return;
      this.views.delete(key);
      places -= view.size;
    }
  }
}

const rocketRule = ({ sort, order, status, type, mission }: RocketQuery): ViewRule => ({
  has: ({ rocket }) => {
    if (status !== undefined && rocket.status !== status) return false;
    if (type === undefined && mission === undefined) return true;
    if (rocket.status === 'awaiting-launch') return false;
    return (
      (type === undefined || rocket.type === type) && (mission === undefined || rocket.mission === mission)
    );
  },
  field: (summary) => sortField(summary, sort),
  key: (summary) => sortKey(summary, sort),
  descending: order === 'desc',
});

/** Early numbers are distinct, so only when something is missing are there fewer than from the version upwards. */
const hasGaps = ({ version, highestSeen, pending }: RocketSummary): boolean =>
  highestSeen - version > pending;

const gapRule: ViewRule = {
  has: hasGaps,
  field: ({ channel }) => channel,
  key: ({ channel }) => channel,
  descending: false,
};

const channelsOf = function* (view: SortedView<DirectoryEntry>, from: string | undefined): Generator<string> {
  if (from !== undefined) yield from;
  const after = from === undefined ? undefined : { key: from, channel: from };
  for (const { channel } of view.after(after)) yield channel;
};
