import { reachable } from '../../../application/ingest/advance.js';
import type { Head, HeadRequest } from '../../../application/ports/event-store.js';
import { headOf } from '../relational/heads.js';
import { rocketColumns, rocketOf, type RocketRow, type StoredRocket } from '../relational/rocket-rows.js';
import { messageColumns, type Cell, type MessageRow } from '../relational/rows.js';
import { eventFormat, textOf, type PlacedRow } from './events.js';
import { listOf } from './arrays.js';

const cellsOf = (from: string, columns: string): string =>
  `json_build_array(${columns
    .split(', ')
    .map((column) => `${from}.${column}`)
    .join(', ')})`;

/**
 * What the next decisions about some channels need, in one statement: so it is all of one moment. Of the waiting messages
 * the lowest so many, and those of the numbers asked. Planning it takes longer than running it, so the server keeps its plan.
 */
export const headsFunction = `
  CREATE FUNCTION heads_of(channels text[], lowest_of int[], owners int[], numbers bigint[])
  RETURNS TABLE (kind text, request int, cells json, n int)
  LANGUAGE plpgsql STABLE
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  SET plan_cache_mode = force_generic_plan
  AS $body$
  #variable_conflict use_column
  BEGIN
  RETURN QUERY
  WITH request AS MATERIALIZED (
    SELECT * FROM unnest(channels, lowest_of) WITH ORDINALITY AS r(channel, lowest, i)
  ), asked AS MATERIALIZED (
    SELECT * FROM unnest(owners, numbers) WITH ORDINALITY AS a(i, number, n)
  ), found AS MATERIALIZED (
    SELECT request.i, request.lowest, rockets.* FROM request JOIN rockets ON rockets.channel = request.channel
  )
  SELECT 'rocket' AS kind, i::int AS request, ${cellsOf('found', rocketColumns)} AS cells, 0 AS n FROM found
  UNION ALL
  SELECT 'waiting', found.i::int, ${cellsOf('w', messageColumns)}, 0 FROM found
    CROSS JOIN LATERAL (
      SELECT * FROM waiting_messages WHERE waiting_messages.rocket = found.id ORDER BY number LIMIT found.lowest
    ) AS w WHERE found.waiting > 0
  UNION ALL
  SELECT 'waiting', found.i::int, ${cellsOf('w', messageColumns)}, 0 FROM found
    JOIN asked ON asked.i = found.i AND asked.number > found.version
    JOIN waiting_messages AS w ON w.rocket = found.id AND w.number = asked.number WHERE found.waiting > 0
  UNION ALL
  SELECT 'event', found.i::int, ${cellsOf('e', eventFormat.columns)}, asked.n::int FROM found
    JOIN asked ON asked.i = found.i AND asked.number <= found.version
    CROSS JOIN LATERAL (
      SELECT * FROM events WHERE events.rocket = found.id AND events.number >= asked.number ORDER BY number LIMIT 1
    ) AS e
  UNION ALL
  SELECT 'late', found.i::int, ${cellsOf('l', messageColumns)}, 0 FROM found
    JOIN asked ON asked.i = found.i AND asked.number <= found.version
    JOIN late_messages AS l ON l.rocket = found.id AND l.number = asked.number WHERE found.late > 0
  ORDER BY n;
  END
  $body$;
`;

const statement = 'SELECT kind, request, cells, n FROM heads_of($1, $2, $3, $4)';

export interface PartRow {
  readonly kind: 'rocket' | 'waiting' | 'event' | 'late';
  readonly request: number;
  /** JSON. */
  readonly cells: string;
}

interface Found {
  rocket: StoredRocket | undefined;
  readonly waiting: Map<number, MessageRow>;
  readonly event: PlacedRow[];
  readonly late: MessageRow[];
}

/** Runs the statement with its values. */
export type ReadParts = (sql: string, values: readonly Cell[]) => Promise<PartRow[]>;

/** Mostly few of those that wait are looked at; no step comes across more than the last. */
const STEPS = [4, 64, 1100];

export interface LoadedHead {
  readonly head: Head;
  readonly rocket: StoredRocket | undefined;
}

export const readHeads = async (
  read: ReadParts,
  requests: readonly HeadRequest[],
  step = 0,
): Promise<LoadedHead[]> => {
  const lowest = STEPS[step]!;
  const found = await readParts(read, requests, lowest);
  const short: number[] = [];
  const loaded = requests.map((request, i): LoadedHead => {
    const { rocket, waiting, event, late } = found[i]!;
    const rows = [...waiting.values()].sort((a, b) => a.number - b.number);
    if (rocket !== undefined && !isEnough(rocket, request, rows, lowest)) short.push(i);
    return { head: headOf(request, rocket, { waiting: rows, events: event, late }, eventFormat), rocket };
  });
  if (short.length === 0 || step === STEPS.length - 1) return loaded;
  const further = await readHeads(
    read,
    short.map((i) => requests[i]!),
    step + 1,
  );
  short.forEach((i, j) => (loaded[i] = further[j]!));
  return loaded;
};

/** Whether the next step ends among the lowest ones that were read. */
const isEnough = (
  { version, waiting }: StoredRocket,
  request: HeadRequest,
  rows: readonly MessageRow[],
  lowest: number,
): boolean => {
  if (waiting <= lowest) return true;
  const known = rows.slice(0, lowest);
  const reached = reachable(version, request, known, ({ number }) => number);
  const asked = new Set(request.numbers);
  let next = version + 1;
  for (const { number } of reached) {
    while (next < number && asked.has(next)) next++;
    if (number > next && request.skips !== true) return true;
    next = number + 1;
  }
  return false;
};

const readParts = async (
  read: ReadParts,
  requests: readonly HeadRequest[],
  lowest: number,
): Promise<Found[]> => {
  const found = requests.map((): Found => ({ rocket: undefined, waiting: new Map(), event: [], late: [] }));
  const owners: number[] = [];
  const numbers: number[] = [];
  requests.forEach((request, i) => {
    for (const number of request.numbers) {
      owners.push(i + 1);
      numbers.push(number);
    }
  });
  const rows = await read(statement, [
    listOf(requests.map(({ channel }) => channel)),
    listOf(requests.map(() => lowest)),
    listOf(owners),
    listOf(numbers),
  ]);
  for (const { kind, request, cells } of rows) {
    const one = found[request - 1]!;
    const values = JSON.parse(cells) as unknown[];
    if (kind === 'rocket') one.rocket = rocketOf(rowOf<RocketRow>(rocketNames, values));
    else if (kind === 'event') one.event.push(rowOf<PlacedRow>(eventNames, values));
    else {
      const row = rowOf<MessageRow>(messageNames, values);
      if (kind === 'late') one.late.push(row);
      else one.waiting.set(row.number, row);
    }
  }
  return found;
};

const rocketNames = rocketColumns.split(', ');
const eventNames = eventFormat.columns.split(', ');
const messageNames = messageColumns.split(', ');

/** What is said in a row comes as JSON within JSON. */
const rowOf = <Row>(names: readonly string[], cells: readonly unknown[]): Row =>
  Object.fromEntries(
    names.map((name, i) => [name, name === 'data' ? textOf(cells[i] as object) : cells[i]]),
  ) as Row;
