import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'rockets-http-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** The settings of a service for each kind of store; every SQLite one has a new file, removed when all tests have run. */
export const httpStores: readonly { store: string; env: () => Readonly<Record<string, string>> }[] = [
  { store: 'memory', env: () => ({}) },
  {
    store: 'sqlite',
    env: () => ({ EVENT_STORE: 'sqlite', SQLITE_FILE: join(folder, `rockets-${++files}.db`) }),
  },
];
