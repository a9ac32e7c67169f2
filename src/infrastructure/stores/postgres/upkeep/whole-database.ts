import type { Ask } from '../../relational/ask.js';
import { StoreRefused } from '../../relational/store-errors.js';
import { totalColumns, addTo, type TotalRow } from '../../relational/totals.js';
import { Export } from '../../upkeep/export.js';
import type { ExportLine, MessageRules } from '../../upkeep/export-line.js';
import { Import, type Imported } from '../../upkeep/import.js';
import { otherOf } from '../../upkeep/other-total.js';
import { Proof, type VerifyReport } from '../../upkeep/proof.js';
import { damagedSubscriptions } from '../../upkeep/subscription-export.js';
import { eventFormat, type PlacedRow } from '../events.js';
import { metaOf } from '../meta.js';
import { alone, atOneMoment } from './connection.js';
import { asInFeed } from '../timeline.js';
import { damagedMinutes, strays } from './outside-rockets.js';
import { WholeImport } from './whole-import.js';

export { rebuildDatabase } from './rebuild.js';

/** Proves every row, and all that is stored of each rocket against a fold of its events. */
export const verifyDatabase = async (url: string | undefined): Promise<VerifyReport> => {
  for await (const report of atOneMoment(url, proving)) return report;
  throw new Error('nothing was proven');
};

const listenedIn = async (ask: Ask): Promise<number> => Number(await metaOf(ask, 'listened'));

const proving = async function* (ask: Ask): AsyncGenerator<VerifyReport> {
  const damages = new Set<string>();
  const proof = new Proof(ask, await listenedIn(ask), eventFormat as never);
  for await (const { findings } of proof.rockets()) findings.differences.forEach((one) => damages.add(one));
  const { totals, ...counts } = proof.totals;
  addTo(totals, 'events', counts.events);
  for (const one of await strays(ask)) damages.add(one);
  for (const { why } of await damagedMinutes(ask)) damages.add(why);
  for (const one of await damagedSubscriptions(ask, placeOrder.columns)) damages.add(one);
  const other = otherOf(await ask<TotalRow>(`SELECT ${totalColumns} FROM totals`, []), totals);
  if (other !== undefined) damages.add(other);
  yield { ...counts, damages: [...damages] };
};

/** Everything the answers are made of, as `rockets import` takes it. */
export const exportDatabase = (url: string | undefined): AsyncGenerator<ExportLine> =>
  atOneMoment(url, async function* (ask) {
    yield* new Export(ask, await listenedIn(ask), feedOrder).lines();
  });

const placeOrder = {
  columns: ['xid', 'position'],
  upTo: `SELECT rocket, number FROM events WHERE (xid, position) <= ($1, $2)
    ORDER BY xid DESC, position DESC LIMIT 1`,
};

const feedOrder = {
  places: placeOrder,
  format: eventFormat,
  sql: `SELECT ${eventFormat.columns} FROM events WHERE (xid, position) > ($1, $2) ORDER BY xid, position LIMIT $3`,
  start: [0, 0],
  placeOf: ({ xid, position }: PlacedRow): readonly number[] => [xid, position],
};

/** Writes the lines of an export into a database in which nothing is. */
export const importDatabase = (
  lines: AsyncIterable<readonly string[]>,
  url: string | undefined,
  rules: MessageRules,
): Promise<Imported> =>
  alone(url, async (ask, { base }) => {
    const [here] = await ask<{ xid: number; holds: string | null }>(
      `SELECT ${asInFeed('pg_current_xact_id()', '$1')} AS xid,
        CASE WHEN EXISTS (SELECT FROM rockets) THEN 'rockets'
          WHEN EXISTS (SELECT FROM subscriptions) THEN 'subscriptions' END AS holds`,
      [base],
    );
    if (here!.holds !== null) {
      throw new StoreRefused(
        `The database holds ${here!.holds} already: give the export an empty one, or a schema of its own, or send it to a running service with --url.`,
      );
    }
    const whole = new WholeImport(ask, here!.xid);
    const work = new Import(whole, rules, whole);
    for await (const some of lines) for (const line of some) await work.take(line);
    const imported = await work.finish();
    await whole.finish();
    return imported;
  });
