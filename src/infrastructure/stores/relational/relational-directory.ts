import type { ReceivedMessage } from '../../../application/ports/event-store.js';
import type {
  FrequentNames,
  Gap,
  GapPage,
  GapQuery,
  MessagePage,
  OverdueGap,
  RocketDirectory,
  RocketPage,
  RocketPlace,
  RocketQuery,
  RocketSummary,
  RocketTotals,
} from '../../../application/ports/rocket-directory.js';
import { gapPageOf } from '../gap-page.js';
import { placeOrder, sortKey } from '../sort-key.js';
import type { Ask } from './ask.js';
import type { ChannelNames } from './channel-names.js';
import { countSilent, frequentNames } from './fleet-figures.js';
import { listing, mustScan, type Question } from './listing.js';
import { findRocket, rocketColumns, rocketOf, type RocketRow, type StoredRocket } from './rocket-rows.js';
import {
  messageColumns,
  messageOf,
  missingColumns,
  missingOf,
  type MessageRow,
  type MissingRow,
} from './rows.js';

/** What only the adapter knows. */
export interface DirectorySource {
  readonly ask: Ask;
  readonly names: ChannelNames;
  totals(): Promise<RocketTotals>;
  /** The ids of all rockets in portions that are looked through in a moment; undefined where nobody has to wait for it. */
  portions(): readonly (readonly [above: number, upTo: number])[] | undefined;
}

/** The read model of both SQL stores: the table `rockets`, and what belongs to its rows. */
export class RelationalRocketDirectory implements RocketDirectory {
  constructor(private readonly source: DirectorySource) {}

  async find(channel: string, signal?: AbortSignal): Promise<RocketSummary | undefined> {
    const rocket = await findRocket(this.source.ask, channel, signal);
    return rocket && summaryOf(rocket);
  }

  async list(query: RocketQuery, signal?: AbortSignal): Promise<RocketPage> {
    // One more than asked shows whether another page follows.
    const wanted = query.limit + 1;
    const portions = mustScan(query) ? this.source.portions() : undefined;
    let rockets: RocketSummary[] = [];
    if (portions === undefined) rockets = await this.rows(query, wanted, undefined, signal);
    else {
      for (const portion of portions) {
        rockets.push(...(await this.rows(query, wanted, portion, signal)));
        rockets = inOrder(rockets, query).slice(0, wanted);
      }
    }
    if (rockets.length < wanted) return { rockets, next: undefined };
    rockets.pop();
    return { rockets, next: placeOf(rockets.at(-1)!, query) };
  }

  /**
   * Each row is a gap with its rocket: what waits behind it is known by the next one, or by the highest number heard. The one
   * in which the page before ended is read, too, and then left out: of a row that is damaged, where it begins is not known.
   */
  async gaps({ channel, limit, after }: GapQuery, signal?: AbortSignal): Promise<GapPage> {
    const beyond =
      after === undefined
        ? 'r.version'
        : 'CASE WHEN r.channel > $3 OR r.version > $4 THEN r.version ELSE $4 END';
    const sql = `SELECT ${joinedColumns} FROM rockets r JOIN missing m ON m.rocket = r.id
      WHERE r.has_gaps = 1 AND r.channel ${channel === undefined ? '>=' : '='} $1 AND m.last > ${beyond}
      ORDER BY r.channel, m.last LIMIT $2`;
    const from = channel ?? after?.channel ?? '';
    const values = [from, limit + 3, ...(after === undefined ? [] : [after.channel, after.from])];
    const rows = (await this.source.ask<JoinedRow>(sql, values, signal)).map(gapIn);
    const gaps = rows.map(({ rocket, first, last, since }, i): Gap => {
      const next = rows[i + 1];
      const upTo = next?.rocket.id === rocket.id ? next.first : rocket.highestHeard + 1;
      return { channel: rocket.channel, from: first, to: last, since, waiting: upTo - last - 1 };
    });
    const isBehind = (gap: Gap): boolean => gap.channel !== after?.channel || gap.from > after.from;
    return gapPageOf(gaps.filter(isBehind), limit);
  }

