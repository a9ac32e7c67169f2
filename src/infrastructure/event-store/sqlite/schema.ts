/**
 * The tables, as version 1 of the file made them. Each later version adds a step to `migrations` and changes none.
 *
 * - Every row carries `sum`, a CRC-32 over all of its other columns (`checksum.ts`), checked whenever it is read.
 * - `events` is keyed by its place in the feed, so that writing only ever appends. One row holds the events that one
 *   commit gave one rocket; numbers and positions name the last event of the row, which makes every bound `> after`.
 *   `hash` chains the rows of a rocket by SHA-256.
 * - A speed is REAL because that is what a number is here, above 2^53 too; SQLite stores whole ones as integers.
 * - `rockets` is the read model and the head of the history in one row; it can be rebuilt from the other tables. It is written with every commit, so only
 *   columns that rarely change are indexed: two more indexes, over speed and update time, cost 27 µs a message with
 *   100,000 rockets (measured; without them it is 22), and a page sorted by them takes 20 to 130 ms without.
 */
const version1 = `
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE rockets (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    complete INTEGER NOT NULL,
    type TEXT,
    mission TEXT,
    launched_at TEXT,
    launched_key TEXT,
    speed REAL,
    reason TEXT,
    exploded_at TEXT,
    updated_at TEXT,
    updated_key TEXT,
    latest INTEGER,
    highest INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash TEXT NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX rockets_by_channel ON rockets (channel);
  CREATE INDEX rockets_by_status ON rockets (status, channel);
  CREATE INDEX rockets_by_type ON rockets (type, channel);
  CREATE INDEX rockets_by_mission ON rockets (mission, channel);
  CREATE INDEX rockets_by_launch ON rockets (launched_key, channel);
  CREATE INDEX rockets_waiting ON rockets (channel) WHERE pending > 0;

  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    rocket INTEGER NOT NULL,
    since INTEGER NOT NULL,
    number INTEGER NOT NULL,
    count INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_rocket ON events (rocket, number);

  CREATE TABLE early (
    rocket INTEGER NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (rocket, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshots (
    rocket INTEGER NOT NULL,
    version INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    body TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (rocket, version)
  ) STRICT, WITHOUT ROWID;
`;

/** `migrations[n]` leads from version n to n + 1. */
export const migrations: readonly string[] = [version1];

export const SCHEMA_VERSION = migrations.length;

/** Marks the file as ours in its header: "Rckt". */
export const APPLICATION_ID = 0x52636b74;
