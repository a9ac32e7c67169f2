import type { StoredEvent } from '../../src/application/ports/event-store.js';
import type { Delivered, Sink } from '../../src/application/ports/sink.js';
import type { Run, SubscriptionAudit } from './subscription-audit.js';
import type { World } from './world.js';

/** For so long a sender waits for an answer. */
const TIMEOUT_MS = 1000;
const MOST_ASKED_MS = 1500;
const REFUSED_FOR_MS = 3000;

/** What becomes of a batch, as the sender is told and as it is. */
interface Course {
  readonly told: Delivered;
  readonly isTaken: boolean;
  /** Until it is taken, and until the sender is told. */
  readonly takenAfter: number;
  readonly toldAfter: number;
}

/** One who is told of events, and does with that what receivers do. */
export class Receiver {
  /** The events that it does not take, and until when. */
  readonly refused = new Map<string, number>();
  private awayUntil = 0;

  constructor(private readonly world: World) {
    this.goAwayLater();
  }

  open(run: Run, audit: SubscriptionAudit, line: Line): Sink {
    let isBusy = false;
    /** Of the first event of each rocket: not before. */
    const notBefore = new Map<string, { readonly since: number; readonly until: number }>();
    return {
      deliver: (batch, signal) => {
        const { now } = this.world.scheduler;
        if (isBusy) audit.violated('one batch after the other', run.process);
        line.begins(batch);
        const ids = batch.map(({ channel, number }) => `${channel}/${number}`).join(' ');
        this.world.trace.add(`${run.process} tells ${audit.name}: ${ids}`, now);
        const [first] = batch as [StoredEvent];
        const { until = 0, since = 0 } = notBefore.get(`${first.channel}/${first.number}`) ?? {};
        if (until > now + 1 && run.known.heardAt < since)
          audit.violated('a receiver that asks for time has it', `${first.channel}/${first.number}`);
        isBusy = true;
        return new Promise<Delivered>((resolve) => {
          let isTold = false;
          const course = this.drawCourse(batch);
          const tell = (told: Delivered): void => {
            if (isTold || !line.isAlive()) return;
            isTold = true;
            isBusy = false;
            this.world.trace.add(`${run.process} hears ${told.kind}`, batch.length);
            if (told.kind === 'yes') audit.took(batch, run);
            else audit.refused(batch, run);
            if (told.kind === 'gone') run.isOver = true;
            notBefore.clear();
            if (told.kind === 'again' && told.afterMs !== undefined) {
              const since = this.world.scheduler.now;
              notBefore.set(`${first.channel}/${first.number}`, { since, until: since + told.afterMs });
            }
            resolve(told);
          };
          const abort = (): void => tell({ kind: 'again', what: 'aborted' });
          signal.addEventListener('abort', abort, { once: true });
          this.carryOut(
            course,
            () => audit.take(batch, run, isTold || !line.isAlive()),
            () => {
              line.come(() => tell(course.told));
            },
          );
        });
      },
      test: async () => ({ kind: 'yes' }),
      close: async () => void run.lines--,
    };
  }

  /** From now on it takes all of it. */
  mend(): void {
    this.refused.clear();
    this.awayUntil = 0;
  }

  refuses({ channel, number }: Pick<StoredEvent, 'channel' | 'number'>): boolean {
    const until = this.refused.get(`${channel}/${number}`) ?? 0;
    return until === Infinity || (!this.world.sound && until > this.world.scheduler.now);
  }

  private carryOut({ isTaken, takenAfter, toldAfter }: Course, take: () => void, tell: () => void): void {
    const { scheduler } = this.world;
    // What is told in time was taken before.
    if (isTaken) scheduler.after(takenAfter, 'taken', take);
    scheduler.after(toldAfter, 'told', tell);
  }

  private drawCourse(batch: readonly StoredEvent[]): Course {
    const { world } = this;
    const { random, scheduler } = world;
    const plan = world.plan.subscriptions!;
    const toldAfter = random.between(1, 20);
    const takenAfter = random.between(0, toldAfter - 1);
    const not = (told: Delivered): Course => ({ told, isTaken: false, takenAfter, toldAfter });
    const away = { kind: 'again', what: 'ECONNREFUSED' } as const;
    if (!world.sound && this.awayUntil > scheduler.now) return not(away);
    if (this.strikes(plan.hangs)) {
      world.meet('receiver hangs');
      const told = { kind: 'again', what: 'no answer' } as const;
      const isTaken = random.chance(0.5);
      return { told, isTaken, takenAfter: random.between(0, 3 * TIMEOUT_MS), toldAfter: TIMEOUT_MS };
    }
    if (this.strikes(plan.gone)) return this.gone(not({ kind: 'gone', what: '410 Gone' }));
    if (this.strikes(plan.asksForTime)) {
      world.meet('receiver asks for time');
      return not({ kind: 'again', what: '429', afterMs: random.between(1, MOST_ASKED_MS) });
    }
    for (const event of batch) this.mayRefuse(event);
    if (batch.some((event) => this.refuses(event))) {
      world.meet('receiver refuses an event');
      return not(random.chance(0.5) ? { kind: 'no', what: '422' } : { kind: 'again', what: '500' });
    }
    if (this.strikes(plan.fails)) return not({ kind: 'again', what: '503' });
    if (this.strikes(plan.yesLost)) {
      world.meet('yes of a receiver lost');
      return { told: { kind: 'again', what: 'ECONNRESET' }, isTaken: true, takenAfter, toldAfter };
    }
    const late = this.strikes(plan.late) ? random.between(1, TIMEOUT_MS / 2) : toldAfter;
    return { told: { kind: 'yes' }, isTaken: true, takenAfter, toldAfter: late + takenAfter };
  }

  /** Receivers have their troubles for longer than who tells them. */
  private strikes(rate: number): boolean {
    return !this.world.sound && this.world.random.chance(rate);
  }

  private gone(course: Course): Course {
    this.world.meet('receiver is gone');
    return course;
  }

  private mayRefuse({ channel, number }: StoredEvent): void {
    const { world } = this;
    const key = `${channel}/${number}`;
    const { refused, forEver } = world.plan.subscriptions!;
    if (this.refused.has(key)) return;
    let until = 0;
    if (this.strikes(refused))
      until = world.random.chance(forEver)
        ? Infinity
        : world.scheduler.now + world.random.between(1, REFUSED_FOR_MS);
    this.refused.set(key, until);
  }

  private goAwayLater(): void {
    const { random, scheduler, plan } = this.world;
    const { awayEvery, awayLasts } = plan.subscriptions!;
    if (awayEvery === 0) return;
    scheduler.after(random.between(1, 2 * awayEvery), 'receiver away', () => {
      if (this.world.sound) return;
      this.awayUntil = scheduler.now + random.between(1, awayLasts);
      this.world.meet('receiver away');
      this.goAwayLater();
    });
  }
}

/** The way of one process to a receiver. */
export interface Line {
  /** Something is sent. */
  begins(batch: readonly StoredEvent[]): void;
  isAlive(): boolean;
  /** Comes to the process, as soon as that can take it. */
  come(told: () => void): void;
}
