import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** One line of the table: a ratio or a figure with what we call good and where we want to be. */
export interface Row {
  readonly goal: string;
  readonly what: string;
  readonly measured: number;
  readonly good?: number;
  readonly target?: number;
  readonly better?: 'higher' | 'lower';
  readonly unit?: string;
}

export type Bench = () => Promise<Row[]>;

/** The rows of every benchmark, or of those named on the command line. */
export const chosenRows = async (benches: Readonly<Record<string, Bench>>): Promise<Row[]> => {
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const rows: Row[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.error(`… ${name}`);
    rows.push(...(await bench()));
  }
  return rows;
};

export const verdict = ({ measured, good, target, better = 'higher' }: Row): string => {
  const reaches = (bound: number | undefined): boolean =>
    bound !== undefined && (better === 'higher' ? measured >= bound : measured <= bound);
  if (good === undefined) return '';
  if (reaches(target)) return 'goal';
  return reaches(good) ? 'good' : 'below';
};

export const shown = (value: number | undefined, unit = ''): string =>
  value === undefined ? '' : `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)}${unit}`;

export const rowsTable = (rows: readonly Row[]): string =>
  [
    '| # | what | measured | good | goal | |\n|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const { goal, what, measured, good, target, unit } = row;
      return `| ${goal} | ${what} | ${shown(measured, unit)} | ${shown(good, unit)} | ${shown(target, unit)} | ${verdict(row)} |`;
    }),
  ].join('\n');

/** Quick runs prove that the benchmarks work; only full ones are worth quoting. */
export const quick = process.argv.includes('--quick');
export const scaled = (count: number): number => (quick ? Math.ceil(count / 20) : count);
export const ROUNDS = quick ? 3 : 7;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
};

export const percentile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN;
};

/**
 * Runs every candidate once per round, in an order that turns round by round, so that a slow minute of the machine
 * hits all of them. Answers the measurements of each, by round.
 */
export const interleaved = async <K extends string>(
  candidates: Readonly<Record<K, () => Promise<number> | number>>,
  rounds = ROUNDS,
): Promise<Record<K, number[]>> => {
  const names = Object.keys(candidates) as K[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length]!;
      results[name].push(await candidates[name]());
    }
  }
  return results;
};

/** Median of the per-round ratios. */
export const ratio = (above: readonly number[], below: readonly number[]): number =>
  median(above.map((value, round) => value / below[round]!));

export const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** The longest time, in milliseconds, that the event loop of this process stood still while something ran. */
export const longestStall = async (run: () => Promise<unknown>): Promise<number> => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  collectGarbage();
  delay.enable();
  await run();
  // A stall shows when it is over.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return delay.max / 1e6;
};

export const machine = (): string =>
  `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
  `${process.platform}, Node ${process.version}`;

export const collectGarbage = (): void => {
  (globalThis as { gc?: () => void }).gc?.();
};

/** In a directory that is gone afterwards. */
export const inDirectory = async <T>(measure: (directory: string) => Promise<T>): Promise<T> => {
  const directory = mkdtempSync(join(tmpdir(), 'rockets-bench-'));
  try {
    return await measure(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
