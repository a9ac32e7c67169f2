import { StoreDamaged } from '../../../../../src/infrastructure/stores/relational/store-errors.js';
import { rebuildFile } from '../../../../../src/infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { changeByHand, filledFile, fillFile, rowsIn } from '../../../../support/filled-file.js';
import { SqliteStores } from '../../../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
beforeEach(async () => {
  file = stores.newFile();
  await fillFile(stores, file);
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

describe('a rebuild', () => {
  it('leads to the same bytes', async () => {
    const before = rowsIn(file);
    expect(await rebuildFile(file)).toMatchObject({ rockets: 3, events: 1506, changed: 0 });
    expect(rowsIn(file)).toEqual(before);
    expect(await verifyFile(file)).toEqual(filledFile);
  });

  it('brings back whatever of the read model was deleted or changed', async () => {
    const before = rowsIn(file);
    changeByHand(
      file,
      `DELETE FROM snapshots; UPDATE rockets SET speed = 1, status = 'flying'; DELETE FROM totals;
       UPDATE missing SET first = first + 1; INSERT INTO snapshots VALUES (99, 256, '', '', 0)`,
    );
    expect((await rebuildFile(file)).changed).toBe(3);
    expect(rowsIn(file)).toEqual(before);
    expect(await verifyFile(file)).toEqual(filledFile);
  });

  it('drops a minute of which nobody can say any more what happened in it', async () => {
    changeByHand(file, "INSERT INTO minutes VALUES (1, 'one', 5, 0, 5, 5, 0, 0, 0, 0, 0, 0, 0, NULL, 0)");
    const damage = 'damaged: the minute 1 of the instance one does not match its checksum';
    expect((await verifyFile(file)).damages).toEqual([damage]);
    await rebuildFile(file);
    expect(await verifyFile(file)).toEqual(filledFile);
  });

  it.each([
    'DELETE FROM events WHERE position = 700',
    'DELETE FROM events WHERE position = 1506',
    "UPDATE events SET data = replace(data, 'PRESSURE', 'FATIGUE')",
    'DELETE FROM waiting_messages WHERE number = 2002',
    'DELETE FROM late_messages',
    "DELETE FROM rockets WHERE channel = 'c'",
  ])('does not cover up what can not be made anew: %s', async (loss) => {
    changeByHand(file, loss);
    const before = rowsIn(file);
    await expect(rebuildFile(file)).rejects.toThrow(StoreDamaged);
    await expect(rebuildFile(file)).rejects.toThrow('nothing was changed');
    expect(rowsIn(file)).toEqual(before);
  });

  it('leaves a file that opens without a word, and whose positions are still good', async () => {
    const store = await stores.open(file);
    const position = await store.lastPosition();
    await stores.closeAll();
    await rebuildFile(file);
    const again = await stores.open(file);
    expect(await again.lastPosition()).toBe(position);
  });
});
