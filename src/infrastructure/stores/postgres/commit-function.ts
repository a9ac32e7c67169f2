import { sumOf } from '../relational/rows.js';
import { SUM_OF_ONE } from '../relational/totals.js';
import { asStored, columnsOf, plainType, type TableName } from './tables.js';
import { asInFeed } from './timeline.js';

/** The namespaces of our advisory locks: lanes, parts of totals, changes of the schema. */
export const LANE_LOCKS = 0x526b1;
export const PART_LOCKS = 0x526b2;
export const SCHEMA_LOCK = 0x526b3;

/** In the order in which they stand in the array, which has to be ascending. */
const lockingOf = (lanes: string): string =>
  `pg_advisory_xact_lock(${LANE_LOCKS}, lane) FROM unnest(${lanes}) AS lane`;

export const lockLanes = `SELECT ${lockingOf('$1::int[]')}`;

/** What is raised when a commit was decided on another epoch, or before another server took over. */
export const EPOCH_MOVED = 'RK001';

/** So many commits at a time each have rows of their own among the totals; more wait for one another. */
const PARTS = 64;

/** What goes into the function as arrays, column by column; `prefix` keeps their names apart. */
const inserted: Readonly<Record<string, TableName>> = {
  r: 'rockets',
  e: 'events',
  w: 'waiting_messages',
  l: 'late_messages',
  g: 'missing',
  s: 'snapshots',
};

export const rowsIn = Object.entries(inserted);

const others = {
  /** The revision on which each rocket's change was decided; 0: it has no row yet. */
  r_was: 'bigint',
  /** Rockets some of whose waiting messages are history, and up to which number. */
  f_rocket: 'bigint',
  f_version: 'bigint',
  /** Rockets that may have passed gaps, and up to which number. */
  p_rocket: 'bigint',
  p_version: 'bigint',
  /** By how much the figures change, rocket by rocket; `t_base` is what a figure of zero has as its checksum. */
  t_rocket: 'bigint',
  t_kind: 'text',
  t_name: 'text',
  t_count: 'bigint',
  t_base: 'bigint',
};

export const otherArrays = Object.keys(others);

const parameters = (): string[] => [
  'the_epoch text',
  'lanes int[]',
  ...rowsIn.flatMap(([prefix, table]) =>
    columnsOf(table).map((column) => `${prefix}_${column} ${plainType(table, column)}[]`),
  ),
  ...Object.entries(others).map(([name, type]) => `${name} ${type}[]`),
];

/** The call, with a place for each parameter. */
export const callOfCommit = `SELECT moved, xid FROM commit_changes(${parameters()
  .map((_, i) => `$${i + 1}`)
  .join(', ')})`;

const rowsOf = (prefix: string): string => {
  const table = inserted[prefix]!;
  const columns = columnsOf(table);
  const arrays = columns.map((column) => `${prefix}_${column}`);
  return `unnest(${arrays.join(', ')}) AS ${prefix}(${columns.join(', ')})`;
};

const insertion = (prefix: string): string => {
  const table = inserted[prefix]!;
  const columns = columnsOf(table);
  const values = columns.map((column) => asStored(table, column, prefix));
  return `INSERT INTO ${table} (${columns.join(', ')})
    SELECT ${values.join(', ')} FROM ${rowsOf(prefix)} WHERE ${prefix}.rocket <> ALL (stale);`;
};

const rocketArrays = columnsOf('rockets').map((column) => `r_${column}`);
const rocketRows = `unnest(${rocketArrays.join(', ')}, r_was) AS r(${columnsOf('rockets').join(', ')}, was)`;
const rocketUpdates = columnsOf('rockets')
  .filter((column) => column !== 'id' && column !== 'channel')
  .map((column) => `${column} = r.${column}`);

const eventColumns = columnsOf('events');
const eventValues = eventColumns.map((column) => asStored('events', column, 'e'));
const eventArrays = eventColumns.map((column) => `e_${column}`);

/**
 * A whole batch in one call. The lanes' locks come first, in ascending order, in statements of their own: what follows
 * sees whatever was committed before they were given, and draws its transaction id behind every earlier commit of these
 * lanes. That makes the order by (transaction id, position) that of each rocket's numbers.
 *
 * A change whose rocket is at another revision is not written, nor is anything that belongs to it; its channel comes back.
 */
