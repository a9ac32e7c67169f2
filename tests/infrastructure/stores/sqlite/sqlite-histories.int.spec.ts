import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '../../../../src/application/ports/event-store.js';
import { rebuildFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import type { WritePlace } from '../../../../src/infrastructure/stores/sqlite/writing.js';
import { walkFeed } from '../../../contracts/open-store.js';
import { rowsIn } from '../../../support/filled-file.js';
import {
  Histories,
  scripts,
  sendings,
  type Script,
  type Sending,
} from '../../../support/rocket-histories.js';
import { runs } from '../../../support/thorough.js';

const ROCKETS = 5;
const tables = [
  'rockets',
  'events',
  'waiting_messages',
  'late_messages',
  'missing',
  'snapshots',
  'totals',
] as const;

type Step =
  | { readonly do: 'write'; readonly sent: readonly Sending[] }
  /** The same while nothing can be written to one of the tables; when it fails, it is tried again afterwards. */
  | { readonly do: 'fail'; readonly table: (typeof tables)[number]; readonly sent: readonly Sending[] }
  | { readonly do: 'listen' | 'reopen' | 'crash' };

const groups = fc.array(sendings(ROCKETS), { minLength: 1, maxLength: 5 });
const plainObjects = { noNullPrototype: true };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write'), sent: groups }, plainObjects) },
  {
    weight: 3,
    arbitrary: fc.record(
      { do: fc.constant('fail'), table: fc.constantFrom(...tables), sent: groups },
      plainObjects,
    ),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('listen', 'reopen', 'crash') }, plainObjects) },
);
const plans = fc.array(steps, { minLength: 1, maxLength: 25, size: 'max' });
const places = fc.constantFrom<WritePlace>('here', 'thread', 'auto');

/** A file, and the store that has it open; a plain fold of what was written tells what is to be sent. */
class Run {
  readonly histories: Histories;
  file: string;
  private store: SqliteEventStore | undefined;
  private files = 0;

  constructor(
    private readonly folder: string,
    script: Script,
    private readonly place: WritePlace,
  ) {
    this.histories = new Histories(script);
    this.file = this.newFile();
    mkdirSync(folder);
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'write') return this.write(step.sent);
    if (step.do === 'fail') return this.fail(step.table, step.sent);
    if (step.do === 'listen') return void (await (await this.opened()).listened(1000));
    if (step.do === 'crash') this.leaveAsItIs();
    await this.close();
  }

  async expectFeed(): Promise<void> {
    const feed = await walkFeed(await this.opened(), { limit: 500 });
    expect(feed.map(({ channel, number, event }) => ({ channel, number, event }))).toEqual(
      this.histories.feed,
    );
  }

  async close(): Promise<void> {
    const { store } = this;
    this.store = undefined;
    await store?.close();
  }

  private async write(sent: readonly Sending[]): Promise<void> {
    const { changes, moved } = this.histories.write(sent);
    await this.commit(changes, moved);
  }

  private async fail(table: string, sent: readonly Sending[]): Promise<void> {
    const { changes, moved } = this.histories.write(sent);
    await this.opened();
    this.execute(`
      CREATE TRIGGER no_insert BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END;
      CREATE TRIGGER no_update BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`);
    const failed = await this.commit(changes, moved).then(
      () => false,
      (error: Error) => {
        if (!error.message.endsWith('no')) throw error;
        return true;
      },
    );
    this.execute('DROP TRIGGER no_insert; DROP TRIGGER no_update');
    if (!failed) return;
    // A connection that failed is given up for a moment.
    await delay(150);
    await this.commit(changes, moved);
  }

  private async commit(changes: readonly Change[], moved: readonly string[]): Promise<void> {
    const heads = await (await this.opened()).commit(changes);
    expect(heads.map(({ channel }) => channel)).toEqual(moved);
  }

  private async opened(): Promise<SqliteEventStore> {
    const options = { file: this.file, synchronous: 'normal', place: this.place } as const;
    return (this.store ??= await SqliteEventStore.open(options));
  }

  /** What the disk holds at this moment is all that is left. */
  private leaveAsItIs(): void {
    const copy = this.newFile();
    for (const end of ['', '-wal']) {
      if (existsSync(this.file + end)) copyFileSync(this.file + end, copy + end);
    }
    this.file = copy;
  }

  private newFile(): string {
    return join(this.folder, `${++this.files}.db`);
  }

  private execute(sql: string): void {
    const database = new DatabaseSync(this.file);
    database.exec(sql);
    database.close();
  }
}

describe('what was written', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rockets-histories-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  let folders = 0;

  const rowsAfter = async (plan: readonly Step[], script: Script, place: WritePlace): Promise<unknown> => {
    const folder = join(directory, `${++folders}`);
    const run = new Run(folder, script, place);
    try {
      for (const step of plan) await run.take(step);
      await run.expectFeed();
      await run.close();
      expect((await verifyFile(run.file)).damages).toEqual([]);
      const rows = rowsIn(run.file);
      expect((await rebuildFile(run.file)).changed).toBe(0);
      expect(rowsIn(run.file)).toEqual(rows);
      return rows;
    } finally {
      await run.close();
      rmSync(folder, { recursive: true, force: true });
    }
  };

  it(
    'stands in the same rows, wherever it was written, and whatever failed, ended or crashed in between',
    async () => {
      await fc.assert(
        fc.asyncProperty(scripts, plans, places, async (script, plan, place) => {
          const undisturbed = plan.flatMap((step): Step[] => {
            if (step.do === 'fail') return [{ do: 'write', sent: step.sent }];
            return step.do === 'reopen' || step.do === 'crash' ? [] : [step];
          });
          const rows = await rowsAfter(undisturbed, script, 'here');
          expect(await rowsAfter(plan, script, place)).toEqual(rows);
        }),
        { numRuns: runs(6, 60, 200) },
      );
    },
    runs(60_000, 1_200_000),
  );
});
