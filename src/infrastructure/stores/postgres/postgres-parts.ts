import { StoreUnavailable } from '../../../application/ports/event-store.js';
import type { RocketTotals } from '../../../application/ports/rocket-directory.js';
import type { Ask } from '../relational/ask.js';
import { ChannelNames } from '../relational/channel-names.js';
import { minuteColumns } from '../relational/minutes.js';
import type { DirectorySource } from '../relational/relational-directory.js';
import { sumOf, type Cell } from '../relational/rows.js';
import { figuresOf, totalColumns, totalOf, type TotalRow } from '../relational/totals.js';
import { listOf } from './arrays.js';
import { CallListener } from './call-listener.js';
import { callOfCommit } from './commit-function.js';
import { HeldLanes, type Hold } from './held-lanes.js';
import { Pool } from './pool.js';
import { endOrphans } from './orphans.js';
import { asStartError, asStoreError, hasMovedEpoch, isTimeout } from './postgres-errors.js';
import { Pulse } from './pulse.js';
import { RocketIds } from './rocket-ids.js';
import type { Migration } from './schema.js';
import { beginSession, randomText, type Session } from './session.js';
import { SharedNotices } from './shared-notices.js';
import { WakeUpCalls } from './wake-up-calls.js';

export interface PostgresOptions {
  readonly url?: string;
  /** How many connections there are at the most, half of them for reading. */
  readonly connections: number;
  /** How many heads are kept; for benchmarks. */
  readonly heads?: number;
  /** False: instances look for what others wrote, and are never called; for benchmarks. */
  readonly calls?: boolean;
  /** Those of another version of this program; for tests. */
  readonly migrations?: readonly Migration[];
}