export const commitFunction = `
  CREATE FUNCTION commit_changes(${parameters().join(', ')}, OUT moved text[], OUT xid bigint)
  LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
  AS $body$
  #variable_conflict use_column
  DECLARE
    stale bigint[];
    base bigint;
    opened bigint := 0;
    passed bigint := 0;
    recorded bigint;
    own_part int := 0;
  BEGIN
    PERFORM ${lockingOf('lanes')};
    -- The table has another oid where a dump was restored under a running instance, which alone changes no value.
    IF NOT EXISTS (
      SELECT FROM meta WHERE key = 'epoch' AND value || ' ' || tableoid || ' ' || timeline() = the_epoch
    ) THEN
      RAISE EXCEPTION 'the database is not the one that this was decided on' USING ERRCODE = '${EPOCH_MOVED}';
    END IF;

    SELECT coalesce(array_agg(r.channel), '{}'), coalesce(array_agg(r.id), '{}') INTO moved, stale
      FROM unnest(r_id, r_channel, r_was) AS r(id, channel, was)
      LEFT JOIN rockets ON rockets.channel = r.channel
      WHERE coalesce(rockets.revision, 0) <> r.was;
    IF cardinality(stale) = cardinality(r_id) THEN
      xid := 0;
      RETURN;
    END IF;
    -- Whatever the server or the role is set to: an acknowledgement is worth a flush. More than that stays more.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    SELECT value::bigint INTO base FROM meta WHERE key = 'xid_base';
    xid := ${asInFeed('pg_current_xact_id()', 'base')};

    IF 0 = ANY (r_was) THEN
      INSERT INTO rockets SELECT ${columnsOf('rockets')
        .map((column) => `r.${column}`)
        .join(', ')}
        FROM ${rocketRows} WHERE r.was = 0 AND r.id <> ALL (stale);
    END IF;
    UPDATE rockets SET ${rocketUpdates.join(', ')}
      FROM ${rocketRows} WHERE rockets.id = r.id AND r.was > 0 AND r.id <> ALL (stale);
    INSERT INTO events (xid, position, ${eventColumns.join(', ')})
      SELECT commit_changes.xid, e.position, ${eventValues.join(', ')}
      FROM unnest(${eventArrays.join(', ')}) WITH ORDINALITY AS e(${eventColumns.join(', ')}, position)
      WHERE e.rocket <> ALL (stale);
    GET DIAGNOSTICS recorded = ROW_COUNT;

    IF cardinality(f_rocket) > 0 THEN
      DELETE FROM waiting_messages USING unnest(f_rocket, f_version) AS f(rocket, version)
        WHERE waiting_messages.rocket = f.rocket AND waiting_messages.number <= f.version
        AND f.rocket <> ALL (stale);
    END IF;
    IF cardinality(p_rocket) > 0 THEN
      DELETE FROM missing USING unnest(p_rocket, p_version) AS p(rocket, version)
        WHERE missing.rocket = p.rocket AND missing.last <= p.version AND p.rocket <> ALL (stale);
      GET DIAGNOSTICS passed = ROW_COUNT;
    END IF;
    IF cardinality(w_rocket) > 0 THEN
      ${insertion('w')}
      -- The numbers that wait now are no longer missing: what is left of each gap around them are the pieces between.
      -- A row that does not match its checksum leaves pieces that do not either.
      WITH touched AS MATERIALIZED (
        SELECT gap.*, w.number FROM unnest(w_rocket, w_number) AS w(rocket, number)
        CROSS JOIN LATERAL (
          SELECT * FROM missing WHERE missing.rocket = w.rocket AND missing.last >= w.number
          ORDER BY missing.last LIMIT 1
        ) AS gap
        WHERE gap.first <= w.number AND w.rocket <> ALL (stale)
      ), pieces AS (
        SELECT rocket, number - 1 AS last, since, listened, last AS old_last, first AS old_first, sum,
          coalesce(lag(number) OVER (PARTITION BY rocket, last ORDER BY number) + 1, first) AS first
        FROM touched
        UNION ALL
        SELECT rocket, last, since, listened, last, first, sum, max(number) + 1
        FROM touched GROUP BY rocket, last, first, since, listened, sum
      ), gone AS (
        DELETE FROM missing USING touched
        WHERE missing.rocket = touched.rocket AND missing.last = touched.last AND touched.number = touched.last
      ), put AS (
        INSERT INTO missing AS m (rocket, last, first, since, listened, sum)
        SELECT rocket, last, first, since, listened, gap_sum(rocket, last, first, since, listened)
          # gap_sum(rocket, old_last, old_first, since, listened) # sum
        FROM pieces WHERE first <= last ORDER BY rocket, last
        ON CONFLICT (rocket, last) DO UPDATE SET first = excluded.first, sum = excluded.sum
      )
      SELECT (SELECT count(*) FROM pieces WHERE first <= last)
        - (SELECT count(DISTINCT (rocket, last)) FROM touched) INTO opened;
    END IF;
    IF cardinality(g_rocket) > 0 THEN
      ${insertion('g')}
      opened := opened + (SELECT count(*) FROM unnest(g_rocket) AS g(rocket) WHERE g.rocket <> ALL (stale));
    END IF;
    IF cardinality(l_rocket) > 0 THEN
      ${insertion('l')}
    END IF;
    IF cardinality(s_rocket) > 0 THEN
      ${insertion('s')}
    END IF;

    WHILE own_part < ${PARTS} AND NOT pg_try_advisory_xact_lock(${PART_LOCKS}, own_part) LOOP
      own_part := own_part + 1;
    END LOOP;
    IF own_part = ${PARTS} THEN
      PERFORM pg_advisory_xact_lock(${PART_LOCKS}, own_part);
    END IF;
    INSERT INTO total_parts AS t (kind, name, part, count, base, sum)
      SELECT kind, name, own_part, sum(count), n.base, n.base + sum(count) * ${SUM_OF_ONE} FROM (
        SELECT kind, name, count, t.base
          FROM unnest(t_rocket, t_kind, t_name, t_count, t_base) AS t(rocket, kind, name, count, base)
          WHERE t.rocket <> ALL (stale)
        UNION ALL SELECT 'fleet', 'events', recorded, ${sumOf(['fleet', 'events'])}
        UNION ALL SELECT 'fleet', 'gaps', opened - passed, ${sumOf(['fleet', 'gaps'])}
      ) AS n
      GROUP BY kind, name, n.base HAVING sum(count) <> 0
      ON CONFLICT (kind, name, part) DO UPDATE
        SET count = t.count + excluded.count, sum = t.sum + ${SUM_OF_ONE} * excluded.count;
    IF 0 > ANY (t_count) THEN
      DELETE FROM total_parts USING unnest(t_kind, t_name) AS t(kind, name)
        WHERE total_parts.kind = t.kind AND total_parts.name = t.name AND part = own_part AND count = 0;
    END IF;
  END
  $body$;
`;
