import type { PoolClient } from 'pg';
import type { Cell } from '../relational/rows.js';
import { listOf } from './arrays.js';
import { lockLanes } from './commit-function.js';
import { askOn, type Pool } from './pool.js';
import { asStoreError, isBroken } from './postgres-errors.js';

/** Whoever was given heads under their locks decides or lets go at once, or others wait for him in vain. */
const HELD_FOR_MS = 1000;

/** A transaction that has the locks of some channels: what it has read nobody changes before it ends. */
export class Hold {
  private readonly timer: NodeJS.Timeout;
  private ended = false;

  constructor(
    private readonly client: PoolClient,
    readonly channels: ReadonlySet<string>,
    private readonly onEnd: (hold: Hold) => void,
  ) {
    this.timer = setTimeout(() => void this.giveUp(), HELD_FOR_MS).unref();
  }

  /** Its time may be up while it is found out what to write: then its connection is somebody else's. */
  get isOver(): boolean {
    return this.ended;
  }

  /** The last statement, and the end of it. */
  async finish(sql: string, values: readonly Cell[]): Promise<unknown[]> {
    this.end();
    try {
      const { rows } = await this.client.query<Record<string, unknown>>(sql, [...values]);
      await this.client.query('COMMIT');
      this.client.release();
      return rows;
    } catch (error) {
      await this.rollBack(error);
      throw error;
    }
  }

  async giveUp(): Promise<void> {
    if (this.ended) return;
    this.end();
    await this.rollBack(undefined);
  }

  private end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.onEnd(this);
  }

  private async rollBack(cause: unknown): Promise<void> {
    try {
      await this.client.query('ROLLBACK');
      this.client.release(cause !== undefined && isBroken(cause));
    } catch {
      this.client.release(true);
    }
  }
}

/**
 * Progress for who always comes second: the heads are read under the locks of their lanes, which are kept until what was
 * decided on them is written. That cannot miss, however many instances write to the same rocket.
 */
export class HeldLanes {
  private readonly holds = new Map<string, Hold>();
  private reading = false;

  constructor(private readonly pool: Pool) {}

  /** One at a time: each has a connection of its own, which others need. */
  get isFree(): boolean {
    return !this.reading && this.holds.size === 0;
  }

  /** Reads with the locks in hand, and keeps them for the next commit of these channels. */
  async readUnder<Row, T>(
    lanes: readonly number[],
    channels: readonly string[],
    read: (ask: (sql: string, values: readonly Cell[]) => Promise<Row[]>) => Promise<T>,
  ): Promise<T> {
    this.reading = true;
    try {
      const client = await this.pool.checkOut();
      try {
        await client.query('BEGIN');
        const ask = askOn(client);
        await ask(lockLanes, [listOf(lanes)]);
        const found = await read((sql, values) => ask<Row>(sql, values));
        const hold = new Hold(client, new Set(channels), (ended) => this.forget(ended));
        for (const channel of channels) this.holds.set(channel, hold);
        return found;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        client.release(isBroken(error));
        throw error;
      }
    } catch (error) {
      throw asStoreError(error);
    } finally {
      this.reading = false;
    }
  }

  of(channel: string): Hold | undefined {
    return this.holds.get(channel);
  }

  /** Where nothing came of what was read. */
  letGo(some: readonly { readonly channel: string }[]): void {
    if (this.holds.size === 0) return;
    for (const { channel } of some) void this.holds.get(channel)?.giveUp();
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.holds.values())].map((hold) => hold.giveUp()));
  }

  private forget(hold: Hold): void {
    for (const channel of hold.channels) if (this.holds.get(channel) === hold) this.holds.delete(channel);
  }
}
