import { StoreRefused } from '../../relational/store-errors.js';
import type { Ask } from '../../relational/ask.js';
import type { Cell } from '../../relational/rows.js';
import { totalColumns, addTo, type TotalRow } from '../../relational/totals.js';
import { Export } from '../../upkeep/export.js';
import type { ExportLine } from '../../upkeep/export-line.js';
import { otherOf } from '../../upkeep/other-total.js';
import { Proof, type VerifyReport } from '../../upkeep/proof.js';
import { eventFormat, type PlacedRow } from '../events.js';
import { Pool } from '../pool.js';
import { asStartError } from '../postgres-errors.js';

const DAY_MS = 86_400_000;

/** All that is asked within is answered as of one moment, while the service may go on writing. */
const atOneMoment = async function* <T>(
  url: string | undefined,
  work: (ask: Ask, listened: number) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const pool = new Pool({ url, connections: 1, queryTimeoutMs: DAY_MS });
  try {
    const client = await pool.checkOut();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const ask: Ask = async <Row>(sql: string, values: readonly Cell[]) =>
        (await client.query<Record<string, unknown>>(sql, [...values])).rows as Row[];
      yield* work(ask, await listenedIn(ask));
    } finally {
      client.release(true);
    }
  } catch (error) {
    throw asStartError(error);
  } finally {
    await pool.close();
  }
};

const listenedIn = async (ask: Ask): Promise<number> => {
  const [there] = await ask<{ meta: string | null }>("SELECT to_regclass('meta')::text AS meta", []);
  if (there?.meta === null) throw new StoreRefused('The database has no tables of Rockets.');
  const [row] = await ask<{ value: string }>("SELECT value FROM meta WHERE key = 'listened'", []);
  return Number(row?.value ?? 0);
};

/** Proves every row, and all that is stored of each rocket against a fold of its events. */
export const verifyDatabase = async (url: string | undefined): Promise<VerifyReport> => {
  for await (const report of atOneMoment(url, proving)) return report;
  throw new Error('nothing was proven');
};

const proving = async function* (ask: Ask, listened: number): AsyncGenerator<VerifyReport> {
  const damages = new Set<string>();
  const proof = new Proof(ask, listened, eventFormat as never);
  for await (const { findings } of proof.rockets()) findings.differences.forEach((one) => damages.add(one));
  const { totals, ...counts } = proof.totals;
  addTo(totals, 'events', counts.events);
  for (const table of ['events', 'waiting_messages', 'late_messages', 'missing', 'snapshots']) {
    const [row] = await ask<{ strays: number }>(
      `SELECT count(*) AS strays FROM ${table} WHERE NOT EXISTS (SELECT FROM rockets WHERE id = rocket)`,
      [],
    );
    if (row!.strays > 0) damages.add(`damaged: rows of no rocket in "${table}": ${row!.strays}`);
  }
  const other = otherOf(await ask<TotalRow>(`SELECT ${totalColumns} FROM totals`, []), totals);
  if (other !== undefined) damages.add(other);
  yield { ...counts, damages: [...damages] };
};

/** Everything the answers are made of, as `rockets import` takes it. */
export const exportDatabase = (url: string | undefined): AsyncGenerator<ExportLine> =>
  atOneMoment(url, (ask, listened) => new Export(ask, listened, feedOrder).lines());

const feedOrder = {
  format: eventFormat,
  sql: `SELECT ${eventFormat.columns} FROM events WHERE (xid, position) > ($1, $2) ORDER BY xid, position LIMIT $3`,
  start: [0, 0],
  placeOf: ({ xid, position }: PlacedRow): readonly number[] => [xid, position],
};
