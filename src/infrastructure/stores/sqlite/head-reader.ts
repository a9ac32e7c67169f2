import { reachable } from '../../../application/ingest/advance.js';
import type { HeadRequest } from '../../../application/ports/event-store.js';
import type { HeadParts } from '../relational/heads.js';
import { rocketColumns, type RocketRow } from '../relational/rocket-rows.js';
import { eventColumns, messageColumns, type MessageRow, type NumberedRow } from '../relational/rows.js';
import type { Database, Statement } from './database.js';

/** `known`: its row is at hand already. */
export interface HeadQuery extends HeadRequest {
  readonly known?: Pick<RocketRow, 'id' | 'version' | 'waiting' | 'late'>;
}

export interface HeadRows extends HeadParts<NumberedRow> {
  /** Undefined when it was known, or the channel was never heard of. */
  readonly rocket: RocketRow | undefined;
}

/** Heads with so many waiting messages are enough for a commit, and some 10 MB. */
const WAITING_AT_ONCE = 4096;

/** Reads what the next decisions about some channels need. */
export class HeadReader {
  private readonly rocket: Statement;
  private readonly lowestWaiting: Statement;
  private readonly oneWaiting: Statement;
  private readonly covering: Statement;
  private readonly oneLate: Statement;

  constructor(database: Database) {
    const prepare = (sql: string): Statement => database.prepare(sql);
    this.rocket = prepare(`SELECT ${rocketColumns} FROM rockets WHERE channel = ?`);
    const waiting = `SELECT ${messageColumns} FROM waiting_messages WHERE rocket = ? AND number`;
    this.lowestWaiting = prepare(`${waiting} > ? ORDER BY number LIMIT ?`);
    this.oneWaiting = prepare(`${waiting} = ?`);
    this.covering = prepare(
      `SELECT ${eventColumns} FROM events WHERE rocket = ? AND number >= ? ORDER BY number LIMIT 1`,
    );
    this.oneLate = prepare(`SELECT ${messageColumns} FROM late_messages WHERE rocket = ? AND number = ?`);
  }

  /** Those of the first channels, when very much waits. */
  heads(queries: readonly HeadQuery[]): HeadRows[] {
    const heads: HeadRows[] = [];
    for (let waiting = 0; heads.length < queries.length && waiting < WAITING_AT_ONCE;) {
      const head = this.head(queries[heads.length]!);
      waiting += head.waiting.length;
      heads.push(head);
    }
    return heads;
  }

  private head({ channel, numbers, skips, known }: HeadQuery): HeadRows {
    const rocket = known === undefined ? (this.rocket.get(channel) as RocketRow | undefined) : undefined;
    const head = known ?? rocket;
    if (head === undefined) return { rocket, waiting: [], events: [], late: [] };
    const { id, version } = head;
    const recorded = numbers.filter((number) => number <= version);
    return {
      rocket,
      waiting: head.waiting > 0 ? this.waitingOf(id, version, numbers, skips) : [],
      events: recorded.map((number) => this.covering.get(id, number) as NumberedRow),
      late: head.late === 0 ? [] : found<MessageRow>(recorded, (number) => this.oneLate.get(id, number)),
    };
  }

  private waitingOf(id: number, version: number, numbers: readonly number[], skips?: boolean): MessageRow[] {
    const lowest = reachable(version, { numbers, skips }, this.lowest(id), ({ number }) => number);
    const rows = new Map(lowest.map((row) => [row.number, row]));
    const others = numbers.filter((number) => number > version && !rows.has(number));
    for (const row of found<MessageRow>(others, (number) => this.oneWaiting.get(id, number))) {
      rows.set(row.number, row);
    }
    return [...rows.values()];
  }

  /** Mostly few of them are looked at. */
  private *lowest(id: number): Generator<MessageRow> {
    let last = 0;
    for (let limit = 2; ; limit = Math.min(512, 4 * limit)) {
      const rows = this.lowestWaiting.all(id, last, limit) as MessageRow[];
      yield* rows;
      if (rows.length < limit) return;
      last = rows.at(-1)!.number;
    }
  }
}

const found = <Row>(numbers: readonly number[], get: (number: number) => unknown): Row[] =>
  numbers.flatMap((number) => (get(number) as Row | undefined) ?? []);
