import type { Database } from './database.js';
import { fromVersion1, version1 } from './version-1.js';

/** `migrations[n]` leads from version n to n + 1. Each later version adds a step and changes none. */
export const migrations: readonly ((database: Database) => void)[] = [
  (database) => database.exec(version1),
  fromVersion1,
];

export const SCHEMA_VERSION = migrations.length;
