import { ActivityLog } from '../../../src/application/fleet/activity-log.js';
import { idle } from '../../../src/application/fleet/activity.js';
import { Counters } from '../../../src/application/ingest/counters.js';
import type { Minute, MinuteLog } from '../../../src/application/ports/minute-log.js';
import type { RocketTotals } from '../../../src/application/ports/rocket-directory.js';
import { faster, broken } from '../../support/builders.js';
import { ManualClock, turns } from '../../support/manual-clock.js';
import { silentLogger } from '../../support/silent-logger.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** What a durable store keeps, for as many instances as there are. */
class SharedMinutes implements MinuteLog {
  readonly rows = new Map<string, Minute>();
  failing = false;

  async note(instance: string, minutes: readonly Minute[]): Promise<void> {
    if (this.failing) throw new Error('The disk is gone.');
    for (const one of minutes) this.rows.set(`${one.minute} ${instance}`, one);
  }

  async ofOthers(instance: string, since: number): Promise<Minute[]> {
    if (this.failing) throw new Error('The disk is gone.');
    const found = [...this.rows].filter(
      ([key, { minute }]) => !key.endsWith(` ${instance}`) && minute >= since,
    );
    return found.map(([, minute]) => minute);
  }
}

class Instance {
  readonly counters = new Counters();
  readonly log: ActivityLog;
  gaps = 0;

  constructor(
    name: string,
    readonly clock: ManualClock,
    minutes: MinuteLog,
  ) {
    const directory = { totals: async () => ({ gaps: this.gaps }) as RocketTotals };
    this.log = new ActivityLog(name, minutes, directory, this.counters, clock, silentLogger);
  }

  record(events: number, refused = 0): void {
    for (let i = 0; i < events; i++) {
      const isRefused = i < refused;
      this.counters.settled(isRefused ? 'refused' : 'applied');
      this.log.committed({ events: [{ number: i + 1, event: isRefused ? broken() : faster() }] });
    }
  }

  /** Second by second: whoever sleeps for one is woken for each. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.move(SECOND);
      await turns(3);
    }
  }

  get spans() {
    const { minute, hour, day } = this.log.report();
    return { minute: minute.spans, hour: hour.spans, day: day.spans };
  }
}

const events = (spans: readonly { readonly events: number }[]): number[] => spans.map((span) => span.events);
const sum = (spans: readonly { readonly events: number }[]): number =>
  events(spans).reduce((a, b) => a + b, 0);

describe('what happens in the fleet', () => {
  const started = async (clock = new ManualClock(), minutes = new SharedMinutes(), name = 'one') => {
    const instance = new Instance(name, clock, minutes);
    await instance.log.start();
    return { instance, clock, minutes };
  };

  it('is nothing at first, from now on', async () => {
    const { instance, clock } = await started();
    const { since, minute, hour, day } = instance.log.report();
    expect(since).toBe(clock.now());
    expect([minute, hour, day].map(({ seconds, spans }) => [seconds, spans.length])).toEqual([
      [1, 60],
      [60, 60],
      [900, 96],
    ]);
    expect(minute.from).toBe(clock.now() - MINUTE);
    expect(new Set(minute.spans)).toEqual(new Set([idle]));
  });

  it('is told for the second, the minute and the quarter of an hour it happened in', async () => {
    const { instance } = await started();
    instance.record(5, 2);
    await instance.pass(1);
    instance.record(7);
    instance.counters.turnedAway('invalid');
    instance.gaps = 3;
    await instance.pass(1);
    const { minute, hour, day } = instance.spans;
    expect(events(minute).slice(-3)).toEqual([0, 5, 7]);
    expect(minute.at(-2)).toMatchObject({ rulesBroken: 2, received: 5, applied: 3, refused: 2, gaps: 0 });
    expect(minute.at(-1)).toMatchObject({ rulesBroken: 0, received: 8, applied: 7, invalid: 1, gaps: 3 });
    expect(hour.at(-1)).toMatchObject({ events: 12, rulesBroken: 2, received: 13, gaps: 3 });
    expect(day.at(-1)).toEqual(hour.at(-1));
    await instance.pass(100);
    expect(sum(instance.spans.minute)).toBe(0);
    expect(events(instance.spans.hour).slice(-2)).toEqual([12, 0]);
  });

  it('is forgotten after a day', async () => {
    const { instance } = await started();
    instance.record(4);
    await instance.pass(1);
    for (let i = 0; i < 23; i++) instance.clock.move(60 * MINUTE);
    await instance.pass(2);
    expect([sum(instance.spans.hour), sum(instance.spans.day)]).toEqual([0, 4]);
    instance.clock.move(60 * MINUTE);
    await instance.pass(2);
    expect(sum(instance.spans.day)).toBe(0);
  });

  it('is still told by the next process, at once', async () => {
    const { instance, clock, minutes } = await started();
    const { since } = instance.log.report();
    instance.record(9);
    await instance.pass(3);
    await instance.log.stop();
    const { instance: next } = await started(clock, minutes, 'two');
    expect(sum(next.spans.hour)).toBe(9);
    expect(next.log.report().since).toBeLessThanOrEqual(since);
    next.record(1);
    await next.pass(1);
    expect(sum(next.spans.hour)).toBe(10);
  });

  it('is the same for all instances, soon after', async () => {
    const { instance: one, clock, minutes } = await started();
    const { instance: two } = await started(clock, minutes, 'two');
    one.record(3);
    two.record(4);
    await one.pass(20);
    expect([sum(one.spans.hour), sum(two.spans.hour)]).toEqual([7, 7]);
    one.record(2);
    await one.pass(20);
    expect([sum(one.spans.hour), sum(two.spans.hour)]).toEqual([9, 9]);
  });

  it('is noted later when the store fails', async () => {
    const { instance, minutes } = await started();
    minutes.failing = true;
    instance.record(6);
    await instance.pass(70);
    expect(sum(instance.spans.hour)).toBe(6);
    expect(minutes.rows.size).toBe(0);
    minutes.failing = false;
    await instance.pass(10);
    expect(sum([...minutes.rows.values()].map(({ activity }) => activity))).toBe(6);
  });
});
