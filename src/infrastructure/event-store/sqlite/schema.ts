/**
 * What is true: `log`, one row for the changes that were committed together, each row chained to the one before it by
 * SHA-256. It is only ever appended to, so a commit touches the pages at its end and nothing else.
 */
export const logTable = `
  CREATE TABLE log (
    entry INTEGER PRIMARY KEY,
    total INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
`;

/**
 * What follows from it, folded from the log a little later (`Folding`); it can be dropped and rebuilt. Every row carries
 * `sum`, a CRC-32 over all of its other columns (`checksum.ts`), checked whenever it is read.
 *
 * - `rockets` is the read model and the head of the history in one row. `chain` is the running checksum over all lines
 *   of the rocket. Speeds and times of update change with nearly every message and have no index: with one, folding
 *   would write two more pages a rocket; a page sorted by them takes 20 to 130 ms with 100,000 rockets without (measured).
 * - A speed is REAL because that is what a number is here, above 2^53 too; SQLite stores whole ones as integers.
 * - `history` says in which entries of the log the events of a rocket stand: pairs of a place and the number there,
 *   for the last event of each entry.
 * - `folded` holds the entry of the log up to which all of this is complete.
 */
export const foldedTables = `
  CREATE TABLE rockets (
    channel TEXT PRIMARY KEY,
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
    events INTEGER NOT NULL,
    position INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rockets_by_status ON rockets (status, channel);
  CREATE INDEX rockets_by_type ON rockets (type, channel);
  CREATE INDEX rockets_by_mission ON rockets (mission, channel);
  CREATE INDEX rockets_by_launch ON rockets (launched_key, channel);
  CREATE INDEX rockets_waiting ON rockets (channel) WHERE pending > 0;

  CREATE TABLE history (
    channel TEXT NOT NULL,
    since INTEGER NOT NULL,
    number INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    places TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (channel, since)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE early (
    channel TEXT NOT NULL,
    number INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (channel, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshots (
    channel TEXT NOT NULL,
    version INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    body TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (channel, version)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE folded (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    entry INTEGER NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;
`;

/** Marks the file as ours in its header: "Rckt". */
export const APPLICATION_ID = 0x52636b74;
