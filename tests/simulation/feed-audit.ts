import type { FeedFilter, Position, StoredEvent } from '../../src/application/ports/event-store.js';
import { epochOf, type Disk } from './disk.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

/** What one reader of the feed has seen of one history: every event once, those of a channel in number order. */
export class FeedAudit {
  total = 0;
  /** The history the reader is told; another one begins only when it was told so. */
  private epoch: string | undefined;
  /** How far it is in the events of each channel. */
  private readonly read = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly disk: Disk,
    private readonly filter: FeedFilter = {},
  ) {}

  /** The reader has seen everything that is stored now. */
  get isComplete(): boolean {
    const { disk, filter, total } = this;
    if (total > 0 && this.epoch !== disk.epoch) return false;
    return total === disk.log.filter((event) => passes(event, filter)).length;
  }

  /** The reader was told that its history has ended. */
  beginAnew(): void {
    this.total = 0;
    this.epoch = undefined;
    this.read.clear();
  }

  /** The reader wanted nothing of what came before. */
  beginsAt(position: Position): void {
    this.stands(position);
    const { disk, filter } = this;
    const placeOf = (each: Position): number => Number(each.slice(epochOf(position).length + 1));
    const end = placeOf(position);
    for (const [channel, { events }] of disk.channelsOf(epochOf(position))) {
      const before = events.filter((event) => placeOf(event.position) <= end);
      this.read.set(channel, before.length);
      this.total += before.filter((event) => passes(event, filter)).length;
    }
  }

  /** Somebody told the reader that it is here. */
  stands(position: Position): void {
    const epoch = epochOf(position);
    if (this.epoch !== undefined && this.epoch !== epoch) {
      this.world.violated('a position of another history is refused', `${this.epoch} goes on at ${position}`);
    }
    this.epoch = epoch;
  }

  take(told: StoredEvent): void {
    const { channel, number, event, position } = told;
    this.stands(position);
    const events = this.disk.channelsOf(epochOf(position)).get(channel)?.events ?? [];
    let next = this.read.get(channel) ?? 0;
    while (next < events.length && !passes(events[next]!, this.filter)) next++;
    const expected = events[next];
    if (expected?.number !== number || expected.position !== position || !equal(expected.event, event)) {
      this.world.violated(
        'the feed shows every event once, in order',
        `${channel}: ${number} where ${expected?.number} comes next`,
      );
    }
    this.read.set(channel, next + 1);
    this.total++;
  }
}

const passes = ({ channel, event }: StoredEvent, filter: FeedFilter): boolean =>
  (filter.channel === undefined || filter.channel === channel) &&
  (filter.type === undefined || filter.type === event.type);
