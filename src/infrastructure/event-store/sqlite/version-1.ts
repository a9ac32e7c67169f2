import { sumOf, type Cell } from './checksum.js';
import type { Database } from './database.js';
import { logColumns, NO_LOG } from './log/log.js';
import type { LoggedEarly } from './log/log-line.js';
import { ROWS, rowsInPages } from './folded/row-pages.js';
import { RowsToAppend } from './log/rows-to-append.js';
import { foldedTables, logTable } from './schema.js';
import { StoreDamaged } from './store-errors.js';

/** The tables of version 1, which wrote every event, state and index with the message they came of. */
export const version1 = `
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

interface Event {
  readonly position: number;
  readonly since: number;
  readonly count: number;
  readonly revision: number;
  readonly recorded_at: number;
  readonly body: string;
  readonly channel: string;
  readonly is_right: number;
}

interface Early {
  readonly rocket: number;
  readonly number: number;
  readonly received_at: number;
  readonly body: string;
  readonly channel: string;
  /** Of the rocket. */
  readonly last_revision: number;
  readonly is_right: number;
}

/** Writes what version 1 had into a log, from which the rest is folded when the file is opened. */
export const fromVersion1 = (database: Database): void => {
  database.exec(logTable);
  database.function('sum_of', { varargs: true }, (...cells: Cell[]) => sumOf(cells));
  const append = database.prepare(`INSERT INTO log (${logColumns}) VALUES (?, ?, ?, ?, ?)`);
  const rows = new RowsToAppend(NO_LOG);
  const flush = (): void => {
    for (const { entry, total, place, hash, body } of rows.rows.splice(0)) {
      append.run(entry, total, place, hash, body);
    }
  };
  for (const event of events(database)) {
    const { channel, revision, recorded_at, since, body, count } = event;
    rows.add(`["${channel}",${revision},${recorded_at},${since},${body}]\n`, count);
    flush();
  }
  for (const { channel, next_revision, received_at, number, body } of early(database)) {
    const { time, type, data } = JSON.parse(body) as {
      time: string;
      type: LoggedEarly[3];
      data: LoggedEarly[4];
    };
    const message: LoggedEarly = [number, received_at, time, type, data];
    rows.add(`${JSON.stringify([channel, next_revision, received_at, 0, [], [message], 0])}\n`, 0);
    flush();
  }
  rows.finish();
  flush();
  for (const table of ['events', 'early', 'snapshots', 'rockets', 'channels']) {
    database.exec(`DROP TABLE ${table}`);
  }
  database.exec(foldedTables);
};

const events = function* (database: Database): Generator<Event> {
  const page = database.prepare(`
    SELECT events.*, channel, events.sum = sum_of(position, rocket, since, number, count, revision, recorded_at, body, hash)
      AS is_right
    FROM events LEFT JOIN channels ON channels.id = events.rocket
    WHERE position > ? ORDER BY position LIMIT ${ROWS}`);
  const read = (last: Event | undefined) => page.all(last?.position ?? 0) as unknown as Event[];
  for (const row of rowsInPages(read)) {
    if (row.is_right === 1 && row.channel !== null) yield row;
    else
      throw new StoreDamaged(
        `damaged: the events up to position ${row.position} do not match their checksum`,
      );
  }
};

/** Each with a revision of its own behind those of the events: what is folded is told by it. */
const early = function* (database: Database): Generator<Early & { readonly next_revision: number }> {
  const page = database.prepare(`
    SELECT early.*, rockets.channel, early.sum = sum_of(rocket, number, early.revision, received_at, body) AS is_right,
      rockets.revision AS last_revision
    FROM early LEFT JOIN rockets ON rockets.id = early.rocket
    WHERE (rocket, number) > (?, ?) ORDER BY rocket, number LIMIT ${ROWS}`);
  const read = (last: Early | undefined) =>
    page.all(last?.rocket ?? 0, last?.number ?? 0) as unknown as Early[];
  let rocket = 0;
  let next_revision = 0;
  for (const row of rowsInPages(read)) {
    next_revision = (row.rocket === rocket ? next_revision : row.last_revision) + 1;
    rocket = row.rocket;
    if (row.is_right === 1 && row.channel !== null) yield { ...row, next_revision };
    else
      throw new StoreDamaged(
        `damaged: early message ${row.number} of rocket ${row.rocket} is not as it was written`,
      );
  }
};
