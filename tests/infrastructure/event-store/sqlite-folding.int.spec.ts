import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Change, Head, StoredEvent } from '../../../src/application/ports/event-store.js';
import { rocketSorts } from '../../../src/application/ports/rocket-directory.js';
import { reportOf } from '../../../src/domain/rocket-event.js';
import { utcMillis } from '../../../src/domain/rocket-time.js';
import { InMemoryEventStore } from '../../../src/infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import {
  openForReading,
  openForWriting,
  prepareFile,
  type Database,
} from '../../../src/infrastructure/event-store/sqlite/database.js';
import type { PlacedEvent, StoredHead } from '../../../src/infrastructure/event-store/sqlite/event-reader.js';
import { exportMessages } from '../../../src/infrastructure/event-store/sqlite/log/export.js';
import { FoldedTables } from '../../../src/infrastructure/event-store/sqlite/folded/folded-tables.js';
import { Folding } from '../../../src/infrastructure/event-store/sqlite/folded/folding.js';
import { checkAtStart } from '../../../src/infrastructure/event-store/sqlite/integrity.js';
import {
  groupOf,
  linesOfChange,
  parseLine,
} from '../../../src/infrastructure/event-store/sqlite/log/log-line.js';
import { rebuildFile, verifyFile } from '../../../src/infrastructure/event-store/sqlite/maintenance.js';
import { NO_LOG } from '../../../src/infrastructure/event-store/sqlite/log/log.js';
import { RowsToAppend } from '../../../src/infrastructure/event-store/sqlite/log/rows-to-append.js';
import { sealed, type Tail } from '../../../src/infrastructure/event-store/sqlite/folded/tail.js';
import { noEarlyMessages } from '../../../src/application/early-messages.js';
import { initialState } from '../../../src/application/rocket-state.js';
import { changeOn, faster, launched, newMission, noon } from '../../support/builders.js';
import { readersOf } from '../../../src/infrastructure/event-store/sqlite/threads/readers.js';
import { Writer } from '../../../src/infrastructure/event-store/sqlite/threads/writer.js';
import { equal } from '../../simulation/oracle.js';
import {
  channelOf,
  Histories,
  scripts,
  sendings,
  type Script,
  type Sending,
} from '../../support/rocket-histories.js';

/** More by hand: `FOLDING_RUNS=1000 npx jest --selectProjects int --testPathPatterns sqlite-folding`. */
const RUNS = Number(process.env['FOLDING_RUNS'] ?? 50);
/** Each run takes a tenth of this. */
const LONGEST_MS = RUNS * 1000;
/** Whoever looks for the smallest example of a failure gives up in time to show the one at hand. */
const bounds = { numRuns: RUNS, interruptAfterTimeLimit: 0.9 * LONGEST_MS, markInterruptAsFailure: true };
const ROCKETS = 5;
const channels = Array.from({ length: ROCKETS }, (_, rocket) => channelOf(rocket));
const tables = ['log', 'rockets', 'history', 'early', 'snapshots'] as const;

type Ask = { readonly do: 'heads' | 'recorded' | 'ask' | 'feed' | 'fold'; readonly rocket: number };
type Filter = { readonly channel?: string; readonly type?: StoredEvent['event']['type'] };
type Step =
  | { readonly do: 'write'; readonly sent: readonly Sending[] }
  /** So many groups that it is noted meanwhile up to where everything is folded. */
  | { readonly do: 'writeMany'; readonly rocket: number }
  /** What happens while nothing can be written to one of the tables. */
  | { readonly do: 'fail'; readonly table: (typeof tables)[number]; readonly step: Step }
  | { readonly do: 'foldSome' | 'reopen' | 'crash' }
  | Ask;

