import type { Counters } from '../ingest/counters.js';
import type { Clock } from '../ports/clock.js';
import type { Change } from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';
import type { Activity, Counted, Minute, MinuteLog } from '../ports/minute-log.js';
import type { RocketDirectory } from '../ports/rocket-directory.js';
import { DAY, MINUTE, each, idle, seriesOf, together, type Series } from './activity.js';

const SECOND_MS = 1000;
/** The minutes are noted, and those of others asked for, once in so many seconds. */
const NOTED_EVERY = 10;

export interface FleetActivity {
  /** From when on there are figures, UTC milliseconds. */
  readonly since: number;
  /** The last minute as this instance saw it, by seconds. */
  readonly minute: Series;
  /** The last hour and day of all instances. */
  readonly hour: Series;
  readonly day: Series;
}

/** What happens in the fleet, second by second and minute by minute. */
export class ActivityLog {
  private readonly seconds = new Map<number, Activity>();
  private readonly minutes = new Map<number, Activity>();
  private others: readonly Minute[] = [];
  private readonly unnoted = new Set<number>();
  private readonly startedAt: number;
  private events = 0;
  private rulesBroken = 0;
  private before: Record<Counted, number>;
  private stopping = false;

  constructor(
    private readonly instance: string,
    private readonly log: MinuteLog,
    private readonly directory: Pick<RocketDirectory, 'totals'>,
    private readonly counters: Counters,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.startedAt = clock.now();
    this.before = this.soFar();
  }

  /** Reads what was noted before, then counts on. */
  async start(): Promise<void> {
    await this.share();
    void this.run();
  }

  /** Notes what was not noted yet. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.count();
    await this.share();
  }

  committed({ events }: Pick<Change, 'events'>): void {
    this.events += events.length;
    for (const { event } of events) if (event.type === 'MessageRefused') this.rulesBroken++;
  }

  report(): FleetActivity {
    const now = this.clock.now();
    const second = Math.floor(now / SECOND_MS);
    const minutes = [...this.allMinutes()];
    const first = minutes.reduce((least, [at]) => Math.min(least, at), Infinity);
    return {
      since: Math.min(this.startedAt, first * SECOND_MS),
      // The second that is under way would always look like less than there was.
      minute: seriesOf(this.seconds, second - 1, 1, 60),
      hour: seriesOf(minutes, second, MINUTE, 60),
      day: seriesOf(minutes, second, 15 * MINUTE, 96),
    };
  }

  private *allMinutes(): Generator<readonly [second: number, activity: Activity]> {
    for (const { minute, activity } of this.others) yield [minute * MINUTE, activity];
    for (const [minute, activity] of this.minutes) yield [minute * MINUTE, activity];
  }

  private async run(): Promise<void> {
    for (let n = 1; ; n++) {
      await this.clock.sleep(SECOND_MS);
      if (this.stopping) return;
      await this.count();
      if (n % NOTED_EVERY === 0) await this.share();
    }
  }

  /** What came since it was counted last belongs to this second and this minute. */
  private async count(): Promise<void> {
    const gaps = await this.directory.totals().then(
      (totals) => totals.gaps,
      () => null,
    );
    const now = this.soFar();
    const { before } = this;
    this.before = now;
    const activity: Activity = { ...each((name) => now[name] - before[name]), gaps };
    // The second that has passed: a look a moment after it began is for what happened before.
    const second = Math.floor(this.clock.now() / SECOND_MS) - 1;
    const minute = Math.floor(second / MINUTE);
    this.seconds.set(second, together(this.seconds.get(second) ?? idle, activity));
    this.minutes.set(minute, together(this.minutes.get(minute) ?? idle, activity));
    this.unnoted.add(minute);
    forgetBefore(this.seconds, second - 2 * MINUTE);
    forgetBefore(this.minutes, minute - DAY / MINUTE);
  }

  private async share(): Promise<void> {
    const since = Math.floor(this.clock.now() / SECOND_MS / MINUTE) - DAY / MINUTE;
    const noted = [...this.unnoted];
    this.unnoted.clear();
    const minutes = noted.map((minute) => ({ minute, activity: this.minutes.get(minute) ?? idle }));
    try {
      if (minutes.length > 0) await this.log.note(this.instance, minutes);
      this.others = await this.log.ofOthers(this.instance, since);
    } catch (error) {
      for (const minute of noted) this.unnoted.add(minute);
      if (!this.stopping)
        this.logger.warn('the minutes of the fleet could not be noted', { error: String(error) });
    }
  }

  private soFar(): Record<Counted, number> {
    const { events, rulesBroken } = this;
    return { events, rulesBroken, ...this.counters.messages };
  }
}

const forgetBefore = (activities: Map<number, Activity>, first: number): void => {
  for (const at of activities.keys()) if (at < first) activities.delete(at);
};
