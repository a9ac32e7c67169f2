import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { verifyFile } from '../../../src/infrastructure/event-store/sqlite/maintenance.js';
import { launched, newMission, write } from '../../support/builders.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const HEADER = 32;
const FRAME = 24 + 4096;
const SECTOR = 512;
/** The header of this frame lies across two sectors: the size of the database in one, the salts in the next. */
const ACROSS = 41;

it('takes a torn transaction over an older one in the log as what was not acknowledged', async () => {
  const stores = new SqliteStores();
  const file = stores.newFile();
  const store = await stores.open(file);
  const missions = Array.from({ length: 127 }, () => newMission('🚀'.repeat(256)));
  await write(store, 'rocket-1', { events: [launched(), ...missions] });
  const copy = stores.newFile();
  cpSync(file, copy);
  const log = readFileSync(`${file}-wal`);
  const place = (frame: number): number => HEADER + frame * FRAME;
  const endsTransaction = (frame: number): boolean => log.readUInt32BE(place(frame) + 4) !== 0;
  // The last transaction begins before these frames and goes on behind them.
  for (let frame = ACROSS - 2; frame <= ACROSS; frame++) expect(endsTransaction(frame)).toBe(false);
  expect(log.length).toBeGreaterThan(place(ACROSS + 2));
  expect(place(ACROSS) % SECTOR).toBe(SECTOR - 8);
  // One frame never arrived; of another one sector did not, and holds what an older log ended a transaction with there.
  log.fill(0, place(ACROSS - 2), place(ACROSS - 1));
  log.writeUInt32BE(1, place(ACROSS) + 4);
  writeFileSync(`${copy}-wal`, log);
  expect(verifyFile(copy).damages).toEqual([]);
  await stores.open(copy);
  await stores.remove();
});
