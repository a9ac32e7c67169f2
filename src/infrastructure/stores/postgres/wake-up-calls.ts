import type { Ask } from '../relational/ask.js';

/** What the other instances may want to look at: the feed, or what was put up that is no event. */
export type Call = 'events' | 'notices';

/** By the name of its connection who listens is found. */
export const listenerOf = (instance: string): string => `rockets listener ${instance}`;

/** Calls that come within so long are one. */
const EVERY_MS = 10;
/** How often an instance finds out whether any other listens. */
const CHECK_EVERY_MS = 1000;

/**
 * Tells the other instances to look, by NOTIFY in a transaction of its own: one within a commit would make all commits of
 * the database wait for each other. It is a hint, which may be lost: nobody waits for it, and where nobody listens none is
 * given.
 */
export class WakeUpCalls {
  private readonly wanted = new Set<Call>();
  private calling = false;
  private closed = false;
  private heard: Promise<boolean> = Promise.resolve(false);
  private checkedAt = -Infinity;

  constructor(
    private readonly ask: Ask,
    readonly channel: string,
    readonly instance: string,
  ) {}

  call(what: Call): void {
    this.wanted.add(what);
    if (!this.calling && !this.closed) void this.callAll();
  }

  close(): void {
    this.closed = true;
  }

  /** Comes back to who calls, if he listens. */
  async callBack(): Promise<void> {
    await this.notify(['echo']);
  }

  private async callAll(): Promise<void> {
    this.calling = true;
    while (this.wanted.size > 0 && !this.closed) {
      const calls = [...this.wanted];
      this.wanted.clear();
      try {
        if (await this.isHeard()) await this.notify(calls);
      } catch {
        // Those who listen look by themselves, too.
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS).unref());
    }
    this.calling = false;
  }

  private isHeard(): Promise<boolean> {
    const now = performance.now();
    if (now - this.checkedAt < CHECK_EVERY_MS) return this.heard;
    this.checkedAt = now;
    const sql = `SELECT EXISTS (SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE $1 AND application_name <> $2) AS heard`;
    const values = [listenerOf('%'), listenerOf(this.instance)];
    this.heard = this.ask<{ heard: boolean }>(sql, values).then(([row]) => row!.heard);
    return this.heard;
  }

  private notify(calls: readonly string[]): Promise<unknown> {
    const sql = `SELECT ${calls.map((_, i) => `pg_notify($1, $${i + 2})`).join(', ')}`;
    return this.ask(sql, [this.channel, ...calls.map((call) => `${this.instance} ${call}`)]);
  }
}
