import type { RocketQueries } from '../../src/application/rocket-queries.js';
import type { Instance } from './instance.js';
import { toldBy, type Ledger } from './ledger.js';
import type { RocketLedger } from './rocket-ledger.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

const EVERY_MS = 200;

/** Asks for past versions and for the fate of messages, and compares with what the oracle knows. */
export class Visitor {
  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    private readonly ledger: Ledger,
  ) {
    this.later();
  }

  private later(): void {
    const { scheduler, random } = this.world;
    scheduler.after(random.between(1, 2 * EVERY_MS), 'visitor', () => {
      if (this.world.healed) return;
      this.visit();
      this.later();
    });
  }

  private visit(): void {
    const { random } = this.world;
    const { process } = random.pick(this.instances);
    const rocket = random.pick([...this.ledger.rockets.values()]);
    if (process === undefined) return;
    const visit = random.pick(['past', 'fate', 'parts'] as const);
    this[visit](process.queries, rocket).catch(() => undefined);
  }

  private async past(queries: RocketQueries, rocket: RocketLedger): Promise<void> {
    const version = this.world.random.between(0, rocket.sight.version);
    const { version: found, rocket: state } = await queries.asOf(rocket.channel, { version });
    const sight = rocket.sights.findLast((each) => each.version <= version);
    const { speed, speedChange } =
      state.status === 'awaiting-launch' ? { speed: 0, speedChange: null } : state;
    const same =
      found === sight?.version &&
      state.status === sight.status &&
      state.complete === sight.complete &&
      speed === sight.speed &&
      speedChange === sight.speedChange;
    if (same) this.world.meet('past version read');
    else this.world.violated('a past version is the fold of its prefix', `${rocket.channel} at ${version}`);
  }

  private async fate(queries: RocketQueries, rocket: RocketLedger): Promise<void> {
    const number = this.world.random.between(1, this.world.plan.messagesPerRocket);
    const known = rocket.standing.has(number) || rocket.wasSkipped(number);
    const wasLate = rocket.late.has(number);
    const since = rocket.moments.length - 1;
    const fate = await queries.fate(rocket.channel, number);
    const told = `${rocket.channel} ${number}: ${JSON.stringify(fate)}`;
    const expect = (holds: boolean): void => {
      if (!holds) this.world.violated('the fate of a message is told truly', told);
    };
    if (fate === undefined) return expect(!known);
    if (fate.outcome === 'buffered') {
      const moments = rocket.moments.slice(since);
      const waited = moments.some(({ version, gap }) => version < number && equal(gap, fate.missing));
      expect(equal(rocket.standing.get(number), toldBy(fate.message)));
      return expect(fate.missing === undefined || waited);
    }
    const event = rocket.history.find((each) => each.number >= number)?.expected;
    expect(equal(fate.event.event, event));
    expect((fate.outcome === 'refused') === (event?.type === 'MessageRefused'));
    if (fate.outcome === 'skipped') return expect(rocket.wasSkipped(number) && !wasLate);
    if (fate.outcome !== 'late') return expect(!rocket.wasSkipped(number));
    this.world.meet('late message found');
    expect(equal(rocket.late.get(number), toldBy(fate.message)));
  }

  /** Pages of what waits and of what is late, as they stand at this moment, and of the history, backwards. */
  private async parts(queries: RocketQueries, rocket: RocketLedger): Promise<void> {
    const { channel } = rocket;
    const page = { after: this.world.random.between(0, rocket.sight.version), limit: 3 };
    const before = rocket.history.map(({ number }) => number).filter((number) => number < page.after);
    const [waiting, late] = await Promise.all([queries.waiting(channel, page), queries.late(channel, page)]);
    const { version } = rocket.sight;
    const shown = [
      { messages: waiting, numbers: numbersOf(rocket.standing, Math.max(page.after, version)) },
      { messages: late, numbers: numbersOf(rocket.late, page.after) },
    ];
    for (const { messages, numbers } of shown) {
      const found = messages.map(({ message }) => message.number);
      if (!equal(found, numbers.slice(0, page.limit))) {
        this.world.violated('what waits and what is late is listed', `${channel}: ${JSON.stringify(found)}`);
      }
    }
    const history = await queries.history(channel, { ...page, order: 'desc' });
    const numbers = history.map(({ number }) => number);
    if (!equal(numbers, before.reverse().slice(0, page.limit)))
      this.world.violated('a history is read from its end as well', `${channel}: ${JSON.stringify(numbers)}`);
  }
}

const numbersOf = (messages: ReadonlyMap<number, unknown>, after: number): number[] =>
  [...messages.keys()].filter((number) => number > after).sort((a, b) => a - b);
