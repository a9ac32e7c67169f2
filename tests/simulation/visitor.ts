import type { RocketQueries } from '../../src/application/rocket-queries.js';
import type { Instance } from './instance.js';
import type { Ledger, RocketLedger } from './ledger.js';
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
    const visit = random.chance(0.5)
      ? this.past(process.queries, rocket)
      : this.fate(process.queries, rocket);
    visit.catch(() => undefined);
  }

  private async past(queries: RocketQueries, rocket: RocketLedger): Promise<void> {
    const version = this.world.random.between(0, rocket.sight.version);
    const { version: found, rocket: state } = await queries.asOf(rocket.channel, { version });
    const sight = rocket.sights.findLast((each) => each.version <= version);
    const speed = state.status === 'awaiting-launch' ? 0 : state.speed;
    const same =
      found === sight?.version &&
      state.status === sight.status &&
      state.complete === sight.complete &&
      speed === sight.speed;
    if (same) this.world.meet('past version read');
    else this.world.violated('a past version is the fold of its prefix', `${rocket.channel} at ${version}`);
  }

  private async fate(queries: RocketQueries, rocket: RocketLedger): Promise<void> {
    const number = this.world.random.between(1, this.world.plan.messagesPerRocket);
    const stood = rocket.standing.has(number) || rocket.wasSkipped(number);
    const since = rocket.moments.length - 1;
    const fate = await queries.fate(rocket.channel, number);
    const known = rocket.history.find((each) => each.number >= number)?.expected;
    const told = `${rocket.channel} ${number}: ${JSON.stringify(fate)}`;
    const expect = (holds: boolean): void => {
      if (!holds) this.world.violated('the fate of a message is told truly', told);
    };
    if (fate === undefined) return expect(!stood);
    if (fate.outcome !== 'buffered') return expect(equal(fate.event.event, known));
    const moments = rocket.moments.slice(since);
    const waited = moments.some(({ version, gap }) => version < number && equal(gap, fate.missing));
    expect(rocket.standing.has(number) && (fate.missing === undefined || waited));
  }
}
