import { minuteColumns } from '../relational/minutes.js';
import { commitFunction } from './commit-function.js';
import { headsFunction } from './head-reader.js';
import { definitions } from './tables.js';
import { timelineFunction } from './timeline.js';

/** The CRC-32 of a gap's columns, as `relational/rows.ts` makes it. PostgreSQL has one of its own from 18 on. */
const cellsOfGap = ['a', 'b', 'c', 'd', 'e']
  .map((cell) => `convert_to(${cell}::text, 'UTF8')`)
  .join(String.raw` || '\x00'::bytea || `);

const ownCrc = `
  CREATE FUNCTION crc32_of(bytes bytea) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
  DECLARE crc bigint := 4294967295;
  BEGIN
    FOR i IN 0 .. length(bytes) - 1 LOOP
      crc := crc # get_byte(bytes, i);
      FOR bit IN 1 .. 8 LOOP
        crc := (crc >> 1) # CASE WHEN crc & 1 = 1 THEN 3988292384 ELSE 0 END;
      END LOOP;
    END LOOP;
    RETURN crc # 4294967295;
  END
  $body$;
`;

const gapSum = (serverVersion: number): string => `
  ${serverVersion >= 180000 ? '' : ownCrc}
  CREATE FUNCTION gap_sum(a bigint, b bigint, c bigint, d bigint, e bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ${serverVersion >= 180000 ? 'crc32' : 'crc32_of'}(${cellsOfGap});
`;

const minutes = minuteColumns
  .split(', ')
  .map((column) => {
    if (column === 'instance') return 'instance text COLLATE "C" NOT NULL';
    return column === 'gaps' ? 'gaps bigint' : `${column} bigint NOT NULL`;
  })
  .join(',\n    ');

const shownTime = (millis: string): string =>
  `to_char(to_timestamp(${millis} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The tables of `docs/tables.md`. What is different from SQLite's: events stand in the feed by the transaction that wrote
 * them and their place in it; a figure has a row for each of several commits at a time (`total_parts`), which the view
 * `totals` sums; and rockets leave room in their pages, since every message writes their rows anew.
 */
const first = (serverVersion: number): string => `
  CREATE TABLE meta (
    key text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL,
    sum bigint NOT NULL
  );

  CREATE SEQUENCE rocket_ids INCREMENT 1000;
  CREATE TABLE rockets (
    ${definitions('rockets')}
  ) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
  CREATE UNIQUE INDEX rockets_by_channel ON rockets (channel);
  CREATE INDEX rockets_by_status ON rockets (status, channel);
  CREATE INDEX rockets_by_type ON rockets (type, channel);
  CREATE INDEX rockets_by_mission ON rockets (mission, channel);
  CREATE INDEX rockets_by_launch ON rockets (launched_at, channel);
  CREATE UNIQUE INDEX rockets_with_gaps ON rockets (channel) WHERE has_gaps = 1;
  CREATE INDEX rockets_by_hearing ON rockets (heard_minute) WHERE status <> 'exploded';

  CREATE TABLE events (
    xid bigint NOT NULL,
    position bigint NOT NULL,
    ${definitions('events')},
    PRIMARY KEY (rocket, number)
  );
  CREATE UNIQUE INDEX events_by_position ON events (xid, position);
  CREATE INDEX launches ON events (xid, position) WHERE type = 'RocketLaunched';
  CREATE INDEX explosions ON events (xid, position) WHERE type = 'RocketExploded';
  CREATE INDEX refusals ON events (xid, position) WHERE type = 'MessageRefused';
  CREATE INDEX skips ON events (xid, position) WHERE type = 'MessagesSkipped';

  CREATE TABLE waiting_messages (
    ${definitions('waiting_messages')},
    PRIMARY KEY (rocket, number)
  );
  CREATE TABLE late_messages (
    ${definitions('late_messages')},
    PRIMARY KEY (rocket, number)
  );

  CREATE TABLE missing (
    ${definitions('missing')},
    PRIMARY KEY (rocket, last)
  );
  CREATE INDEX missing_by_age ON missing (listened);

  CREATE TABLE snapshots (
    ${definitions('snapshots')},
    PRIMARY KEY (rocket, version)
  );

  CREATE TABLE total_parts (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    part int NOT NULL,
    count bigint NOT NULL,
    base bigint NOT NULL,
    sum bigint NOT NULL,
    PRIMARY KEY (kind, name, part)
  ) WITH (fillfactor = 50);
  CREATE VIEW totals AS
    SELECT kind, name, sum(count)::bigint AS count,
      (sum(sum) - (count(*) - 1) * min(base))::bigint AS sum
    FROM total_parts GROUP BY kind, name HAVING sum(count) <> 0;

  CREATE TABLE minutes (
    ${minutes},
    PRIMARY KEY (minute, instance)
  );

  -- What instances tell each other that is no event; it is of use for a moment only.
  CREATE UNLOGGED TABLE notices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance text COLLATE "C" NOT NULL,
    told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    notices json NOT NULL
  );

  CREATE VIEW history AS
    SELECT channel, number, events.type, time, data, ${shownTime('recorded_at')} AS recorded_at
    FROM events JOIN rockets ON rockets.id = events.rocket;

  CREATE VIEW gaps AS
    SELECT channel, greatest(first, version + 1) AS "from", last AS "to", ${shownTime('since')} AS since,
      coalesce(lead(first) OVER (PARTITION BY rocket ORDER BY last), highest_heard + 1) - last - 1 AS waiting
    FROM missing JOIN rockets ON rockets.id = missing.rocket;

  ${gapSum(serverVersion)}
  ${timelineFunction}
  ${commitFunction}
  ${headsFunction}
`;

/**
 * Who holds a lease changes every second, and is not under the checksum. Rows that belong to a subscription go with it also
 * when they are written while it is removed. What signs webhooks is for the owner of the tables alone: whoever was granted
 * SELECT on all of them finds no row there, as no policy lets him.
 */
const second = (): string => `
  CREATE TABLE subscriptions (
    ${definitions('subscriptions')},
    lease_holder text COLLATE "C",
    lease_number bigint NOT NULL DEFAULT 0,
    lease_until timestamptz
  ) WITH (fillfactor = 50);

  CREATE TABLE parked_sequences (
    ${definitions('parked_sequences')},
    PRIMARY KEY (subscription, channel)
  );

  CREATE TABLE subscription_secrets (
    subscription text COLLATE "C" PRIMARY KEY REFERENCES subscriptions ON DELETE CASCADE,
    secrets json NOT NULL,
    sum bigint NOT NULL
  );
  ALTER TABLE subscription_secrets ENABLE ROW LEVEL SECURITY;
`;

/**
 * Brings the tables one version further, forward only, while instances of the version before go on: `docs/operating.md`,
 * "Rolling updates", says what it may do.
 */
export interface Migration {
  readonly sql: (serverVersion: number) => string;
  /** The version of the oldest program that may write to the tables as they are then. */
  readonly oldest: number;
  /** Tables that another program may have by the same names. */
  readonly makes?: readonly string[];
}

/** How many there are is the version of this program. */
export const migrations: readonly Migration[] = [
  { sql: first, oldest: 1 },
  { sql: second, oldest: 1, makes: ['subscriptions', 'parked_sequences', 'subscription_secrets'] },
];

/** What stands in a database without being ours, so that nothing of another program is taken for a part of this one. */
export const ourTables = ['meta', 'rockets', 'events', 'waiting_messages', 'late_messages', 'missing'];
