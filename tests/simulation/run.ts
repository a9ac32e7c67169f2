import { parseArgs } from 'node:util';
import { exitWith } from './exit-code.js';
import { loadSimulation, smallLimits, type Simulation } from './bundle.js';
import failingSeeds from './failing-seeds.json';
import { neverMet, requiredSituations, type Met } from './situations.js';
import type { Result } from './simulation.js';

/** Fewer seeds than this may well miss a rare situation. */
const ENOUGH_FOR_EVERY_SITUATION = 1000;
const TWICE = 100;

const usage = `npm run sim -- [options]
  --seed=N     the first seed (default 1)
  --seeds=N    how many (default 10000)
  --steps=N    give up a run after so many steps
  --verbose    print every step; for one seed
  --stats      print how often each situation was met`;

const main = async (): Promise<boolean> => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      steps: { type: 'string' },
      verbose: { type: 'boolean' },
      stats: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return say(usage);
  const first = count(values.seed, 1);
  const seeds = count(values.seeds, values.seed === undefined ? 10_000 : 1);
  const maxSteps = values.steps === undefined ? undefined : count(values.steps, 0);
  // Most of the cost of an error is its stack, and faults are errors.
  Error.stackTraceLimit = 0;
  const { simulate } = await loadSimulation(smallLimits);
  const met: Met = new Map();
  const started = performance.now();
  const known = values.seed === undefined ? failingSeeds : [];
  let steps = 0;
  for (const seed of [...known, ...range(first, seeds)]) {
    const result = await simulate(seed, met, { maxSteps, verbose: values.verbose });
    steps += result.steps;
    if (values.verbose) for (const line of result.lines) say(line);
    if (result.violation !== undefined) return report(result);
  }
  const seconds = (performance.now() - started) / 1000;
  say(`${seeds} seeds, ${steps} steps, no violation (${Math.round(seeds / seconds)} seeds/s)`);
  if (values.stats)
    for (const each of requiredSituations) say(`${String(met.get(each) ?? 0).padStart(9)}  ${each}`);
  if (seeds < ENOUGH_FOR_EVERY_SITUATION) return true;
  return (await sameTwice(simulate, first)) && isMeaningful(met);
};

const report = ({ seed, hash, steps, violation }: Result): boolean => {
  say(`seed ${seed} breaks a promise after ${steps} steps (trace ${hash}): ${violation?.check}`);
  say(`  ${violation?.detail}`);
  say(`  replay it: npm run sim -- --seed=${seed} --verbose`);
  say(`  and add ${seed} to tests/simulation/failing-seeds.json`);
  return false;
};

const sameTwice = async (simulate: Simulation['simulate'], first: number): Promise<boolean> => {
  for (const seed of range(first, TWICE)) {
    const once = await simulate(seed, new Map());
    const again = await simulate(seed, new Map());
    if (once.hash === again.hash && once.steps === again.steps) continue;
    say(`seed ${seed} is not the same run twice: ${once.hash} and ${again.hash}`);
    return false;
  }
  return say(`${TWICE} seeds run twice leave the same traces`);
};

const isMeaningful = (met: Met): boolean => {
  const missing = neverMet(met);
  if (missing.length === 0) return say(`all ${requiredSituations.length} required situations occurred`);
  for (const situation of missing) say(`void: "${situation}" never occurred`);
  return false;
};

const range = (first: number, length: number): number[] => Array.from({ length }, (_, i) => first + i);

const count = (text: string | undefined, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`Not a count: ${text}\n${usage}`);
  return number;
};

const say = (line: string): true => {
  process.stdout.write(`${line}\n`);
  return true;
};

exitWith(main);
