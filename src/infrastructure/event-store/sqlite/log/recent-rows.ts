import type { LogRow } from './log.js';

/** Characters: rows of some 50,000 messages. */
const MOST_TEXT = 8 * 2 ** 20;

/**
 * The rows that were appended last, as they were. Who has got no answer says it again, and soon: to read and check the
 * row of each message that is repeated costs as much as to take two new ones (measured).
 */
export class RecentRows {
  /** The oldest first. */
  private readonly rows = new Map<number, LogRow>();
  private text = 0;

  add(row: LogRow): void {
    this.rows.set(row.entry, row);
    this.text += row.body.length;
    for (const [entry, { body }] of this.rows) {
      if (this.text <= MOST_TEXT) return;
      this.rows.delete(entry);
      this.text -= body.length;
    }
  }

  at(entry: number): LogRow | undefined {
    return this.rows.get(entry);
  }
}
