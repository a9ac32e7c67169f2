import type {
  Gap,
  GapPage,
  GapQuery,
  RocketPage,
  RocketQuery,
  RocketSort,
  RocketSummary,
  RocketTotals,
  SortKey,
} from '../../../application/ports/rocket-directory.js';
import { gapPageOf, gapsOf, type EarlyNumbers } from '../../../application/gaps.js';
import { sortKey } from '../sort-key.js';
import type { Cell } from './checksum.js';
import type { Database, Statement } from './database.js';
import { Log } from './log/log.js';
import { checkedRocket, rocketColumns, summaryOf, type RocketRow } from './folded/rocket-row.js';
import { ROWS, rowsInPages } from './folded/row-pages.js';
import { storable } from './folded/storable-text.js';

const columnOf: Readonly<Record<RocketSort, string>> = {
  channel: 'channel',
  type: 'type',
  speed: 'speed',
  mission: 'mission',
  status: 'status',
  launchedAt: 'launched_key',
  updatedAt: 'updated_key',
};

/** The reading half of the directory: SQL over the table `rockets`. */
export class DirectoryReader {
  private readonly statements = new Map<string, Statement>();
  private readonly one: Statement;
  private readonly withEarly: Statement;
  private readonly earlyNumbers: Statement;
  private readonly earlyAbove: Statement;
  private readonly counts: Statement;
  private readonly log: Log;

  constructor(private readonly database: Database) {
    this.one = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE channel = ?`);
    this.withEarly = database.prepare(
      `SELECT ${rocketColumns} FROM rockets WHERE pending > 0 AND channel >= ?` +
        ' AND highest - version > pending ORDER BY channel LIMIT ?',
    );
    this.earlyNumbers = database.prepare(
      'SELECT number, received_at FROM early WHERE channel = ? AND number > ?' +
        ` ORDER BY number LIMIT ${ROWS}`,
    );
    this.earlyAbove = database.prepare(
      'SELECT count(*) AS waiting, min(received_at) AS since FROM early WHERE channel = ? AND number > ?',
    );
    this.counts = database.prepare(`
      SELECT status, count(*) AS rockets, sum(complete = 0) AS incomplete, sum(pending) AS buffered,
        sum(highest - version > pending) AS "withGaps"
      FROM rockets GROUP BY status`);
    this.log = new Log(database);
  }

  find(channel: string): RocketSummary | undefined {
    const row = this.one.get(channel) as RocketRow | undefined;
    return row && summaryOf(checkedRocket(row));
  }

  list(query: RocketQuery): RocketPage {
    const rockets: RocketSummary[] = [];
    // One more than asked shows whether another page follows.
    for (const segment of segmentsOf(query)) {
      const left = query.limit + 1 - rockets.length;
      if (left > 0) rockets.push(...this.rows(query, segment, left).map(summaryOf));
    }
    if (rockets.length <= query.limit) return { rockets, next: undefined };
    rockets.pop();
    const last = rockets.at(-1);
    return { rockets, next: last && { key: sortKey(last, query.sort), channel: last.channel } };
  }

  gaps({ channel, limit, after }: GapQuery): GapPage {
    const gaps: Gap[] = [];
    for (const { channel: name, version } of this.rocketsWithGaps(channel, after?.channel, limit + 2)) {
      const begin = after?.channel === name ? after.from : 0;
      const left = limit + 1 - gaps.length;
      gaps.push(...gapsOf(name, version, this.earlyOf(name), { after: begin, limit: left }));
      if (gaps.length > limit) break;
    }
    return gapPageOf(gaps, limit);
  }

  totals(): RocketTotals {
    const byStatus = { 'awaiting-launch': 0, flying: 0, exploded: 0 };
    const totals = { rockets: 0, incomplete: 0, buffered: 0, withGaps: 0 };
    for (const row of this.counts.all() as CountRow[]) {
      byStatus[row.status] = row.rockets;
      totals.rockets += row.rockets;
      totals.incomplete += row.incomplete;
      totals.buffered += row.buffered;
      totals.withGaps += row.withGaps;
    }
    return { ...totals, byStatus, events: this.log.last().total };
  }

  private rows(query: RocketQuery, { where, values, order }: Segment, limit: number): RocketRow[] {
    const conditions = [where];
    const bound = [...values];
    for (const column of ['status', 'type', 'mission'] as const) {
      const wanted = query[column];
      if (wanted === undefined) continue;
      conditions.push(`${column} = ?`);
      bound.push(storable(wanted));
    }
    const sql = `SELECT ${rocketColumns} FROM rockets WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`;
    const rows = this.statement(sql).all(...bound, limit) as RocketRow[];
    return rows.map(checkedRocket);
  }

  private earlyOf(channel: string): EarlyNumbers {
    const read = (from: number) => (last: NumberRow | undefined) =>
      this.earlyNumbers.all(channel, last?.number ?? from - 1) as NumberRow[];
    return {
      *from(number) {
        for (const row of rowsInPages(read(number))) {
          yield { message: { number: row.number }, receivedAt: row.received_at };
        }
      },
      above: (number) => {
        const { waiting, since } = this.earlyAbove.get(channel, number) as AboveRow;
        return { waiting, since: since ?? Infinity };
      },
    };
  }

  /** A rocket whose early messages follow right on its version has no gap and is left out. */
  private rocketsWithGaps(channel: string | undefined, from: string | undefined, limit: number): RocketRow[] {
    if (channel === undefined)
      return (this.withEarly.all(from ?? '', limit) as RocketRow[]).map(checkedRocket);
    const row = this.one.get(channel) as RocketRow | undefined;
    return row === undefined ? [] : [checkedRocket(row)];
  }

  /** There are few different listings; each is prepared once. */
  private statement(sql: string): Statement {
    const known = this.statements.get(sql) ?? this.database.prepare(sql);
    this.statements.set(sql, known);
    return known;
  }
}

interface NumberRow {
  readonly number: number;
  readonly received_at: number;
}

interface AboveRow {
  readonly waiting: number;
  readonly since: number | null;
}

interface CountRow {
  readonly status: RocketSummary['rocket']['status'];
  readonly rockets: number;
  readonly incomplete: number;
  readonly buffered: number;
  readonly withGaps: number;
}

/** A part of a listing that one index can answer: what follows with the same key, the further keys, those without. */
interface Segment {
  readonly where: string;
  readonly values: readonly Cell[];
  readonly order: string;
}

const segmentsOf = ({ sort, order, after }: RocketQuery): Segment[] => {
  const column = columnOf[sort];
  const [beyond, direction] = order === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
  if (sort === 'channel') {
    const values = after === undefined ? [] : [after.channel];
    return [
      { where: after === undefined ? 'TRUE' : `channel ${beyond} ?`, values, order: `channel ${direction}` },
    ];
  }
  const unknown = (values: SortKey[]): Segment => ({
    where: `${column} IS NULL${values.length > 0 ? ' AND channel > ?' : ''}`,
    values,
    order: 'channel',
  });
  if (after === undefined) {
    return [
      { where: `${column} IS NOT NULL`, values: [], order: `${column} ${direction}, channel` },
      unknown([]),
    ];
  }
  if (after.key === null) return [unknown([after.channel])];
  const key = typeof after.key === 'string' ? storable(after.key) : after.key;
  return [
    { where: `${column} = ? AND channel > ?`, values: [key, after.channel], order: 'channel' },
    { where: `${column} ${beyond} ?`, values: [key], order: `${column} ${direction}, channel` },
    unknown([]),
  ];
};