  async overdueGaps(listened: number, limit: number): Promise<OverdueGap[]> {
    const rows = await this.source.ask<MissingRow>(
      `SELECT ${missingColumns} FROM missing WHERE listened <= $1 ORDER BY listened LIMIT $2`,
      [listened, limit],
    );
    const channelOf = await this.source.names.of(rows.map(({ rocket }) => rocket));
    return rows.map((row) => {
      const { rocket, last: to, since } = missingOf(row);
      return { channel: channelOf(rocket), to, since };
    });
  }

  waiting(channel: string, page: MessagePage, signal?: AbortSignal): Promise<ReceivedMessage[]> {
    return this.messages('waiting_messages', channel, page, signal);
  }

  late(channel: string, page: MessagePage, signal?: AbortSignal): Promise<ReceivedMessage[]> {
    return this.messages('late_messages', channel, page, signal);
  }

  totals(): Promise<RocketTotals> {
    return this.source.totals();
  }

  silent(since: number): Promise<number> {
    return countSilent(this.source.ask, since);
  }

  frequent(limit: number): Promise<FrequentNames> {
    return frequentNames(this.source.ask, limit);
  }

  private async rows(
    query: RocketQuery,
    limit: number,
    ids: readonly [number, number] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RocketSummary[]> {
    const rockets: RocketSummary[] = [];
    const ask = async ({ sql, values }: Question): Promise<RocketSummary[]> =>
      (await this.source.ask<RocketRow>(sql, values, signal)).map((row) => summaryOf(rocketOf(row)));
    for (const question of listing(query, limit, ids)) {
      const found = await ask(question);
      if (!question.backwards) rockets.push(...found);
      else if (found.length < limit) rockets.push(...inOrder(found, query));
      else {
        // Of the last key more may be there than was read, and those that come first are not among it.
        const { key } = placeOf(found.at(-1)!, query);
        const whole = found.filter((rocket) => placeOf(rocket, query).key !== key);
        const [rest] = listing({ ...query, after: { key, channel: '' } }, limit - whole.length, ids);
        rockets.push(...inOrder(whole, query), ...(await ask(rest!)));
      }
      if (rockets.length >= limit) break;
    }
    return rockets.slice(0, limit);
  }

  private async messages(
    table: 'waiting_messages' | 'late_messages',
    channel: string,
    { after = 0, limit }: MessagePage,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedMessage[]> {
    const rocket = await findRocket(this.source.ask, channel, signal);
    if (rocket === undefined) return [];
    const sql = `SELECT ${messageColumns} FROM ${table} WHERE rocket = $1 AND number > $2 ORDER BY number LIMIT $3`;
    const rows = await this.source.ask<MessageRow>(sql, [rocket.id, after, limit], signal);
    return rows.map((row) => messageOf(channel, row));
  }
}

const summaryOf = (rocket: StoredRocket): RocketSummary => {
  const { channel, version, rocket: shown, updatedAt, highestHeard, waiting, late, heardAt } = rocket;
  return { channel, version, rocket: shown, updatedAt, highestHeard, waiting, late, heardAt };
};

const placeOf = (rocket: RocketSummary, { sort }: RocketQuery): RocketPlace => ({
  key: sortKey(rocket, sort),
  channel: rocket.channel,
});

const inOrder = (rockets: RocketSummary[], query: RocketQuery): RocketSummary[] => {
  const before = placeOrder(query.order === 'desc');
  return rockets.sort((a, b) => before(placeOf(a, query), placeOf(b, query)));
};

const joinedColumns = [
  ...rocketColumns.split(', ').map((column) => `r.${column}`),
  ...missingColumns.split(', ').map((column) => `m.${column} AS gap_${column}`),
].join(', ');

type JoinedRow = RocketRow & { readonly [column in keyof MissingRow as `gap_${column}`]: number };

const gapIn = (row: JoinedRow) => {
  const { gap_rocket, gap_last, gap_first, gap_since, gap_listened, gap_sum, ...rocketRow } = row;
  const rocket = rocketOf(rocketRow);
  const { first, last, since } = missingOf({
    rocket: gap_rocket,
    last: gap_last,
    first: gap_first,
    since: gap_since,
    listened: gap_listened,
    sum: gap_sum,
  });
  return { rocket, first: Math.max(first, rocket.version + 1), last, since };
};
