import { loadSimulation, smallLimits } from './bundle.js';
import { exitWith } from './exit-code.js';
import { hasKafka, hasSubscriptions, isShared } from './plan.js';
import { plantedBugs, type PlantedBug } from './planted-bugs.js';

/** A bug that hides longer than this has to be hunted better. */
const SEEDS = 1000;

interface Catch {
  readonly seed: number;
  readonly check: string;
}

const hunt = async (planted: PlantedBug): Promise<Catch | undefined> => {
  const { simulate } = await loadSimulation([...smallLimits, planted]);
  const first = planted.from ?? 1;
  for (let seed = first, tried = 0; tried < SEEDS; seed++) {
    if (planted.shared && !isShared(seed)) continue;
    if (planted.subscriptions && !hasSubscriptions(seed)) continue;
    // Of the few that share a database none is left out.
    if (hasKafka(seed) ? !planted.kafka && !planted.shared : planted.kafka) continue;
    tried++;
    const { violation } = await simulate(seed, new Map());
    if (violation !== undefined) return { seed, check: violation.check };
  }
  return undefined;
};

const main = async (): Promise<boolean> => {
  Error.stackTraceLimit = 0;
  const wanted = process.argv[2] ?? '';
  const width = Math.max(...plantedBugs.map(({ bug }) => bug.length));
  let survivors = 0;
  for (const planted of plantedBugs.filter(({ bug }) => bug.includes(wanted))) {
    const caught = await hunt(planted);
    if (caught === undefined) survivors++;
    const how =
      caught === undefined ? 'SURVIVES' : `seed ${String(caught.seed).padStart(4)}  ${caught.check}`;
    process.stdout.write(`${planted.bug.padEnd(width)}  ${how}\n`);
  }
  process.stdout.write(`${plantedBugs.length} planted bugs, ${survivors} survive ${SEEDS} seeds\n`);
  return survivors === 0;
};

exitWith(main);
