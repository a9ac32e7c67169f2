import { TooManyReads } from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import type { Cell } from '../relational/rows.js';
import type { SqlThread } from './sql-thread.js';

/** So many may wait; whoever comes then would wait for seconds. */
const MOST_WAITING = 1000;

interface Read {
  readonly sql: string;
  readonly values: readonly Cell[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (rows: never[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The reads that wait for their thread, one at a time; those whose asker has gone are not run. */
export class Reads {
  private readonly waiting: Read[] = [];
  private running = false;

  /** `refuse` throws when nothing may be read. */
  constructor(
    private readonly thread: Pick<SqlThread, 'call'>,
    private readonly refuse: () => void,
  ) {}

  readonly ask: Ask = (sql, values, signal) =>
    new Promise((resolve, reject) => {
      this.refuse();
      if (this.waiting.length >= MOST_WAITING) {
        return reject(new TooManyReads(`${MOST_WAITING} questions wait to be answered.`));
      }
      this.waiting.push({ sql, values, signal, resolve, reject });
      if (!this.running) void this.run();
    });

  private async run(): Promise<void> {
    this.running = true;
    for (let read = this.waiting.shift(); read !== undefined; read = this.waiting.shift()) {
      const { sql, values, signal, resolve, reject } = read;
      if (signal?.aborted) reject(signal.reason);
      else await this.thread.call<never[]>('all', sql, values).then(resolve, reject);
    }
    this.running = false;
  }
}
