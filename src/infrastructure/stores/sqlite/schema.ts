/** Messages that are no events. */
const messages = (table: string): string =>
  `CREATE TABLE ${table} (
    rocket INTEGER NOT NULL,
    number INTEGER NOT NULL,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    data TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (rocket, number)
  ) STRICT, WITHOUT ROWID;`;

/**
 * The tables, for people described in `docs/tables.md`. Each row ends with `sum`, a CRC-32 over its other columns
 * (`relational/rows.ts`).
 *
 * - What changes with nearly every message (speed, times of update and hearing) has no index: with one, each message would
 *   write two more pages. Listings sorted by it scan; silent rockets are found by the minute.
 * - Events of rare types have partial indexes, which cost the others nothing; the order of the feed is that of `position`,
 *   without a hole.
 * - The index of rockets with gaps is unique, as they are: so its order is all that a page of gaps needs.
 * - `missing` holds the gaps, each under the last of its numbers: messages that fill it from below write nothing there.
 *   Marks on the waiting messages measured the same, and made their rows change.
 */
const first = `
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rockets (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    complete INTEGER NOT NULL,
    type TEXT,
    mission TEXT,
    speed INTEGER,
    speed_change INTEGER,
    reason TEXT,
    launched_at TEXT,
    exploded_at TEXT,
    updated_at TEXT,
    latest TEXT,
    heard_at INTEGER NOT NULL,
    heard_minute INTEGER NOT NULL,
    highest_heard INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    late INTEGER NOT NULL,
    has_gaps INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX rockets_by_channel ON rockets (channel);
  CREATE INDEX rockets_by_status ON rockets (status, channel);
  CREATE INDEX rockets_by_type ON rockets (type, channel);
  CREATE INDEX rockets_by_mission ON rockets (mission, channel);
  CREATE INDEX rockets_by_launch ON rockets (launched_at, channel);
  CREATE UNIQUE INDEX rockets_with_gaps ON rockets (channel) WHERE has_gaps = 1;
  CREATE INDEX rockets_by_hearing ON rockets (heard_minute) WHERE status <> 'exploded';

  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    rocket INTEGER NOT NULL,
    number INTEGER NOT NULL,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    data TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_rocket ON events (rocket, number);
  CREATE INDEX launches ON events (position) WHERE type = 'RocketLaunched';
  CREATE INDEX explosions ON events (position) WHERE type = 'RocketExploded';
  CREATE INDEX refusals ON events (position) WHERE type = 'MessageRefused';
  CREATE INDEX skips ON events (position) WHERE type = 'MessagesSkipped';

  ${messages('waiting_messages')}
  ${messages('late_messages')}

  CREATE TABLE missing (
    rocket INTEGER NOT NULL,
    last INTEGER NOT NULL,
    first INTEGER NOT NULL,
    since INTEGER NOT NULL,
    listened INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (rocket, last)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX missing_by_age ON missing (listened);

  CREATE TABLE snapshots (
    rocket INTEGER NOT NULL,
    version INTEGER NOT NULL,
    latest TEXT NOT NULL,
    state TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (rocket, version)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE totals (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX totals_by_count ON totals (kind, count);

  CREATE TABLE minutes (
    minute INTEGER NOT NULL,
    instance TEXT NOT NULL,
    events INTEGER NOT NULL,
    rules_broken INTEGER NOT NULL,
    received INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    buffered INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    conflict INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    shed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    gaps INTEGER,
    sum INTEGER NOT NULL,
    PRIMARY KEY (minute, instance)
  ) STRICT, WITHOUT ROWID;

  CREATE VIEW history AS
    SELECT channel, number, events.type, time, json(data) AS data,
      strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1000.0, 'unixepoch') AS recorded_at
    FROM events JOIN rockets ON rockets.id = events.rocket;

  CREATE VIEW gaps AS
    SELECT channel, max(first, version + 1) AS "from", last AS "to",
      strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS since,
      coalesce(lead(first) OVER (PARTITION BY rocket ORDER BY last), highest_heard + 1) - last - 1 AS waiting
    FROM missing JOIN rockets ON rockets.id = missing.rocket;
`;

/** What signs webhooks stands in a file beside this one (`secrets-file.ts`), as whoever asks questions here need not know it. */
const subscriptions = `
  CREATE TABLE subscriptions (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    types TEXT,
    channels TEXT,
    sink TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    is_paused INTEGER NOT NULL,
    paused_as TEXT,
    position INTEGER NOT NULL,
    replays INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    retried INTEGER NOT NULL,
    last_error TEXT,
    last_error_at INTEGER,
    failing_since INTEGER,
    next_try_at INTEGER,
    sum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE parked_sequences (
    subscription TEXT NOT NULL,
    channel TEXT NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    since INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at INTEGER,
    what TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (subscription, channel)
  ) STRICT, WITHOUT ROWID;
`;

/** Marks the file as ours in its header: "Rckt". */
export const APPLICATION_ID = 0x52636b74;

/** 1 and 2 were the engine with a log of its own, which nobody but its own release can read. */
export const OLDEST_VERSION = 3;

/** From the oldest version on, what each has more than the one before it; a file is brought along when a service starts. */
export const versions: readonly string[] = [first, subscriptions];

export const SCHEMA_VERSION = OLDEST_VERSION + versions.length - 1;

export const schemaOf = (version: number): string => versions.slice(0, version - OLDEST_VERSION + 1).join('');

export const schema = schemaOf(SCHEMA_VERSION);
