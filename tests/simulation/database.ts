import { laneOf } from '../../src/application/ingest/lanes.js';
import {
  ChangeRefused,
  StoreUnavailable,
  type Change,
  type Head,
  type HeadRequest,
} from '../../src/application/ports/event-store.js';
import type { Answer } from './connection.js';
import { Disk, type LoggedEvent, type Writer } from './disk.js';
import { isPoisoned } from './fleet.js';
import { LaneLocks } from './lane-locks.js';
import { NoticeTable } from './notice-table.js';

/** More than any transaction has. */
const PLACES = 1_000_000;
const HELD_FOR_MS = 300;

/** Something that may still commit. */
export interface Transaction {
  /** Drawn when it writes for the first time; before that it holds nobody back. */
  id: number | undefined;
  isOver: boolean;
  /** Its locks are kept for a commit that is still to come. */
  isHeld: boolean;
  fail: (error: Error) => void;
}

export interface ReadUnderLocks {
  readonly heads: readonly Head[];
  readonly transaction: Transaction;
}

/** What becomes of a commit: mostly all goes well. */
type Course = 'well' | 'nothing written' | 'written, and not answered' | 'failed first, written then';

interface Client {
  readonly process: string;
  readonly course: Course;
  readonly answer: Answer<readonly Change[]>;
}

/**
 * A store that any number of instances share, with PostgreSQL's manners. A commit is a transaction: it takes the locks of
 * its lanes, looks whether its channels have moved, draws its id, and is seen by others when it ends, which may be after
 * whoever waits for it was told that it had failed. The feed is read by (id, number from a sequence), and only as far as
 * no transaction is open that began before.
 */
export class Database extends Disk {
  readonly notices = new NoticeTable();
  private readonly open = new Set<Transaction>();
  private readonly locks = new LaneLocks<Transaction>();
  private nextId = 1;
  private sequence = 0;
  /** What the transaction that commits now has drawn for its events. */
  private drawn: { readonly id: number; readonly numbers: number[] } = { id: 0, numbers: [] };
  private lastCommitted = 0;
  /** What whoever wrote it knows to be written. */
  readonly answered = new WeakSet<Change>();

  override get isBusy(): boolean {
    return this.open.size > 0;
  }

  /** Answers the changes whose channels had moved; all others are written together, by who has read under the locks in that transaction. */
  commit(
    changes: readonly Change[],
    process: string,
    answer: Answer<readonly Change[]>,
    held?: Transaction,
  ): void {
    const course = this.drawCourse();
    const decide = (transaction: Transaction): void => {
      const stale = changes.filter((change) => this.hasMoved(change));
      const fresh = changes.filter((change) => !stale.includes(change));
      if (fresh.length > 0) return this.execute(transaction, { fresh, stale }, { process, course, answer });
      this.finish(transaction);
      answer.give(stale);
    };
    if (held === undefined || held.isOver) return this.underLocks(changes, answer.fail, decide);
    held.isHeld = false;
    held.fail = answer.fail;
    decide(held);
  }

  /** Whoever reads under the locks commits next, or soon lets go of them. */
  readUnderLocks(requests: readonly HeadRequest[], answer: Answer<ReadUnderLocks>): void {
    this.underLocks(requests, answer.fail, (transaction) => {
      this.world.meet('heads read under their locks');
      transaction.isHeld = true;
      answer.give({ heads: requests.map((request) => this.head(request)), transaction });
      this.world.scheduler.after(HELD_FOR_MS, 'held for long enough', () => {
        if (transaction.isHeld && !transaction.isOver) this.finish(transaction);
      });
    });
  }

  private underLocks(
    some: readonly Pick<Change, 'channel'>[],
    fail: (error: Error) => void,
    then: (transaction: Transaction) => void,
  ): void {
    const transaction = this.begin(fail);
    const lanes = [...new Set(some.map(({ channel }) => laneOf(channel)))].sort((a, b) => a - b);
    this.afterwards(transaction, 'begun', () => {
      const isFree = this.locks.take(transaction, lanes, () => then(transaction));
      if (!isFree) this.world.meet('commit waited for another');
    });
  }

