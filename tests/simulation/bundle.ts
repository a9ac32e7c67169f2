import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve, sep } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type * as simulation from './simulation.js';

/** A change of the source for one build; `find` stands in `file` exactly once. */
export interface Replacement {
  readonly file: string;
  readonly find: string | RegExp;
  readonly replace: string;
}

export type Simulation = typeof simulation;

/** Another value for a constant. */
function limit(file: string, name: string, value: number): Replacement {
  return { file, find: new RegExp(`\\b${name} = [^;]+;`), replace: `${name} = ${value};` };
}

/**
 * With the limits of production a small run would never reach them. Lowered, each of them is reached all the time,
 * and what happens there is simulated as thoroughly as everything else.
 */
export const smallLimits: readonly Replacement[] = [
  limit('src/application/ingest/advance.ts', 'EVENTS_PER_STEP', 3),
  limit('src/application/ingest/reorder-buffer.ts', 'MESSAGES_PER_BATCH', 4),
  limit('src/application/ingest/reorder-buffer.ts', 'CHANNELS_PER_BATCH', 2),
  limit('src/application/ingest/worker-pool.ts', 'MESSAGES_PER_EVENT_LOOP_TURN', 7),
  limit('src/application/ingest/worker-pool.ts', 'ENOUGH', 3),
  limit('src/application/ingest/worker-pool.ts', 'EVENTS_PER_COMMIT', 3),
  limit('src/application/ingest/worker-pool.ts', 'SKIPS_TOGETHER', 3),
  limit('src/application/rocket-queries.ts', 'PAGE', 3),
  limit('src/application/gaps/skip-overdue-gaps.ts', 'PAGE', 2),
  limit('src/application/gaps/skip-overdue-gaps.ts', 'TOGETHER', 2),
  limit('src/application/feed/shared-pages.ts', 'EVENTS_PER_PAGE', 3),
  limit('src/application/feed/shared-pages.ts', 'AT_A_TIME', 1),
  limit('src/application/feed/shared-pages.ts', 'AT_HAND', 2),
  limit('src/application/feed/event-feed.ts', 'BEAT_MS', 700),
  limit('src/application/feed/event-feed.ts', 'NOTICES_EVERY_MS', 40),
  limit('src/application/feed/feed-tail.ts', 'EVENTS_AT_HAND', 6),
  limit('src/application/feed/feed-tail.ts', 'BURSTS_AT_HAND', 3),
  limit('src/application/feed/feed-tail.ts', 'EVENTS_PER_BURST', 2),
  limit('src/application/feed/feed-tail.ts', 'BURSTS_SHARED', 2),
  limit('src/application/feed/feed-tail.ts', 'NAMED_AT_ONCE', 2),
  limit('src/application/feed/shared-turns.ts', 'SLICE_MS', 3e-6),
  limit('src/application/ingest/queue-messages.ts', 'MOST_MESSAGES', 4),
  limit('src/application/ingest/queue-messages.ts', 'MOST_BYTES', 500),
  limit('src/application/ingest/queue-messages.ts', 'MOST_BESIDE_STREAMS', 12),
  limit('src/infrastructure/kafka/consume-messages.ts', 'IN_FLIGHT', 6),
  limit('src/infrastructure/kafka/consume-messages.ts', 'IN_FLIGHT_BYTES', 3000),
  limit('tests/simulation/group.ts', 'MOST_IN_HAND', 6),
  limit('tests/simulation/group.ts', 'MOST_BYTES_IN_HAND', 3000),
  limit('src/infrastructure/kafka/rejected-records.ts', 'MOST_RECORDS', 3),
  limit('src/infrastructure/kafka/rejected-records.ts', 'MOST_BYTES', 700),
  limit('src/application/subscriptions/deliveries.ts', 'LEASE_MS', 900),
  limit('src/application/subscriptions/deliveries.ts', 'MARGIN_MS', 200),
  limit('src/application/subscriptions/deliveries.ts', 'LOOK_EVERY_MS', 150),
  limit('src/application/subscriptions/deliveries.ts', 'SAVE_EVERY_MS', 60),
  limit('src/application/subscriptions/delivery.ts', 'SAVE_PASSED_AFTER_MS', 500),
  limit('src/application/subscriptions/delivery.ts', 'AGAIN_AFTER_MS', 100),
  limit('src/application/subscriptions/delivery.ts', 'MOST_SUSPECTS', 2),
  limit('src/application/subscriptions/delivery.ts', 'MOST_PARKED', 2),
  limit('src/application/subscriptions/delivery.ts', 'GRACE_MS', 200),
  limit('src/application/subscriptions/delivery.ts', 'CATCH_UP_PAGE', 2),
  limit('src/application/subscriptions/pulled-feed.ts', 'ENOUGH', 3),
  limit('src/application/subscriptions/subscriptions.ts', 'PAGE', 1),
  limit('src/application/subscriptions/pauses.ts', 'FIRST_MS', 50),
  limit('src/application/subscriptions/pauses.ts', 'LONGEST_MS', 1500),
  { file: 'src/infrastructure/kafka/progress.ts', find: 'this.first > 1000', replace: 'this.first > 2' },
];

/** Builds the simulation with the replacements in place and loads it. */
export const loadSimulation = async (replacements: readonly Replacement[]): Promise<Simulation> => {
  const outfile = resolve('build', 'simulation.js');
  await build({
    entryPoints: [resolve('tests', 'simulation', 'simulation.ts')],
    bundle: true,
    platform: 'node',
    packages: 'external',
    outfile,
    logLevel: 'error',
    plugins: [replacing(replacements)],
  });
  const load = createRequire(outfile);
  delete load.cache[outfile];
  return load(outfile) as Simulation;
};

const replacing = (replacements: readonly Replacement[]): Plugin => ({
  name: 'replacing',
  setup({ onLoad, onEnd }) {
    const left = new Set(replacements);
    // All others are read by the builder itself, which is faster.
    const files = replacements.map(({ file }) => file.replaceAll('.', '\\.'));
    onLoad({ filter: new RegExp(`[\\\\/](${files.join('|')})$`) }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const replacement of replacements) {
        if (!path.endsWith(sep + replacement.file)) continue;
        contents = replaceOnce(contents, replacement);
        left.delete(replacement);
      }
      return { contents, loader: 'ts' };
    });
    onEnd(() => {
      for (const { file } of left) throw new Error(`${file} is no part of the simulation.`);
    });
  },
});

const replaceOnce = (text: string, { file, find, replace }: Replacement): string => {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
  return parts.join(replace);
};
