import type { SkipResult } from '../../src/application/ingest/reorder-buffer.js';
import type { Instance } from './instance.js';
import type { Ledger } from './ledger.js';
import type { Range, RocketLedger, SkipIntent } from './rocket-ledger.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

/** Looks at a rocket now and then, and gives up its first gap, or all that begin up to some number. */
export class Operator {
  private wishes = 0;

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    private readonly ledger: Ledger,
  ) {
    if (world.plan.operatorEvery > 0) this.lookLater();
  }

  private lookLater(): void {
    const { scheduler, random, plan } = this.world;
    scheduler.after(random.between(1, 2 * plan.operatorEvery), 'operator', () => {
      if (this.world.healed) return;
      this.look();
      this.lookLater();
    });
  }

  private look(): void {
    const { world } = this;
    const { random, plan } = world;
    const rocket = random.pick([...this.ledger.rockets.values()]);
    const expected = random.chance(0.5) ? this.gapOf(rocket) : undefined;
    const upTo = expected?.to ?? random.between(1, plan.messagesPerRocket);
    const { process } = random.pick(this.instances);
    const by = { who: 'operator', key: `operator ${++this.wishes}` } as const;
    const why = random.chance(0.5) ? `reason ${this.wishes}` : undefined;
    if (process === undefined) return;
    const intent = rocket.willSkip(process.name, { upTo, by, why }, expected);
    world.scheduler.after(world.delay(), 'skip', () => {
      const since = rocket.moments.length - 1;
      process
        .skip(rocket.channel, { upTo, by, why }, expected)
        .then((result) => {
          this.check(rocket, intent, since, result);
          if (result.skipped !== undefined && !process.stopping)
            this.checkEnough(rocket, intent, result.version);
        })
        .then(() => (intent.isOpen = false))
        // What a database was asked may come about when it was already said to have failed.
        .catch(() => (intent.isOpen = plan.shared));
    });
  }

  /** Mostly what is there; at times a gap that is not, or not any more. */
  private gapOf(rocket: RocketLedger): Range {
    const { random } = this.world;
    const { version } = rocket.sight;
    const { from, to } = rocket.gaps()[0] ?? { from: version + 1, to: version + 1 };
    return { from, to: random.chance(0.1) ? to + 1 : to };
  }

  /** When it was answered, no gap was left that begins at or below the number given. */
  private checkEnough(rocket: RocketLedger, { upTo }: SkipIntent, version: number): void {
    const moment = rocket.moments.find((each) => each.version === version);
    if (moment !== undefined && (moment.gap === undefined || moment.gap.from > upTo)) return;
    this.world.violated('what was to be skipped is skipped', `${rocket.channel} up to ${upTo}`);
  }

  /** What was answered held at some moment between the question and the answer. */
  private check(rocket: RocketLedger, intent: SkipIntent, since: number, result: SkipResult): void {
    const { world } = this;
    const { done, expected, upTo } = intent;
    const told = `${rocket.channel}: ${JSON.stringify(result)}`;
    if (result.skipped !== undefined) {
      world.meet('gap skipped');
      if (done.length > 1) world.meet('several gaps skipped at once');
      if (!equal(result.skipped, sumOf(done))) world.violated('acknowledged is stored', told);
      return;
    }
    world.meet(`skip answered: ${result.reason}`);
    const first = result.reason === 'no-gap' ? undefined : result.first;
    const held = rocket.moments.slice(since).some(({ gap }) => equal(gap, first));
    const couldBeSkipped =
      first !== undefined && (expected === undefined ? first.from <= upTo : equal(first, expected));
    if (!held || couldBeSkipped) world.violated('gaps are exactly what is missing', told);
    if (done.length > 0) world.violated('what was skipped is told', told);
  }
}

const sumOf = (ranges: readonly Range[]) => ({
  from: ranges[0]?.from,
  to: ranges.at(-1)?.to,
  gaps: ranges.length,
  numbers: ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0),
});
