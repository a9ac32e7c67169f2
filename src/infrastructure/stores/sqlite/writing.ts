import { StoreUnavailable } from '../../../application/ports/event-store.js';
import type { Statement } from '../relational/subscription-statements.js';
import type { Cell } from '../relational/rows.js';
import type { DatabaseOptions } from './database.js';
import type { HeadQuery, HeadRows } from './head-reader.js';
import { SqlThread } from './sql-thread.js';
import { asStoreError } from './sqlite-errors.js';
import { WriteHost, type StoreEnds } from './write-host.js';
import type { WriteOrder } from './writer.js';

/** Where commits are made: `auto` goes by how long they take. For benchmarks only. */
export type WritePlace = 'auto' | 'here' | 'thread';

/** What took longer, because it was much or because the disk is slow, is the thread's affair for some time. */
const LONG_MS = 8;
const THREAD_FOR_MS = 10_000;
/** The log of the main thread's own commits is moved into the file often, a little each time. */
const PAGES_HERE = 500;
const STOP_MS = 8000;

/**
 * Commits on the main thread while that takes a moment only: waking another thread and being woken costs as much as a
 * small commit. Once one takes long a thread of its own does the next, so that nobody else waits. Measured by
 * `make bench ARGS=place`: on the main thread three senders are served 1.3 times as fast, and 256 as fast as by a thread;
 * with an fsync of 20 ms it keeps `/livez` waiting for 64 ms (p99), the thread for 6.
 */
export class Writing {
  private readonly here: WriteHost;
  private there: SqlThread | undefined;
  /** Only one of the two writes at a time. */
  private last: Promise<unknown> = Promise.resolve();
  private isClosed = false;
  private threadUntil: number;
  /** Ready once it has a connection. */
  private threadIs: 'cold' | 'warming' | 'ready';

  constructor(
    private readonly options: DatabaseOptions,
    private readonly place: WritePlace = 'auto',
  ) {
    this.here = new WriteHost(options, PAGES_HERE);
    this.threadUntil = place === 'thread' ? Infinity : 0;
    this.threadIs = place === 'thread' ? 'ready' : 'cold';
  }

  /** Runs the work when nobody else writes. */
  exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    // A connection would be made anew, to a file that may be another's by now.
    if (this.isClosed) return Promise.reject(new StoreUnavailable('The store is closed.'));
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Answers by how much there are more gaps now. Within `exclusively`. */
  write(order: WriteOrder): number | Promise<number> {
    return this.isThreads
      ? this.thread.call<number>('write', order)
      : this.timed(() => this.here.write(order));
  }

  heads(queries: readonly HeadQuery[]): HeadRows[] | Promise<HeadRows[]> {
    return this.isThreads
      ? this.thread.call<HeadRows[]>('heads', queries)
      : this.timed(() => this.here.heads(queries));
  }

  /** Within `exclusively`. */
  putMinutes(rows: readonly Cell[][], before: number): void | Promise<void> {
    return this.isThreads
      ? this.thread.call<void>('putMinutes', rows, before)
      : this.timed(() => this.here.putMinutes(rows, before));
  }

  /** Each order whole or not at all; answers which were written. Within `exclusively`. */
  run(orders: readonly (readonly Statement[])[]): boolean[] | Promise<boolean[]> {
    return this.isThreads
      ? this.thread.call<boolean[]>('run', orders)
      : this.timed(() => this.here.run(orders));
  }

  noteListened(listened: number): void {
    this.here.noteListened(listened);
  }

  ends(): StoreEnds {
    return this.here.ends();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.last;
    await this.there?.stop(STOP_MS);
    this.here.close();
  }

  private get isThreads(): boolean {
    return this.threadIs === 'ready' && performance.now() < this.threadUntil;
  }

  private get thread(): SqlThread {
    this.there ??= new SqlThread('writes', this.options);
    return this.there;
  }

  private timed<T>(work: () => T): T {
    try {
      const began = performance.now();
      const result = work();
      const ended = performance.now();
      if (ended - began > LONG_MS && this.place === 'auto') this.leaveToThread(ended + THREAD_FOR_MS);
      return result;
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** A disk that is slow now may fail next, and nothing opens on it then: the thread has its connection first. */
  private leaveToThread(until: number): void {
    this.threadUntil = until;
    if (this.threadIs !== 'cold') return;
    this.threadIs = 'warming';
    void this.thread.call('heads', []).then(
      () => (this.threadIs = 'ready'),
      // The next that takes long tries again; until then there is a connection here.
      () => (this.threadIs = 'cold'),
    );
  }
}
