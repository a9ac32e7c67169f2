import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backupFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/backup.js';
import { rebuildFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { exportFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/transfer.js';
import { launched, received, write } from '../../../support/builders.js';

/** Whatever a file system takes: a part of them means something in a URI or in SQL. */
const names = [
  'a b',
  "it's",
  'a?mode=memory',
  'a#b',
  '100%41',
  'ü😀',
  'a"b',
  'a\nb',
  'a\\b',
  ':memory:',
  'file:a?mode=ro',
];

describe('a file of any name', () => {
  const before = process.cwd();
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'rockets-')), "it's 100%41? #");
    mkdirSync(directory);
    process.chdir(directory);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  it.each(names)('is written, proved, rebuilt, exported and copied: %j', async (name) => {
    for (const file of [name, join(directory, `absolute ${name}`)]) {
      const store = await SqliteEventStore.open({ file, synchronous: 'normal' });
      await write(store, 'rocket', { events: [launched()], added: [received('rocket', 5)] });
      await store.close();
      const whole = { rockets: 1, events: 1, waiting: 1, late: 0, damages: [] };
      expect(await verifyFile(file)).toEqual(whole);
      expect((await rebuildFile(file)).changed).toBe(0);
      const kinds: string[] = [];
      for await (const { kind } of exportFile(file)) kinds.push(kind);
      expect(kinds).toContain('waiting');
      await backupFile(file, `${file} copy`);
      expect(await verifyFile(`${file} copy`)).toEqual(whole);
    }
    const files = readdirSync(directory).filter((found) => !/-(lock|wal|shm|session-\w+)$/.test(found));
    const expected = [name, `absolute ${name}`].flatMap((file) => [file, `${file} copy`]);
    expect(files.sort()).toEqual(expected.sort());
  });
});
