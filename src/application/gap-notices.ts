import { gapTransitions } from './gap-transitions.js';
import type { NumberRange } from './outcome.js';
import type { Change, Head } from './ports/event-store.js';
import type { Gap, RocketDirectory } from './ports/rocket-directory.js';

const PAGE = 1000;

export interface ChannelRange extends NumberRange {
  readonly channel: string;
}

export interface GapNews {
  readonly closed: readonly ChannelRange[];
  readonly opened: readonly Gap[];
}

/** Gathers what became of gaps until it is told. One that opens and closes in between is not worth telling. */
export class GapNotices {
  private opened = new Map<string, ChannelRange>();
  private closed = new Map<string, ChannelRange>();

  note(change: Change, before: Head): void {
    const { channel } = change;
    const { opened, closed } = gapTransitions(before, change);
    for (const range of closed) {
      const key = keyOf(channel, range);
      if (!this.opened.delete(key)) this.closed.set(key, { channel, ...range });
    }
    for (const range of opened) this.opened.set(keyOf(channel, range), { channel, ...range });
  }

  clear(): void {
    this.opened.clear();
    this.closed.clear();
  }

  /** What is to be told, and nothing of it again. An opened gap is told as it stands now, if it still does. */
  async take(directory: RocketDirectory): Promise<GapNews> {
    if (this.opened.size === 0 && this.closed.size === 0) return nothing;
    const { opened, closed } = this;
    this.opened = new Map();
    this.closed = new Map();
    const found: Gap[] = [];
    for (const [channel, ranges] of byChannel(opened.values())) {
      for (const gap of await gapsAround(directory, channel, ranges)) {
        if (opened.has(keyOf(channel, gap))) found.push(gap);
      }
    }
    return { closed: [...closed.values()], opened: found };
  }
}

const nothing: GapNews = { closed: [], opened: [] };

const keyOf = (channel: string, { from, to }: NumberRange): string => `${channel} ${from}-${to}`;

const byChannel = (ranges: Iterable<ChannelRange>): Map<string, ChannelRange[]> => {
  const groups = new Map<string, ChannelRange[]>();
  for (const range of ranges) {
    const group = groups.get(range.channel);
    if (group === undefined) groups.set(range.channel, [range]);
    else group.push(range);
  }
  return groups;
};

/** The gaps of a channel from the lowest of the ranges to the highest. */
const gapsAround = async (
  directory: RocketDirectory,
  channel: string,
  ranges: readonly ChannelRange[],
): Promise<Gap[]> => {
  const found: Gap[] = [];
  let lowest = Infinity;
  let highest = 0;
  for (const { from } of ranges) {
    lowest = Math.min(lowest, from);
    highest = Math.max(highest, from);
  }
  let after: { channel: string; from: number } | undefined = { channel, from: lowest - 1 };
  while (after !== undefined && after.from < highest) {
    const page = await directory.gaps({ channel, after, limit: PAGE });
    found.push(...page.gaps);
    after = page.next;
  }
  return found;
};
