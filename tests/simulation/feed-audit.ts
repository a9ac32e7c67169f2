import type { StoredEvent } from '../../src/application/ports/event-store.js';
import type { Disk } from './disk.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

/** What one reader of the feed has seen: every event once, those of a channel in number order. */
export class FeedAudit {
  total = 0;
  private readonly read = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly disk: Disk,
  ) {}

  get isComplete(): boolean {
    return this.total === this.disk.log.length;
  }

  take({ channel, number, event }: StoredEvent): void {
    const count = this.read.get(channel) ?? 0;
    const expected = this.disk.record(channel).events[count];
    if (expected === undefined || expected.number !== number || !equal(expected.event, event)) {
      this.world.violated(
        'the feed shows every event once, in order',
        `${channel}: ${number} where ${expected?.number} comes next`,
      );
    }
    this.read.set(channel, count + 1);
    this.total++;
  }
}