const plainObjects = { noNullPrototype: true };
const writes = fc.record(
  {
    do: fc.constant('write' as const),
    sent: fc.array(sendings(ROCKETS), { minLength: 1, maxLength: 5 }),
  },
  plainObjects,
);
const others: fc.Arbitrary<Step> = fc.oneof(
  fc.record(
    { do: fc.constantFrom('heads', 'recorded', 'ask', 'feed', 'fold'), rocket: fc.nat(ROCKETS - 1) },
    plainObjects,
  ),
  fc.record({ do: fc.constantFrom('foldSome', 'reopen', 'crash') }, plainObjects),
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: writes },
  { weight: 8, arbitrary: others },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('writeMany'), rocket: fc.nat(ROCKETS - 1) }, plainObjects),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        do: fc.constant('fail'),
        table: fc.constantFrom(...tables),
        step: fc.oneof(writes, others),
      },
      plainObjects,
    ),
  },
);
const plans = fc.array(steps, { minLength: 1, maxLength: 30, size: 'max' });

describe('the log and what is folded from it', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'rockets-folding-'));
    prepareFile({ file: join(directory, 'empty'), synchronous: 'normal' });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  let files = 0;
  const run = async (script: Script, plan: readonly Step[], work: (run: Run) => Promise<void>) => {
    const folder = join(directory, `${++files}`);
    const started = new Run(join(directory, 'empty'), folder, script);
    try {
      for (const step of plan) await started.take(step);
      await work(started);
    } finally {
      started.close();
      rmSync(folder, { recursive: true, force: true });
      // The driver lets go of a closed file only when its statements were collected, which takes a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it(
    'answer like a store that keeps everything in memory, whatever happens in between',
    async () => {
      const property = fc.asyncProperty(scripts, plans, (script, plan) =>
        run(script, plan, async (run) => {
          await run.expectSameAnswers();
          run.expectWholeFile();
        }),
      );
      await fc.assert(property, bounds);
    },
    LONGEST_MS,
  );

  it(
    'are the same to the byte, whenever what was folded',
    async () => {
      const isWrite = (step: Step): boolean => step.do === 'write' || step.do === 'writeMany';
      const property = fc.asyncProperty(scripts, plans, async (script, plan) => {
        // What fails is not written, in both of them.
        const whole = plan.filter((step) => step.do !== 'fail');
        let once: unknown;
        await run(script, whole.filter(isWrite), async (run) => void (once = run.stored()));
        await run(script, whole, async (run) => same(run.stored(), once));
      });
      await fc.assert(property, bounds);
    },
    LONGEST_MS,
  );
});

describe('a file that is being folded', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rockets-folding-'));
    prepareFile({ file: fileIn(directory), synchronous: 'normal' });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const fileIn = (folder: string): string => join(folder, 'rockets.db');

  const inFile = <T>(work: (database: Database) => T): T => {
    const database = openForWriting({ file: fileIn(directory), synchronous: 'normal' });
    try {
      return work(database);
    } finally {
      database.close();
    }
  };

  const written = (...changes: Change[]): void => {
    const writer = new Writer({ file: fileIn(directory), synchronous: 'normal' });
    for (const change of changes) {
      writer.write(groupOf([change]));
      writer.foldChannels([change.channel]);
    }
    writer.close();
  };

  it('keeps a mission whose name reads like none', () => {
    const skipped = { type: 'MessagesSkipped', data: { from: 1, to: 3 }, time: noon } as const;
    const first = changeOn(unheardHead('rocket'), { events: [skipped] });
    const second = changeOn(
      { ...unheardHead('rocket'), revision: 1, state: first.state },
      { events: [newMission('null')] },
    );
    written(first, second);
    expect(verifyFile(fileIn(directory)).damages).toEqual([]);
    const found = inFile((database) => readersOf(database).find('rocket'));
    expect(found?.rocket).toMatchObject({ mission: 'null', type: null });
  });

  it('goes on with a rocket whose checksum happens to be 0', () => {
    const head = unheardHead('rocket');
    const launch = changeOn(head, { events: [launched()] });
    written(launch);
    inFile((database) => {
      const tables = new FoldedTables(database);
      const { tail } = tables.load('rocket');
      Object.assign(tail, zeroSum(tail));
      database.prepare('UPDATE rockets SET mission = ?, sum = 0').run(tail.mission);
      const fold = tables.load('rocket');
      expect(fold.tail.sum).toBe(0);
      const { text } = groupOf([
        changeOn({ ...head, revision: 1, state: launch.state }, { events: [faster()] }),
      ]);
      fold.add(text, 512, parseLine(text));
      tables.save(fold);
      expect(tables.load('rocket').tail).toMatchObject({ version: 2, revision: 2 });
    });
  });

  it('is whole while only a part of a change is folded', () => {
    const events = [launched(), ...Array.from({ length: 299 }, () => faster(1))];
    const { text } = groupOf([changeOn(unheardHead('rocket'), { events })]);
    inFile((database) => {
      const rows = new RowsToAppend(NO_LOG);
      for (const [line, count] of linesOfChange(text, events.length)) {
        rows.add(line, count);
        rows.finish();
      }
      const append = database.prepare(
        'INSERT INTO log (entry, total, place, hash, body) VALUES (?, ?, ?, ?, ?)',
      );
      for (const { entry, total, place, hash, body } of rows.rows)
        append.run(entry, total, place, hash, body);
      const tables = new FoldedTables(database);
      const folding = new Folding(tables);
      folding.addRow(rows.rows[0]!);
      folding.storeOldest(0);
      tables.foldedUpTo = 1;
    });
    expect(verifyFile(fileIn(directory))).toEqual({ rockets: 1, events: 300, early: 0, damages: [] });
    const writer = new Writer({ file: fileIn(directory), synchronous: 'normal' });
    writer.open();
    writer.close();
    expect(rebuildFile(fileIn(directory))).toEqual({ rockets: 1, events: 300, changed: 0 });
  });
});