  /** Somebody else's, of whom nothing is known but that it is open. */
  beginForeign(lastsMs: number): void {
    const transaction = this.begin(() => undefined);
    transaction.id = this.nextId++;
    this.world.scheduler.after(lastsMs, 'foreign transaction ends', () => {
      if (this.log.some((event) => !this.isReadable(event)))
        this.world.meet('foreign transaction holds the feed back');
      this.finish(transaction);
    });
  }

  /** The server restarts: what was open never was. */
  override fail(): void {
    for (const transaction of [...this.open]) {
      if (transaction.id !== undefined) this.world.meet('server restarted with a transaction open');
      this.abort(transaction, new StoreUnavailable('the server restarts'));
    }
  }

  private drawCourse(): Course {
    const { world } = this;
    const { commitFails, writtenThough } = world.plan;
    const fails = world.strikes(commitFails) || (world.shaky && commitFails > 0 && world.random.chance(0.3));
    if (!fails) return 'well';
    if (!world.random.chance(writtenThough)) return 'nothing written';
    return world.random.pick(['written, and not answered', 'failed first, written then'] as const);
  }

  private hasMoved({ channel, revision }: Change): boolean {
    return this.record(channel).revision !== revision;
  }

  /** Rows first, then the commit; each takes its time. */
  private execute(
    transaction: Transaction,
    { fresh, stale }: { readonly fresh: readonly Change[]; readonly stale: readonly Change[] },
    { process, course, answer }: Client,
  ): void {
    const id = (transaction.id ??= this.nextId++);
    this.afterwards(transaction, 'inserted', () => {
      if (course === 'nothing written') return this.abort(transaction, commitFailed());
      if (fresh.some(isPoisoned)) return this.refuse(transaction, fresh);
      if (course === 'failed first, written then') answer.fail(commitFailed());
      const numbers = fresh.flatMap(({ events }) => events.map(() => ++this.sequence));
      this.afterwards(transaction, 'committed', () => {
        if (answer.isLost()) this.world.meet('written after it was said to have failed');
        if (id < this.lastCommitted) this.world.meet('committed behind a transaction that began later');
        this.lastCommitted = Math.max(this.lastCommitted, id);
        this.drawn = { id, numbers };
        const isLost = answer.isLost() || answer.isGone();
        for (const change of fresh) this.write(change, this.writerOf(change, process, isLost));
        this.finish(transaction);
        if (course === 'well') answer.give(stale);
        else answer.fail(commitFailed());
      });
    });
  }

  /** Whether he was told that it is written shows only later. */
  private writerOf(change: Change, process: string, isGone: boolean): Writer {
    const { answered } = this;
    return {
      process,
      isGone,
      get isAnswered() {
        return answered.has(change);
      },
    };
  }

  private refuse(transaction: Transaction, changes: readonly Change[]): void {
    this.world.meet(changes.length > 1 ? 'change refused among others' : 'change refused');
    this.abort(transaction, new ChangeRefused('the database refuses poison'));
  }

  private afterwards(transaction: Transaction, kind: string, then: () => void): void {
    const { scheduler, random, plan, healed } = this.world;
    const least = healed ? 0 : random.between(0, plan.commitsWithin);
    scheduler.after(Math.max(least, this.world.delay()), kind, () => {
      if (!transaction.isOver) then();
    });
  }

  private begin(fail: (error: Error) => void): Transaction {
    const transaction: Transaction = { id: undefined, isOver: false, isHeld: false, fail };
    this.open.add(transaction);
    return transaction;
  }

  private abort(transaction: Transaction, error: Error): void {
    this.finish(transaction);
    transaction.fail(error);
  }

  private finish(transaction: Transaction): void {
    transaction.isOver = true;
    this.open.delete(transaction);
    this.locks.release(transaction);
  }

  protected override nextPlace(): { readonly place: number; readonly transaction: number } {
    const { id, numbers } = this.drawn;
    return { place: id * PLACES + numbers.shift()!, transaction: id };
  }

  protected override isReadable({ transaction }: LoggedEvent): boolean {
    return transaction < this.horizon;
  }

  /** The first transaction that may still commit. */
  private get horizon(): number {
    let horizon = this.nextId;
    for (const { id } of this.open) if (id !== undefined) horizon = Math.min(horizon, id);
    return horizon;
  }
}

const commitFailed = (): StoreUnavailable => new StoreUnavailable('commit failed');
