import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from './postgres-server.js';

const folder = mkdtempSync(join(tmpdir(), 'rockets-http-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

type Settings = Readonly<Record<string, string>>;

/** The settings of a service for each kind of store; every SQLite one has a new file, removed when all tests have run. */
export const httpStores: readonly { store: string; env: () => Settings }[] = [
  { store: 'memory', env: () => ({}) },
  {
    store: 'sqlite',
    env: () => ({ EVENT_STORE: 'sqlite', SQLITE_FILE: join(folder, `rockets-${++files}.db`) }),
  },
];

export interface StoreOfTest {
  readonly store: string;
  readonly env: () => Settings | Promise<Settings>;
}

/** The same and PostgreSQL, whose server runs while the tests of the file do; each has a schema of its own there. */
export const httpStoresAndPostgres = (): readonly StoreOfTest[] => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server?.stop());
  const env = async () => ({
    EVENT_STORE: 'postgres',
    DATABASE_URL: await server!.newSchema(),
    DATABASE_CONNECTIONS: '4',
  });
  return [...httpStores, { store: 'postgres', env }];
};