/** A database that is open: its connections, and what is known of it. */
export class PostgresParts implements DirectorySource {
  readonly ask: Ask;
  readonly names: ChannelNames;
  readonly ids: RocketIds;
  readonly notices: SharedNotices;
  readonly held: HeldLanes;
  readonly calls: WakeUpCalls | undefined;
  readonly called: CallListener | undefined;
  listenedMs: number;
  /** The last transaction in which something was written here. */
  lastXid = 0;
  /** Told when another server has taken over, which may not have all that is known here. */
  onTakeover = (): void => undefined;
  /** Of what is decided; who decided before another server took over is told so when he commits. */
  private timeline: number;
  /** The newest that was heard of. */
  private newest: number;
  /** Another history is in the place of this one. */
  private isOver = false;
  private noting: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly options: PostgresOptions,
    readonly writes: Pool,
    private readonly reads: Pool,
    private readonly pulse: Pulse,
    readonly session: Session,
  ) {
    this.ask = reads.ask;
    this.names = new ChannelNames(this.ask);
    this.ids = new RocketIds(writes.ask);
    const instance = randomText();
    if (options.calls !== false) {
      this.calls = new WakeUpCalls(writes.ask, `rockets_${session.epoch}`, instance);
      this.called = new CallListener(options.url, this.calls);
    }
    this.notices = new SharedNotices(instance, writes.ask, this.ask, this.calls, this.called);
    this.held = new HeldLanes(writes);
    this.listenedMs = session.listened;
    this.timeline = this.newest = session.timeline;
  }

  static async open(options: PostgresOptions): Promise<PostgresParts> {
    const { url, connections } = options;
    // One may hold the locks of some lanes while another commits.
    const half = Math.max(2, Math.floor(connections / 2));
    const pulse = new Pulse(url);
    let parts: PostgresParts | undefined;
    const onTimeline = (timeline: string): void => parts?.forgetBefore(parseInt(timeline, 16));
    const writes = new Pool({ url, connections: half, pulse, onTimeline });
    try {
      const session = await beginSession(writes, options.migrations);
      const reads = new Pool({ url, connections: Math.max(1, connections - half), pulse, onTimeline });
      return (parts = new PostgresParts(options, writes, reads, pulse, session));
    } catch (error) {
      await Promise.all([writes.close(), pulse.close()]);
      throw asStartError(error);
    }
  }

  /** Answers the channels that have moved. */
  async commit(values: readonly Cell[], hold: Hold | undefined): Promise<ReadonlySet<string>> {
    const { epoch, meta } = this.session;
    const all = [`${epoch} ${meta} ${this.timeline}`, ...values];
    try {
      const held = hold?.isOver === false ? hold.finish(callOfCommit, all) : undefined;
      const rows = await (held ?? this.writes.query(callOfCommit, all));
      const { moved, xid } = rows[0] as { moved: string[]; xid: number };
      this.lastXid = Math.max(this.lastXid, xid);
      return new Set(moved);
    } catch (error) {
      if (hasMovedEpoch(error)) await this.lookWhoItIs();
      if (isTimeout(error)) endOrphans(this.ask).catch(() => undefined);
      throw asStoreError(error);
    }
  }

  /** Of a history that goes on elsewhere nothing is taken for known; one that another took the place of is not gone on with. */
  private async lookWhoItIs(): Promise<void> {
    const timeline = await this.timelineOfHistory();
    if (timeline === undefined) return;
    this.timeline = this.newest = timeline;
    this.forget();
  }

  /** Refuses when another history is in the place of this one. */
  async timelineOfHistory(): Promise<number | undefined> {
    const { epoch, meta } = this.session;
    const [found] = await this.ask<{ epoch: string; timeline: number; meta: number }>(
      "SELECT value AS epoch, timeline() AS timeline, tableoid AS meta FROM meta WHERE key = 'epoch'",
      [],
    );
    if (found !== undefined && (found.epoch !== epoch || found.meta !== meta)) this.isOver = true;
    this.requireHistory();
    return found?.timeline;
  }

  private requireHistory(): void {
    if (!this.isOver) return;
    throw new StoreUnavailable(
      'The database holds another history than it did, as one that was restored: this instance has to be started again.',
    );
  }

  /** Also where nothing is committed: what is known may be lost, and would be taken for told. */
  private forgetBefore(timeline: number): void {
    if (timeline === this.newest) return;
    this.newest = timeline;
    this.forget();
  }

  private forget(): void {
    this.ids.forget();
    this.names.forget();
    this.onTakeover();
  }

  async totals(): Promise<RocketTotals> {
    this.requireHistory();
    const rows = await this.ask<TotalRow>(
      `SELECT ${totalColumns} FROM totals WHERE kind IN ('fleet', 'event')`,
      [],
    );
    const figures = new Map(rows.map(totalOf));
    const figure = (name: string): number => figures.get(name) ?? 0;
    return figuresOf(figure, figure('events'));
  }

  portions(): undefined {
    return undefined;
  }

  async putMinutes(rows: readonly Cell[][], before: number): Promise<void> {
    const columns = minuteColumns.split(', ');
    const places = columns.map((column, i) => `$${i + 1}::${column === 'instance' ? 'text' : 'bigint'}[]`);
    const set = columns.map((column) => `${column} = excluded.${column}`);
    await this.writes.ask(
      `WITH old AS (DELETE FROM minutes WHERE minute < $${columns.length + 1})
        INSERT INTO minutes SELECT * FROM unnest(${places.join(', ')})
        ON CONFLICT (minute, instance) DO UPDATE SET ${set.join(', ')}`,
      [...columns.map((_, i) => listOf(rows.map((row) => row[i]!))), before],
    );
  }

  /**
   * The time that others noted meanwhile has passed here, too: whoever was ahead of us is not added to. One note of an
   * instance after the other.
   */
  noteListened(ms: number): Promise<number> {
    const noted = this.noting.then(() => this.addListened(ms));
    this.noting = noted.catch(() => undefined);
    return noted;
  }

  private async addListened(ms: number): Promise<number> {
    for (;;) {
      const [row] = await this.writes.ask<{ value: string }>(
        "SELECT value FROM meta WHERE key = 'listened'",
        [],
      );
      const stored = Number(row!.value);
      const now = Math.max(stored, this.listenedMs + ms);
      const done = await this.writes.ask(
        `UPDATE meta SET value = $1, sum = $2 WHERE key = 'listened' AND value = $3 RETURNING key`,
        [String(now), sumOf(['listened', String(now)]), row!.value],
      );
      if (done.length > 0) return (this.listenedMs = now);
    }
  }

  get connections(): Pool['connections'] {
    const { writes, reads } = this;
    const [one, other] = [writes.connections, reads.connections];
    return { idle: one.idle + other.idle, busy: one.busy + other.busy, waiting: one.waiting + other.waiting };
  }

  async close(): Promise<void> {
    this.notices.close();
    this.calls?.close();
    this.called?.close();
    await this.held.close();
    await this.noting;
    await Promise.all([this.reads.close(), this.writes.close()]);
    await this.pulse.close();
  }
}
