import type { RocketFilter, RocketQuery, RocketSort } from '../../../application/ports/rocket-directory.js';
import { lowerAscii } from '../text-order.js';
import { minuteOf, rocketColumns } from './rocket-rows.js';
import type { Cell } from './rows.js';

/** A statement and its values. */
export interface Question {
  readonly sql: string;
  readonly values: readonly Cell[];
  /** An index is read backwards: rockets with the same key come the wrong way round. */
  readonly backwards: boolean;
}

const columnOf: Readonly<Record<RocketSort, string>> = {
  channel: 'channel',
  type: 'type',
  speed: 'speed',
  mission: 'mission',
  status: 'status',
  launchedAt: 'launched_at',
  updatedAt: 'updated_at',
  heardAt: 'heard_at',
  waiting: 'waiting',
};

const indexed: ReadonlySet<RocketSort> = new Set(['channel', 'type', 'mission', 'status', 'launchedAt']);

/** Whether no index can lead to the page: what every message changes has none, and a part of a text can't have one. */
export const mustScan = ({ sort, text, silentSince }: RocketQuery): boolean =>
  !indexed.has(sort) || text !== undefined || silentSince !== undefined;

/**
 * The page as the answers of some questions, one behind the other: what follows with the same key, the further keys, those
 * without one. Each is answered by one index.
 */
export const listing = (
  query: RocketQuery,
  limit: number,
  ids?: readonly [above: number, upTo: number],
): Question[] =>
  segmentsOf(query).map(({ where, order, backwards = false }) => {
    const text = new Text();
    const conditions = [where(text), ...conditionsOf(query, text)].filter((one) => one !== '');
    if (ids !== undefined) conditions.push(`id > ${text.value(ids[0])} AND id <= ${text.value(ids[1])}`);
    const condition = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const sql = `SELECT ${rocketColumns} FROM rockets ${condition} ORDER BY ${order} LIMIT ${text.value(limit)}`;
    return { sql, values: text.values, backwards };
  });

/** Takes values and gives their places. */
class Text {
  readonly values: Cell[] = [];

  value(cell: Cell): string {
    return `$${this.values.push(cell)}`;
  }
}

const conditionsOf = (filter: RocketFilter, text: Text): string[] => {
  const conditions: string[] = [];
  const { status, type, mission, complete, hasGaps, silentSince } = filter;
  if (status !== undefined) conditions.push(`status IN (${status.map((one) => text.value(one)).join(', ')})`);
  if (type !== undefined) conditions.push(`type = ${text.value(type)}`);
  if (mission !== undefined) conditions.push(`mission = ${text.value(mission)}`);
  if (complete !== undefined) conditions.push(`complete = ${complete ? 1 : 0}`);
  if (hasGaps !== undefined) conditions.push(`has_gaps = ${hasGaps ? 1 : 0}`);
  if (silentSince !== undefined) {
    const minute = text.value(minuteOf(silentSince));
    conditions.push(
      `status <> 'exploded' AND heard_minute <= ${minute} AND heard_at < ${text.value(silentSince)}`,
    );
  }
  if (filter.text !== undefined) {
    const part = text.value(lowerAscii(filter.text));
    // Both databases have this; to LIKE, SQLite's U+FFFE and U+FFFF are U+FFFD.
    const mentions = ['channel', 'type', 'mission'].map(
      (column) => `replace(lower(${column}), ${part}, '') <> lower(${column})`,
    );
    conditions.push(`(${mentions.join(' OR ')})`);
  }
  return conditions;
};

interface Segment {
  readonly where: (text: Text) => string;
  readonly order: string;
  readonly backwards?: boolean;
}

const segmentsOf = ({ sort, order, after }: RocketQuery): Segment[] => {
  const column = columnOf[sort];
  const [beyond, direction] = order === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
  if (sort === 'channel') {
    const where = (text: Text) =>
      after === undefined ? '' : `channel ${beyond} ${text.value(after.channel)}`;
    return [{ where, order: `channel ${direction}` }];
  }
  const unknown = (behind: string | undefined): Segment => ({
    where: (text) => `${column} IS NULL${behind === undefined ? '' : ` AND channel > ${text.value(behind)}`}`,
    order: 'channel',
  });
  const byKey = { order: `${column} ${direction}, channel ${direction}`, backwards: order === 'desc' };
  if (after === undefined) return [{ where: () => `${column} IS NOT NULL`, ...byKey }, unknown(undefined)];
  const { key, channel } = after;
  if (key === null) return [unknown(channel)];
  return [
    {
      where: (text) => `${column} = ${text.value(key)} AND channel > ${text.value(channel)}`,
      order: 'channel',
    },
    { where: (text) => `${column} ${beyond} ${text.value(key)}`, ...byKey },
    unknown(undefined),
  ];
};
