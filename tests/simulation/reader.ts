import type { Position, StoredEvent } from '../../src/application/ports/event-store.js';
import type { Instance, Process } from './instance.js';
import type { Disk } from './disk.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

const PATIENCE_MS = 2000;
const FAR_BEHIND = 10;
const AT_THE_END_MS = 300;
const HEALTHY_PAUSE_MS = 20;

/** Follows the feed page by page, from one instance and then from another; remembers only its position. */
export class Reader {
  private position: Position | undefined;
  private process: Process | undefined;
  private readonly read = new Map<string, number>();
  private total = 0;

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    private readonly disk: Disk,
  ) {
    this.later(0);
  }

  /** Everything that is stored was read. */
  get isDone(): boolean {
    return this.total === this.disk.log.length;
  }

  private get pause(): number {
    return this.world.healed ? HEALTHY_PAUSE_MS : this.world.plan.readerPause;
  }

  private later(ms: number): void {
    this.world.scheduler.after(ms, 'reader', () => this.ask());
  }

  private ask(): void {
    const { world } = this;
    const { random } = world;
    const { process } = random.pick(this.instances);
    if (process === undefined) return this.later(this.pause);
    if (this.process !== undefined && this.process !== process)
      world.meet('reader resumed on another instance');
    this.process = process;
    let isOver = false;
    const over = (pause: number): void => {
      if (isOver) return;
      isOver = true;
      this.later(pause);
    };
    world.scheduler.after(PATIENCE_MS, 'reader loses patience', () => {
      if (!isOver) world.meet('reader lost its instance');
      over(0);
    });
    const request = { after: this.position, limit: random.between(1, 5) };
    process.queries.feed(request).then(
      ({ events, next, end }) => {
        if (isOver) return;
        for (const event of events) this.take(event);
        this.position = next;
        if (this.disk.log.length - this.total > FAR_BEHIND) world.meet('reader fell behind');
        over(end ? AT_THE_END_MS : this.pause);
      },
      () => over(this.pause),
    );
  }

  private take({ channel, number, event }: StoredEvent): void {
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
