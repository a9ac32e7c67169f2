import type { DatabaseSync } from '@photostructure/sqlite';
import { foldedTables, logTables } from './schema.js';

type Migration = (database: InstanceType<typeof DatabaseSync>) => void;

/** `migrations[n]` leads from version n to n + 1. Each later version adds a step and changes none. */
export const migrations: readonly Migration[] = [(database) => database.exec(logTables + foldedTables)];

export const SCHEMA_VERSION = migrations.length;
