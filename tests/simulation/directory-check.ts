import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import type { RocketLedger } from './rocket-ledger.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

/** The read model shows a rocket just as it is known from outside. */
export const checkDirectory = async (
  world: World,
  directory: RocketDirectory,
  rocket: RocketLedger,
): Promise<void> => {
  const { channel } = rocket;
  const all = { limit: 1000 };
  const [summary, { gaps }, waiting, late] = await Promise.all([
    directory.find(channel),
    directory.gaps({ channel, ...all }),
    directory.waiting(channel, all),
    directory.late(channel, all),
  ]);
  const shown = gaps.map(({ from, to, since, waiting: behind }) => ({ from, to, since, waiting: behind }));
  if (!equal(shown, rocket.seenGaps())) {
    world.violated('gaps are exactly what is missing', `${channel} is listed with ${JSON.stringify(shown)}`);
  }
  const { version } = rocket.sight;
  const counts = {
    version,
    highestHeard: rocket.highs.at(-1)?.number ?? 0,
    waiting: [...rocket.standing.keys()].filter((number) => number > version).length,
    late: rocket.late.size,
  };
  const isSame =
    summary !== undefined &&
    Object.entries(counts).every(([name, count]) => summary[name as keyof typeof counts] === count) &&
    waiting.length === counts.waiting &&
    late.length === counts.late;
  if (!isSame) {
    const detail = `${channel}: ${JSON.stringify(summary)} instead of ${JSON.stringify(counts)}`;
    world.violated('a rocket is listed as it is', detail);
  }
};

export const checkTotals = async (
  world: World,
  directory: RocketDirectory,
  rockets: readonly RocketLedger[],
  events: number,
): Promise<void> => {
  const { byStatus, ...totals } = await directory.totals();
  const heard = rockets.filter(({ highs, history }) => highs.length + history.length > 0);
  const sum = (count: (rocket: RocketLedger) => number): number =>
    heard.reduce((total, rocket) => total + count(rocket), 0);
  const expected = {
    rockets: heard.length,
    incomplete: sum(({ sight }) => (sight.complete ? 0 : 1)),
    withGaps: sum((rocket) => (rocket.gaps().length > 0 ? 1 : 0)),
    gaps: sum((rocket) => rocket.gaps().length),
    events,
    rulesBroken: sum(
      ({ history }) => history.filter(({ expected }) => expected.type === 'MessageRefused').length,
    ),
    waiting: sum(({ standing, sight }) => [...standing.keys()].filter((n) => n > sight.version).length),
    late: sum(({ late }) => late.size),
  };
  const statuses = Object.entries(byStatus).every(
    ([status, count]) => count === sum(({ sight }) => (sight.status === status ? 1 : 0)),
  );
  if (equal(totals, expected) && statuses) return;
  world.violated('totals are the sum of all rockets', JSON.stringify(totals));
};
