import type { IngestMessages } from '../ingest/ingest-messages.js';
import type { Clock } from '../ports/clock.js';
import type { EventStore } from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';
import type { RocketDirectory } from '../ports/rocket-directory.js';

const PAGE = 1000;
/** Gaps that can't be skipped may stand before those that can: so many are looked at to find others. */
const MOST_LOOKED_AT = 64 * PAGE;
/** So many rockets have their gaps skipped at a time, which share their commits. */
const TOGETHER = 256;

/**
 * Skips by itself, when the operator asked for it (`GAP_TIMEOUT`), every gap that stayed open for too long. What counts is
 * the time in which a service was listening, kept in the store: neither a service that was down nor a clock that was set
 * on takes a gap for overdue, and restarts do not put it off.
 */
export class SkipOverdueGaps {
  private stopping = false;
  private countedAt: number;

  constructor(
    private readonly store: Pick<EventStore, 'listened'>,
    private readonly directory: Pick<RocketDirectory, 'overdueGaps'>,
    private readonly ingest: Pick<IngestMessages, 'skip'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly timeoutMs: number,
  ) {
    this.countedAt = clock.elapsed();
  }

  async run(): Promise<void> {
    this.countedAt = this.clock.elapsed();
    while (!this.stopping) {
      await this.clock.sleep(this.pauseMs);
      if (!this.stopping) await this.skipOverdue().catch((error: unknown) => this.report(error));
    }
  }

  stop(): void {
    this.stopping = true;
  }

  async skipOverdue(): Promise<void> {
    const listened = await this.store.listened(this.countOn());
    // A gap is marked with the time as it was counted last, so it may be younger than its mark by one pause.
    const latest = listened - this.timeoutMs - this.pauseMs;
    if (latest < 0) return;
    // What can't be skipped, as the gaps of a damaged rocket, is tried once, and then at the next look.
    const failed = new Set<string>();
    for (let limit = PAGE; limit <= MOST_LOOKED_AT && !this.stopping;) {
      const gaps = await this.directory.overdueGaps(latest, limit);
      const upTo = new Map<string, number>();
      for (const { channel, to } of gaps) {
        if (!failed.has(channel)) upTo.set(channel, Math.max(to, upTo.get(channel) ?? 0));
      }
      await this.skipAll([...upTo], failed);
      if (gaps.length < limit) return;
      if ([...upTo.keys()].every((channel) => failed.has(channel))) limit *= 2;
    }
  }

  /** For how many whole milliseconds more has been listened; what is left of one is counted next time. */
  private countOn(): number {
    const now = this.clock.elapsed();
    const passed = Math.floor(now - this.countedAt);
    // A process that was stopped or starved did not listen: no more than it should have slept is counted.
    const counted = Math.min(passed, Math.floor(this.pauseMs));
    this.countedAt = counted < passed ? now : this.countedAt + counted;
    return counted;
  }

  private get pauseMs(): number {
    return Math.min(Math.max(this.timeoutMs / 10, 50), 10_000);
  }

  /** What stands in the way of one is not in the way of others. */
  private async skipAll(
    wanted: readonly (readonly [channel: string, upTo: number])[],
    failed: Set<string>,
  ): Promise<void> {
    const by = { who: 'timeout' } as const;
    for (let i = 0; i < wanted.length && !this.stopping; i += TOGETHER) {
      const some = wanted.slice(i, i + TOGETHER);
      const results = await Promise.allSettled(
        some.map(([channel, upTo]) => this.ingest.skip(channel, { upTo, by })),
      );
      results.forEach((result, j) => {
        if (result.status === 'rejected') this.report(result.reason);
        if (result.status === 'rejected' || result.value.skipped === undefined) failed.add(some[j]![0]);
      });
    }
  }

  private report(error: unknown): void {
    if (this.stopping) return;
    this.logger.error('overdue gaps could not be skipped', { error: String(error) });
  }
}