const unheardHead = (channel: string): Head => ({
  channel,
  revision: 0,
  state: initialState,
  early: noEarlyMessages,
  recorded: new Map(),
});

/** A mission that makes the checksum of the row 0: CRC-32 is linear, so halves of it can be put together. */
const zeroSum = (tail: Tail): { mission: string } => {
  const missionOf = (bits: number, length: number): string =>
    bits.toString(2).padStart(length, '0').replaceAll('0', 'a').replaceAll('1', 'b');
  const sum = (first: number, second: number): number => {
    tail.mission = missionOf(first, 18) + missionOf(second, 18);
    sealed(tail);
    return tail.sum;
  };
  const nothing = sum(0, 0);
  const firsts = new Map<number, number>();
  for (let bits = 0; bits < 1 << 18; bits++) firsts.set(sum(bits, 0), bits);
  for (let bits = 0; bits < 1 << 18; bits++) {
    const first = firsts.get((sum(0, bits) ^ nothing) >>> 0);
    if (first !== undefined && sum(first, bits) === 0) return { mission: tail.mission! };
  }
  throw new Error('No mission of these letters has the checksum 0.');
};

/** A file, its writer, and a store in memory that was given the same. */
class Run {
  private readonly histories: Histories;
  private readonly memory: InMemoryEventStore;
  private readonly listed: InMemoryRocketDirectory;
  private readonly written: Change[] = [];
  private writer: Writer;
  private file: string;
  private files = 0;

  constructor(
    empty: string,
    private readonly folder: string,
    script: Script,
  ) {
    this.listed = new InMemoryRocketDirectory({ sleep: async () => undefined });
    this.memory = new InMemoryEventStore(this.listed);
    this.histories = new Histories(script);
    mkdirSync(folder);
    this.file = this.copyOf(empty);
    this.writer = this.open();
  }

  async take(step: Step): Promise<void> {
    if (step.do !== 'fail') return this.happen(step);
    this
      .execute(`CREATE TRIGGER no_insert BEFORE INSERT ON ${step.table} BEGIN SELECT RAISE(ABORT, 'no'); END;
      CREATE TRIGGER no_update BEFORE UPDATE ON ${step.table} BEGIN SELECT RAISE(ABORT, 'no'); END`);
    try {
      await this.happen(step.step);
    } catch (error) {
      if ((error as Error).message !== 'no') throw error;
    }
    this.execute('DROP TRIGGER no_insert; DROP TRIGGER no_update');
  }

