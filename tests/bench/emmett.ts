import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Change } from '../../src/application/ports/event-store.js';

const packages = [
  '@event-driven-io/emmett@0.42.0',
  '@event-driven-io/emmett-postgresql@0.42.0',
  '@event-driven-io/pongo@0.16.11',
  'pg@8.16.3',
];

interface EmmettStore {
  readonly schema: { migrate(): Promise<unknown> };
  appendToStream(stream: string, events: readonly { type: string; data: unknown }[]): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Emmett's PostgreSQL store, installed into a folder outside of the repository; undefined where that can't be had. */
export const installEmmett = (folder: string): ((url: string) => EmmettStore) | undefined => {
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
      cwd: folder,
      stdio: 'ignore',
    });
    const load = createRequire(join(folder, 'package.json'));
    const { getPostgreSQLEventStore } = load('@event-driven-io/emmett-postgresql') as {
      getPostgreSQLEventStore: (url: string) => EmmettStore;
    };
    return getPostgreSQLEventStore;
  } catch (error) {
    console.error(`… no rows about emmett: it can't be installed (${String(error)})`);
    return undefined;
  }
};

/** Each change is the events of one stream. */
export const appendAll = async (store: EmmettStore, changes: readonly Change[]): Promise<void> => {
  await Promise.all(
    changes.map(({ channel, events }) =>
      store.appendToStream(
        channel,
        events.map(({ event: { type, time, data } }) => ({ type, data: { time, ...data } })),
      ),
    ),
  );
};
