import { StoreUnavailable } from '../../../application/ports/event-store.js';
import type { RocketTotals } from '../../../application/ports/rocket-directory.js';
import type { Ask } from '../relational/ask.js';
import { ChannelNames } from '../relational/channel-names.js';
import type { DirectorySource } from '../relational/relational-directory.js';
import type { Cell } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';
import type { DatabaseOptions } from './database.js';
import { Ends } from './ends.js';
import { FileLock } from './file-lock.js';
import { FileWatch } from './file-watch.js';
import { refuseOtherFiles } from './known-file.js';
import { Reads } from './reads.js';
import { SqlThread } from './sql-thread.js';
import { asStoreError } from './sqlite-errors.js';
import { endSession, prepareFile, type StoreFile } from './store-file.js';
import { Writing, type WritePlace } from './writing.js';

export interface SqliteOptions extends DatabaseOptions {
  readonly place?: WritePlace;
  /** For how long a start waits for the check of the file; for tests. */
  readonly checkAtStartMs?: number;
  /** How many heads are kept; for benchmarks. */
  readonly heads?: number;
  /** Told what whoever runs the service should know. */
  readonly warn?: (message: string) => void;
}

/** A start waits no longer than this for the check of the file; of a large one it goes on behind. */
const CHECK_AT_START_MS = 1000;
/** A read that has to look at every rocket does so in portions, between which others have their turn. */
const PORTION = 50_000;
/** What SQLite has begun can't be ended: the process would end with it, and not in order. */
const STOP_READING_MS = 6000;

/** A file that is open: its lock, its threads, and whether it can be used. */
export class SqliteParts implements DirectorySource {
  readonly store: string;
  /** Names the history that the file holds now, in positions. */
  readonly epoch: string;
  readonly ask: Ask;
  readonly names: ChannelNames;
  readonly writing: Writing;
  readonly ends = new Ends();
  listenedMs: number;
  private readonly reader: SqlThread;
  private readonly watch: FileWatch;
  private checker: SqlThread | undefined;
  private unusable: StoreUnavailable | undefined;

  private constructor(
    private readonly lock: FileLock,
    readonly options: Omit<SqliteOptions, 'warn'>,
    { store, epoch, listened }: StoreFile,
  ) {
    this.store = store;
    this.epoch = epoch;
    this.listenedMs = listened;
    this.writing = new Writing(options, options.place);
    // Before anything is begun that somebody would have to end.
    this.readEnds();
    this.reader = new SqlThread('reads', options);
    this.ask = new Reads(this.reader, () => this.requireUsable()).ask;
    this.names = new ChannelNames(this.ask);
    this.watch = new FileWatch(options.file, (reason) =>
      this.fail(new StoreUnavailable(`${reason}; nothing more is taken.`)),
    );
  }

  static async open({ warn, file: name, ...options }: SqliteOptions): Promise<SqliteParts> {
    refuseOtherFiles(name);
    const lock = FileLock.acquire(name);
    try {
      const prepared = prepareFile(lock, options.synchronous);
      for (const warning of prepared.warnings) warn?.(warning);
      const parts = new SqliteParts(lock, { ...options, file: lock.file }, prepared);
      await parts.check().catch(async (error: unknown) => {
        await parts.close();
        throw error;
      });
      return parts;
    } catch (error) {
      lock.release();
      throw asStoreError(error);
    }
  }

  requireUsable(): void {
    if (this.unusable !== undefined) throw this.unusable;
  }

  /** What the file says, after nobody knows what became of a transaction; answers the last position known before. */
  readEnds(): number {
    const before = this.ends.last;
    try {
      this.ends.read(this.writing.ends());
    } catch (error) {
      // Then the next write finds out.
      if (before === 0) throw error;
    }
    return before;
  }

  putMinutes(rows: readonly Cell[][], before: number): Promise<void> {
    this.requireUsable();
    const { writing } = this;
    return writing.exclusively(() => writing.putMinutes(rows, before));
  }

  noteListened(ms: number): number {
    this.listenedMs += ms;
    this.writing.noteListened(this.listenedMs);
    return this.listenedMs;
  }

  async totals(): Promise<RocketTotals> {
    this.requireUsable();
    return this.ends.totals();
  }

  portions(): readonly (readonly [number, number])[] {
    const count = Math.max(1, Math.ceil(this.ends.lastRocket / PORTION));
    return Array.from({ length: count }, (_, i) => [i * PORTION, (i + 1) * PORTION] as const);
  }

  async close(): Promise<void> {
    this.watch.stop();
    await this.checker?.stop(STOP_READING_MS);
    // The writer last, behind all that it was asked to write.
    await this.reader.stop(STOP_READING_MS);
    await this.writing.close();
    if (this.unusable === undefined) this.endInOrder();
    this.lock.release();
  }

  /** A disk that takes nothing more is no reason not to end: what was acknowledged is there. */
  private endInOrder(): void {
    try {
      endSession(this.lock);
    } catch {
      // The next start finds a file that was not closed in order, and opens it all the same.
    }
  }

  /** Resolves when the check has ended, or when it has not found anything for some time. */
  private async check(): Promise<void> {
    const checker = new SqlThread('checks', this.options);
    this.checker = checker;
    const all = (async () => {
      while (await checker.call<boolean>('check'));
      this.checker = undefined;
      await checker.stop(STOP_READING_MS);
    })();
    let waiting = true;
    const late = new Promise<void>((resolve) =>
      setTimeout(resolve, this.options.checkAtStartMs ?? CHECK_AT_START_MS).unref(),
    );
    const behind = all.catch((error: unknown) => {
      if (waiting) throw error;
      if (error instanceof StoreDamaged) this.fail(error);
    });
    await Promise.race([behind, late]);
    waiting = false;
  }

  private fail(error: StoreUnavailable): void {
    this.unusable ??= error;
  }
}
