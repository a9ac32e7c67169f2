import type { Ask } from '../../relational/ask.js';
import { rocketCells } from '../../relational/rocket-rows.js';
import { totalColumns, addTo, type TotalRow } from '../../relational/totals.js';
import { beyondRepair, requireMendable, type RebuildReport } from '../../upkeep/mending.js';
import { otherOf } from '../../upkeep/other-total.js';
import { Proof } from '../../upkeep/proof.js';
import type { ProvenRocket } from '../../upkeep/rocket-proof.js';
import { eventFormat } from '../events.js';
import { requireTables } from '../migrating.js';
import { alone } from './connection.js';
import { insertRows } from './insert-rows.js';
import { damagedMinutes, ofNoRocket, strays } from './outside-rockets.js';
import { putTotals } from './put-totals.js';

/**
 * Makes anew what follows from events, waiting and late messages, in one transaction: half of it is never to be seen. A
 * rocket that is right is left as it is.
 */
export const rebuildDatabase = (url: string | undefined): Promise<RebuildReport> =>
  alone(url, (ask, { listened }) => rebuild(ask, listened), requireTables);

const rebuild = async (ask: Ask, listened: number): Promise<RebuildReport> => {
  const proof = new Proof(ask, listened, eventFormat as never);
  let changed = 0;
  for await (const proven of proof.rockets()) {
    requireMendable(proven);
    if (proven.findings.differences.length === 0) continue;
    changed++;
    await mend(ask, proven);
  }
  for (const table of ['snapshots', 'missing']) await ask(`DELETE FROM ${table} WHERE ${ofNoRocket}`, []);
  const [stray] = await strays(ask);
  if (stray !== undefined) throw beyondRepair(stray);
  // Nobody can say what they were, and nothing depends on them.
  for (const { minute, instance } of await damagedMinutes(ask))
    await ask('DELETE FROM minutes WHERE minute = $1 AND instance = $2', [minute, instance]);
  const { totals, rockets, events } = proof.totals;
  addTo(totals, 'events', events);
  const stored = await ask<TotalRow>(`SELECT ${totalColumns} FROM totals`, []);
  const totalsChanged = otherOf(stored, totals) !== undefined;
  await putTotals(ask, totals);
  return { rockets, events, changed, totalsChanged };
};

/** With another revision, so that instances that keep what it was before look again. */
const mend = async (ask: Ask, { expected, snapshots, missing }: ProvenRocket): Promise<void> => {
  const { id, version, revision } = expected;
  await ask('DELETE FROM rockets WHERE id = $1', [id]);
  await insertRows(ask, 'rockets', [rocketCells({ ...expected, revision: revision + 1 })]);
  for (const table of ['snapshots', 'missing']) await ask(`DELETE FROM ${table} WHERE rocket = $1`, [id]);
  await ask('DELETE FROM waiting_messages WHERE rocket = $1 AND number <= $2', [id, version]);
  await insertRows(ask, 'snapshots', snapshots);
  await insertRows(ask, 'missing', missing);
};