  async expectSameAnswers(): Promise<void> {
    for (const channel of channels) await this.compareHead(channel);
    for (const channel of channels) await this.compareRecorded(channel);
    let step = this.writer.foldSome(undefined);
    while (!step.done) step = this.writer.foldSome(step.upTo);
    await this.read(async (readers) => {
      for (const channel of channels) await this.compareRocket(readers, channel);
      await this.compareDirectory(readers);
      const one = { channel: channels[0]! };
      const some: Filter[] = [{}, one, { channel: channels[2]! }, { type: 'MessagesSkipped' }];
      await this.compareFeeds(readers, [...some, { ...one, type: 'MessageRefused' }]);
    });
  }

  /** Everything follows from the log, and everything that was sent is in it. */
  expectWholeFile(): void {
    this.writer.close();
    this.verify();
    const before = this.stored();
    expect(rebuildFile(this.file)).toMatchObject({ changed: 0 });
    same(this.stored(), before);
    this.compareExport();
  }

  stored(): unknown {
    this.writer.close();
    const database = openForReading(this.file);
    const rows = tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all());
    database.close();
    return rows;
  }

  close(): void {
    this.writer.close();
  }

  private async read(work: (readers: ReturnType<typeof readersOf>) => Promise<void>): Promise<void> {
    const database = openForReading(this.file);
    try {
      await work(readersOf(database));
    } finally {
      database.close();
    }
  }

  private async happen(step: Step): Promise<void> {
    if (step.do === 'write') return this.write(step.sent);
    if (step.do === 'writeMany') return this.writeMany(step.rocket);
    if (step.do === 'foldSome') return void this.writer.foldSome(undefined);
    if (step.do === 'reopen') return this.reopen();
    if (step.do === 'crash') return this.crash();
    if (step.do === 'fail') return this.take(step);
    const channel = channelOf((step as Ask).rocket);
    if (step.do === 'heads') return this.compareHead(channel);
    if (step.do === 'recorded') return this.compareRecorded(channel);
    if (step.do === 'feed') return this.read((readers) => this.compareFeeds(readers, [{}, { channel }]));
    if (step.do === 'fold') return this.writer.foldChannels([channel]);
    const found = this.writer.ask({ method: 'find', args: [channel] });
    same(found, await this.listed.find(channel));
  }

  private async writeMany(rocket: number): Promise<void> {
    const sending: Sending = { rocket, ahead: 0, count: 1, step: 1, then: 'nothing' };
    for (let i = 0; i < 300; i++) await this.write([sending]);
  }

  private async write(sent: readonly Sending[]): Promise<void> {
    const { changes, accept } = this.histories.decide(sent);
    const reply = this.writer.write(groupOf(changes));
    accept();
    const moved: number[] = [];
    const contradictions: number[] = [];
    for (const [place, change] of changes.entries()) {
      const [head] = await this.memory.load([change]);
      if (head!.revision !== change.revision) moved.push(place);
      else if (contradicts(head!, change)) contradictions.push(place);
      else {
        await this.memory.commit([change]);
        this.written.push(change);
      }
    }
    same([reply.moved, reply.contradictions.map(([place]) => place)], [moved, contradictions]);
  }

  private async compareHead(channel: string): Promise<void> {
    const numbers = await this.numbersOf(channel);
    const [head] = this.writer.heads([{ channel, numbers }], Infinity);
    const [expected] = await this.memory.load([{ channel, numbers }]);
    same(plain(head!), plainHead(expected!));
  }

  private async compareRecorded(channel: string): Promise<void> {
    const numbers = await this.numbersOf(channel);
    const [recorded] = this.writer.recorded([{ channel, numbers }]);
    const [head] = await this.memory.load([{ channel, numbers }]);
    same(byNumber(recorded!), byNumber(head!.recorded));
  }

  /** Some numbers that are recorded, and one that is not. */
  private async numbersOf(channel: string): Promise<number[]> {
    const events = await this.memory.read(channel, { after: 0, limit: Infinity });
    const known = events.filter((_event, i) => i % 197 === 0 || i === events.length - 1);
    const last = events.at(-1)?.number ?? 0;
    const skipped = events.flatMap(({ event }) =>
      event.type === 'MessagesSkipped' ? [event.data.from, event.data.to] : [],
    );
    const some = [...known.map(({ number }) => number), ...skipped];
    return [...new Set([...some, Math.min(last + 1, Number.MAX_SAFE_INTEGER)])];
  }

  private async compareRocket(readers: ReturnType<typeof readersOf>, channel: string): Promise<void> {
    const events = await this.memory.read(channel, { after: 0, limit: Infinity });
    for (const after of [0, ...(await this.numbersOf(channel))]) {
      const expected = events.filter(({ number }) => number > after).slice(0, 150);
      same(readers.read(channel, after, 150).map(unplaced), expected.map(unplaced));
    }
    same(readers.find(channel), await this.listed.find(channel));
    for (const [i, { number, event }] of events.entries()) {
      if (i % 173 === 0) await this.compareSnapshots(readers, channel, number, utcMillis(event.time), events);
    }
  }

  /** A state that was kept is the one of its version, within its bounds, and not far from them. */
  private async compareSnapshots(
    readers: ReturnType<typeof readersOf>,
    channel: string,
    version: number,
    time: number,
    events: readonly StoredEvent[],
  ): Promise<void> {
    const kept = readers.snapshot(channel, { version });
    if (kept !== undefined) {
      same(kept, await this.memory.snapshot(channel, { version: kept.version }));
    }
    const base = kept?.version ?? 0;
    const behind = events.filter(({ number }) => number > base && number <= version).length;
    expect(base <= version && behind < 256 + 128).toBe(true);
    const old = readers.snapshot(channel, { time });
    if (old === undefined) return;
    same(old, await this.memory.snapshot(channel, { version: old.version }));
    const sent = events
      .filter(({ number }) => number <= old.version)
      .map(({ event }) => utcMillis(event.time));
    expect(sent.every((millis) => millis <= time)).toBe(true);
  }

  private async compareDirectory(readers: ReturnType<typeof readersOf>): Promise<void> {
    for (const sort of rocketSorts) {
      for (const order of ['asc', 'desc'] as const) {
        const query = { sort, order, limit: 100 };
        same(readers.list(query), await this.listed.list(query));
      }
    }
    for (const status of ['awaiting-launch', 'flying', 'exploded'] as const) {
      const query = { sort: 'channel', order: 'asc', limit: 100, status } as const;
      same(readers.list(query), await this.listed.list(query));
    }
    const gaps = readers.gaps({ limit: 10_000 });
    same({ ...gaps, gaps: gaps.gaps.map((gap) => ({ ...gap })) }, await this.listed.gaps({ limit: 10_000 }));
    same(readers.totals(), await this.listed.totals());
    same(readers.unfinished().sort(), (await this.memory.unfinished()).sort());
  }

  /** Of the log, so that it makes no difference what is folded. */
  private async compareFeeds(
    readers: ReturnType<typeof readersOf>,
    filters: readonly Filter[],
  ): Promise<void> {
    const everything = (await this.memory.readAll({ limit: 1e6 })).events;
    for (const filter of filters) {
      const { channel, type } = filter;
      const expected = everything.filter(
        (each) => (channel ?? each.channel) === each.channel && (type ?? each.event.type) === each.event.type,
      );
      const found: PlacedEvent[] = [];
      for (let after = 0, end = false; !end;) {
        const page = readers.readAll(after, { ...filter, limit: 170 })!;
        found.push(...page.events);
        end = page.end || page.next === undefined;
        expect(end || page.next! > after).toBe(true);
        after = page.next ?? 0;
      }
      same(found.map(unplaced), expected.map(unplaced));
      if (found.length > 0) this.compareFrom(readers, filter, found);
    }
  }

  /** From any place in the feed everything follows that stands behind it. */
  private compareFrom(readers: ReturnType<typeof readersOf>, filter: object, found: PlacedEvent[]): void {
    for (let i = 0; i < found.length; i += 101) {
      const page = readers.readAll(found[i]!.position, { ...filter, limit: 3 })!;
      same(page.events.slice(), found.slice(i + 1, i + 4).slice(0, page.events.length));
      expect(page.end || page.events.length === 3 || found.length - i > 3).toBe(true);
      same(readers.readAt(found[i]!.position), found[i]);
    }
  }

  private verify(): void {
    const { rockets, events, early, damages } = verifyFile(this.file);
    const changed = new Set(this.written.map(({ channel }) => channel)).size;
    const count = (of: (change: Change) => number): number =>
      this.written.reduce((sum, change) => sum + of(change), 0);
    same(
      [rockets, events, early, damages],
      [
        changed,
        count((change) => change.events.length),
        count((change) => change.added.length - change.released.length),
        [],
      ],
    );
  }

  private compareExport(): void {
    const events: unknown[] = [];
    const early = new Map<string, unknown>();
    for (const { channel, events: each, added, released } of this.written) {
      for (const { number, event } of each) {
        const report = reportOf(event);
        if (report === undefined) events.push({ kind: 'skipped', channel, ...event.data });
        else events.push(sent(channel, number, event.time, report));
      }
      for (const { message } of added) {
        const { number, time, report } = message;
        early.set(`${channel} ${number}`, sent(channel, number, time, report));
      }
      for (const number of released) early.delete(`${channel} ${number}`);
    }
    const exported = [...exportMessages(this.file)].map((each) =>
      each.kind === 'message' ? (JSON.parse(each.line) as unknown) : each,
    );
    same(exported.slice(0, events.length), events);
    const inOrder = (messages: unknown[]): string[] => messages.map((each) => JSON.stringify(each)).sort();
    same(inOrder(exported.slice(events.length)), inOrder([...early.values()]));
  }

  private reopen(): void {
    this.writer.close();
    this.writer = this.open();
  }

  /** What the disk holds at this moment is all that is left. */
  private crash(): void {
    const copy = this.copyOf(this.file);
    this.writer.close();
    this.file = copy;
    this.verify();
    this.writer = this.open();
  }

  /** As the writer's thread does it. */
  private open(): Writer {
    const database = openForReading(this.file);
    checkAtStart(database);
    database.close();
    const writer = new Writer({ file: this.file, synchronous: 'normal' }, 0);
    writer.open();
    return writer;
  }

  private copyOf(file: string): string {
    const copy = join(this.folder, `${++this.files}.db`);
    for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
    return copy;
  }

  private execute(sql: string): void {
    const database = openForWriting({ file: this.file, synchronous: 'normal' });
    database.exec(sql);
    database.close();
  }
}

