import { gapTransitions } from './gap-transitions.js';
import type { NumberRange } from './outcome.js';
import type { Change, Head } from './ports/event-store.js';
import type { Gap, RocketDirectory } from './ports/rocket-directory.js';

const PAGE = 1000;
/** What is told at once: what a hundred thousand gaps have become is more than a reader or the event loop can take. */
const PORTION = 2000;

export interface ChannelRange extends NumberRange {
  readonly channel: string;
}

export interface GapNews {
  readonly closed: readonly ChannelRange[];
  readonly opened: readonly Gap[];
}

/** Gathers what became of gaps until it is told. One that opens and closes in between is not worth telling. */
export class GapNotices {
  private readonly opened = new Map<string, ChannelRange>();
  private readonly closed = new Map<string, ChannelRange>();

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

  get isEmpty(): boolean {
    return this.opened.size + this.closed.size === 0;
  }

  /**
   * A portion of what is to be told, and nothing of it again; nothing opens before everything that closed is told. An
   * opened gap is told as it stands now, if it still does.
   */
  async take(directory: RocketDirectory): Promise<GapNews> {
    if (this.isEmpty) return nothing;
    const closed = taken(this.closed, PORTION);
    const opened = taken(this.opened, PORTION - closed.size);
    const found: Gap[] = [];
    for (const [channel, ranges] of byChannel(opened.values())) {
      for (const gap of await gapsAround(directory, channel, ranges)) {
        if (opened.has(keyOf(channel, gap))) found.push(gap);
      }
    }
    return { closed: [...closed.values()], opened: found };
  }
}

/** Moves the first entries of a map into one of their own. */
const taken = <V>(map: Map<string, V>, most: number): Map<string, V> => {
  const first = new Map<string, V>();
  for (const [key, value] of map) {
    if (first.size === most) break;
    first.set(key, value);
    map.delete(key);
  }
  return first;
};

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

/** The gaps of a channel that may be among the ranges: what lies far between two of them is not read. */
const gapsAround = async (
  directory: RocketDirectory,
  channel: string,
  ranges: readonly ChannelRange[],
): Promise<Gap[]> => {
  const begins = ranges.map(({ from }) => from).sort((a, b) => a - b);
  const found: Gap[] = [];
  for (let told = 0; told < begins.length;) {
    const after = { channel, from: begins[told]! - 1 };
    const { gaps, next } = await directory.gaps({
      channel,
      after,
      limit: Math.min(PAGE, begins.length - told),
    });
    found.push(...gaps);
    if (next === undefined) break;
    while (told < begins.length && begins[told]! <= next.from) told++;
  }
  return found;
};
