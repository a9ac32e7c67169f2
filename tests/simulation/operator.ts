import type { NumberRange } from '../../src/application/outcome.js';
import type { SkipResult } from '../../src/application/reorder-buffer.js';
import type { Instance } from './instance.js';
import type { Ledger, RocketLedger, SkipIntent } from './ledger.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

/** Looks at a rocket now and then, and gives up its first gap. */
export class Operator {
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
    const rocket = world.random.pick([...this.ledger.rockets.values()]);
    const seen = rocket.gaps()[0];
    const expected = seen !== undefined && world.random.chance(0.7) ? seen : undefined;
    const { process } = world.random.pick(this.instances);
    const intent: SkipIntent = { expected, spent: false };
    rocket.intents.push(intent);
    world.scheduler.after(world.delay(), 'skip', () => {
      const since = rocket.moments.length - 1;
      process?.skipGap(rocket.channel, expected).then(
        (result) => this.check(rocket, expected, since, result),
        () => undefined,
      );
    });
  }

  /** What was answered held at some moment between the question and the answer. */
  private check(
    rocket: RocketLedger,
    expected: NumberRange | undefined,
    since: number,
    result: SkipResult,
  ): void {
    const { world } = this;
    const held = (gap: NumberRange | undefined): boolean =>
      rocket.moments.slice(since).some((moment) => equal(moment.gap, gap));
    const told = `${rocket.channel}: ${JSON.stringify(result)}`;
    if (result.skipped !== undefined) {
      world.meet('gap skipped');
      const isSkipped = rocket.skipped.some((range) => equal(range, result.skipped));
      if (!isSkipped) world.violated('acknowledged is stored', told);
      if (expected !== undefined && !equal(expected, result.skipped))
        world.violated('only the expected gap is skipped', told);
      return;
    }
    world.meet(`skip answered: ${result.reason}`);
    const first = result.reason === 'no-gap' ? undefined : result.first;
    if (!held(first) || (first !== undefined && equal(first, expected))) {
      world.violated('gaps are exactly what is missing', told);
    }
  }
}