const contradicts = ({ state }: Head, { events }: Change): boolean => {
  if (events.length === 0) return false;
  const { number, event } = events[0]!;
  return (event.type === 'MessagesSkipped' ? event.data.from : number) !== state.version + 1;
};

const byNumber = (recorded: Iterable<readonly [number, unknown]>) => [...recorded].sort(([a], [b]) => a - b);

const plain = ({ revision, state, early, recorded }: StoredHead) => ({
  revision,
  state,
  early: [...early],
  recorded: byNumber(recorded),
});

const plainHead = ({ revision, state, early, recorded }: Head) => ({
  revision,
  state,
  early: [...early],
  recorded: byNumber(recorded),
});

const unplaced = ({ channel, number, event, recordedAt }: StoredEvent | PlacedEvent) => ({
  channel,
  number,
  event,
  recordedAt,
});

const sent = (channel: string, number: number, time: string, report: { type: string; data: object }) => ({
  metadata: { channel, messageNumber: number, messageTime: time, messageType: report.type },
  message: report.data,
});

/** Jest's own comparison takes most of the time, so it is asked only about the first thing that differs. */
const same = (found: unknown, expected: unknown): void => {
  if (equal(found, expected)) return;
  if (!Array.isArray(found) || !Array.isArray(expected)) return expect(found).toEqual(expected);
  for (const [i, each] of expected.entries()) same(found[i], each);
  expect(found.length).toBe(expected.length);
};
