import type { LateNotice, NoticeBoard, Notices } from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import type { CallListener } from './call-listener.js';
import { Pause } from './pause.js';
import type { WakeUpCalls } from './wake-up-calls.js';

/** What happens within so long is put up together. */
const GATHER_MS = 200;
/** How often whoever listens looks; and while calls of the others can be relied on. */
const LOOK_EVERY_MS = 400;
const IDLE_MS = 1000;
/** A row may become visible behind one that was put up later: so far back it is looked at again. */
const LOOK_BACK_SECONDS = 10;
/** Of more than this it is only known that there is much. */
const MOST_TOLD = 1000;

/** Another release may leave out what this one tells. */
interface Told {
  readonly gapsOf?: readonly string[];
  readonly late?: readonly LateNotice[];
}

/** Instances tell each other in a table what is no event: outside of the commits, and no more than a few rows a second. */
export class SharedNotices implements NoticeBoard {
  private readonly gapsOf = new Set<string>();
  private late: LateNotice[] = [];
  private gathering: NodeJS.Timeout | undefined;
  private listener: ((notices: Notices) => void) | undefined;
  private isCalled = false;
  private readonly pause = new Pause();

  constructor(
    private readonly instance: string,
    private readonly write: Ask,
    private readonly read: Ask,
    private readonly calls: WakeUpCalls | undefined,
    private readonly called: CallListener | undefined,
  ) {}

  tell({ gapsOf, late }: Notices): void {
    for (const channel of gapsOf) if (this.gapsOf.size < MOST_TOLD) this.gapsOf.add(channel);
    this.late.push(...late.slice(0, MOST_TOLD - this.late.length));
    this.gathering ??= setTimeout(() => void this.putUp(), GATHER_MS).unref();
  }

  listen(listener: (notices: Notices) => void): () => void {
    this.listener = listener;
    const stopHearing = this.called?.on('notices', () => this.wake());
    void this.look(listener);
    return () => {
      stopHearing?.();
      if (this.listener === listener) this.listener = undefined;
    };
  }

  private wake(): void {
    this.isCalled = true;
    this.pause.end();
  }

  close(): void {
    clearTimeout(this.gathering);
    this.listener = undefined;
  }

  /** What can't be put up is lost: whoever reads asks for gaps when he comes back, too. */
  private async putUp(): Promise<void> {
    const told: Told = { gapsOf: [...this.gapsOf], late: this.late };
    this.gapsOf.clear();
    this.late = [];
    this.gathering = undefined;
    await this.write(
      `WITH old AS (DELETE FROM notices WHERE told_at < clock_timestamp() - make_interval(secs => $1))
        INSERT INTO notices (instance, notices) VALUES ($2, $3)`,
      [6 * LOOK_BACK_SECONDS, this.instance, JSON.stringify(told)],
    ).catch(() => undefined);
    this.calls?.call('notices');
  }

  private async look(listener: (notices: Notices) => void): Promise<void> {
    let seen: Set<number> | undefined;
    while (this.listener === listener) {
      this.isCalled = false;
      const rows = await this.read<{ id: number; notices: string }>(
        `SELECT id, notices FROM notices
          WHERE told_at > clock_timestamp() - make_interval(secs => $1) AND instance <> $2 ORDER BY id`,
        [LOOK_BACK_SECONDS, this.instance],
      ).catch(() => undefined);
      if (this.listener !== listener) return;
      // What was there before is nobody's news.
      const fresh = seen === undefined ? [] : rows?.filter(({ id }) => !seen!.has(id));
      for (const { notices } of fresh ?? []) {
        const { gapsOf = [], late = [] } = JSON.parse(notices) as Told;
        listener({ gapsOf: new Set(gapsOf), late });
      }
      if (rows !== undefined) seen = new Set(rows.map(({ id }) => id));
      if (!this.isCalled) await this.pause.take(this.called?.isReliable === true ? IDLE_MS : LOOK_EVERY_MS);
    }
  }
}
