import { UnknownPosition, type Position } from '../../src/application/ports/event-store.js';
import { epochOf, type Disk } from './disk.js';
import { FeedAudit } from './feed-audit.js';
import type { Instance, Process } from './instance.js';
import type { World } from './world.js';

const PATIENCE_MS = 2000;
const FAR_BEHIND = 10;
const AT_THE_END_MS = 300;
const HEALTHY_PAUSE_MS = 20;

/** Follows the feed page by page, from one instance and then from another; remembers only its position. */
export class Reader {
  private position: Position | undefined;
  private process: Process | undefined;
  private readonly audit: FeedAudit;

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    private readonly disk: Disk,
  ) {
    this.audit = new FeedAudit(world, disk);
    this.later(0);
  }

  /** Everything that is stored was read. */
  get isDone(): boolean {
    return this.audit.isComplete;
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
        for (const event of events) this.audit.take(event);
        this.audit.stands(next);
        this.position = next;
        if (this.disk.log.length - this.audit.total > FAR_BEHIND) world.meet('reader fell behind');
        over(end ? AT_THE_END_MS : this.pause);
      },
      (error: unknown) => {
        if (isOver) return;
        if (error instanceof UnknownPosition) this.startAnew();
        over(this.pause);
      },
    );
  }

  /** The position is of a history that is over. */
  private startAnew(): void {
    const { world, position, disk } = this;
    if (position === undefined || epochOf(position) === disk.epoch) {
      world.violated('a position stays good', `${position} was refused`);
    }
    world.meet('reader told to start anew');
    this.position = undefined;
    this.audit.beginAnew();
  }
}
