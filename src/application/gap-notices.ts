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

interface Untold extends NumberRange {
  /** How many readings of the gaps had ended when it opened. */
  readonly since: number;
}

/**
 * Gathers what became of gaps until it is told. One that opens and closes in between is not worth telling, unless
 * somebody may have read of it.
 */
export class GapNotices {
  private readonly opened = new Map<string, Map<string, Untold>>();
  private readonly closed = new Map<string, ChannelRange>();
  private readings = 0;
  private readingsUnderWay = 0;

  note(change: Change, before: Head): void {
    const { channel } = change;
    const { opened, closed } = gapTransitions(before, change);
    if (opened.length + closed.length === 0) return;
    const untold = this.opened.get(channel) ?? new Map<string, Untold>();
    for (const range of closed) {
      const key = keyOf(range);
      const known = this.mayBeKnown(untold.get(key));
      untold.delete(key);
      if (known) this.closed.set(`${channel} ${key}`, { channel, ...range });
    }
    for (const { from, to } of opened) untold.set(keyOf({ from, to }), { from, to, since: this.readings });
    if (untold.size > 0) this.opened.set(channel, untold);
    else this.opened.delete(channel);
  }

  clear(): void {
    this.opened.clear();
    this.closed.clear();
  }

  /** Whoever reads the gaps meanwhile may see some that are not told yet. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    this.readingsUnderWay++;
    try {
      return await read();
    } finally {
      this.readingsUnderWay--;
      this.readings++;
    }
  }

  private mayBeKnown(untold: Untold | undefined): boolean {
    return untold === undefined || this.readingsUnderWay > 0 || untold.since < this.readings;
  }

  get isEmpty(): boolean {
    return this.opened.size + this.closed.size === 0;
  }

  /**
   * A portion of what is to be told, and nothing of it again; nothing opens before everything that closed is told. An
   * opened gap is told as it stands now, if it still does.
   */
  async take(directory: RocketDirectory): Promise<GapNews> {
    const closed = this.takeClosed();
    const found: Gap[] = [];
    for (const [channel, ranges] of this.takeOpened(PORTION - closed.length)) {
      found.push(...(await gapsAmong(directory, channel, ranges)));
    }
    return { closed, opened: found };
  }

  private takeClosed(): ChannelRange[] {
    const portion: ChannelRange[] = [];
    for (const [key, range] of this.closed) {
      if (portion.length === PORTION) break;
      portion.push(range);
      this.closed.delete(key);
    }
    return portion;
  }

  /** By channel, the lowest first: gaps that lie together are found together. */
  private takeOpened(most: number): Map<string, NumberRange[]> {
    const portion = new Map<string, NumberRange[]>();
    let room = most;
    for (const [channel, ranges] of this.opened) {
      if (room === 0) break;
      const lowest = [...ranges.values()].sort((a, b) => a.from - b.from).slice(0, room);
      for (const range of lowest) ranges.delete(keyOf(range));
      if (ranges.size === 0) this.opened.delete(channel);
      portion.set(channel, lowest);
      room -= lowest.length;
    }
    return portion;
  }
}

const keyOf = ({ from, to }: NumberRange): string => `${from}-${to}`;

/** Those of the ranges, in ascending order, that are gaps of the channel; what lies far between is not read. */
const gapsAmong = async (
  directory: RocketDirectory,
  channel: string,
  ranges: readonly NumberRange[],
): Promise<Gap[]> => {
  const wanted = new Set(ranges.map(keyOf));
  const found: Gap[] = [];
  for (let told = 0; told < ranges.length;) {
    const after = { channel, from: ranges[told]!.from - 1 };
    const { gaps, next } = await directory.gaps({
      channel,
      after,
      limit: Math.min(PAGE, ranges.length - told),
    });
    found.push(...gaps.filter((gap) => wanted.has(keyOf(gap))));
    if (next === undefined) break;
    while (told < ranges.length && ranges[told]!.from <= next.from) told++;
  }
  return found;
};
