import type { IngestMessages } from './ingest-messages.js';
import type { Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';
import type { RocketDirectory } from './ports/rocket-directory.js';

const PAGE = 1000;

/** Skips by itself, when the operator asked for it (`GAP_TIMEOUT`), every gap that stayed open for too long. */
export class SkipOverdueGaps {
  private stopping = false;

  constructor(
    private readonly directory: RocketDirectory,
    private readonly ingest: Pick<IngestMessages, 'skipGap'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly timeoutMs: number,
  ) {}

  async run(): Promise<void> {
    const pause = Math.min(Math.max(this.timeoutMs / 4, 50), 60_000);
    while (!this.stopping) {
      await this.clock.sleep(pause);
      if (!this.stopping) await this.skipOverdue().catch((error: unknown) => this.report(error));
    }
  }

  stop(): void {
    this.stopping = true;
  }

  /** Only the first gap of a channel can be skipped; a later one becomes the first and has its turn next time. */
  async skipOverdue(): Promise<void> {
    const latest = this.clock.now() - this.timeoutMs;
    let after: { channel: string; from: number } | undefined;
    let channel: string | undefined;
    do {
      const page = await this.directory.gaps({ limit: PAGE, after });
      for (const gap of page.gaps) {
        const isFirst = gap.channel !== channel;
        channel = gap.channel;
        if (!isFirst || gap.since > latest) continue;
        const result = await this.ingest.skipGap(gap.channel, { from: gap.from, to: gap.to });
        if (result.skipped)
          this.logger.warn('gap skipped after GAP_TIMEOUT', { channel: gap.channel, ...result.skipped });
      }
      after = page.next;
    } while (after !== undefined && !this.stopping);
  }

  private report(error: unknown): void {
    if (this.stopping) return;
    this.logger.error('overdue gaps could not be skipped', { error: String(error) });
  }
}
