import type { Ask } from '../relational/ask.js';
import { ChannelNames } from '../relational/channel-names.js';
import { rocketColumns, rocketOf, type RocketRow } from '../relational/rocket-rows.js';
import {
  messageColumns,
  messageOf,
  missingColumns,
  missingOf,
  type EventFormat,
  type EventRow,
  type MessageRow,
  type MissingRow,
} from '../relational/rows.js';
import type { ExportLine } from './export-line.js';
import { pages } from './pages.js';
import { SubscriptionExport, type PlaceOrder } from './subscription-export.js';

/** How a store reads its feed from the beginning. */
export interface FeedOrder {
  readonly format: EventFormat<unknown, never>;
  /** The events behind some values, and how many. */
  readonly sql: string;
  readonly start: readonly number[];
  readonly placeOf: (row: never) => readonly number[];
  /** Undefined where there are no tables of subscriptions yet. */
  readonly places: PlaceOrder | undefined;
}

/**
 * Everything the answers are made of, in an order in which it can be written again: the rockets as they were first heard
 * of; the events as the feed has them; what waits, gap by gap, the oldest first; what came late.
 */
export class Export {
  private readonly names: ChannelNames;
  private readonly counts = { rockets: 0, events: 0, waiting: 0, late: 0 };

  constructor(
    private readonly ask: Ask,
    private readonly listened: number,
    private readonly feed: FeedOrder,
  ) {
    this.names = new ChannelNames(ask);
  }

  async *lines(): AsyncGenerator<ExportLine> {
    yield { kind: 'rockets-export', version: 1 };
    yield* this.rockets();
    yield* this.events();
    yield* this.draining();
    yield* this.behindGaps();
    yield { kind: 'listened', ms: this.listened };
    yield* this.late();
    const subscriptions = this.feed.places && new SubscriptionExport(this.ask, this.names, this.feed.places);
    if (subscriptions !== undefined) yield* subscriptions.lines();
    yield { kind: 'end', ...this.counts, ...subscriptions?.counts };
  }

  private async *rockets(): AsyncGenerator<ExportLine> {
    const sql = `SELECT ${rocketColumns} FROM rockets WHERE id > $1 ORDER BY id LIMIT $2`;
    for await (const rows of pages<RocketRow>(this.ask, sql, [0], ({ id }) => [id])) {
      for (const row of rows) {
        const { channel, heardAt } = rocketOf(row);
        yield { kind: 'rocket', channel, heardAt };
        this.counts.rockets++;
      }
    }
  }

  private async *events(): AsyncGenerator<ExportLine> {
    const { format, sql, start, placeOf } = this.feed;
    for await (const { rows, channelOf } of this.named<never>(sql, start, placeOf)) {
      for (const row of rows as EventRow[]) {
        const { number, event, recordedAt } = format.eventOf(row as never);
        const { type, time, data } = event;
        yield { kind: 'event', channel: channelOf(row.rocket), number, type, time, data, recordedAt };
        this.counts.events++;
      }
    }
  }

  /** What waits before the first gap of its rocket: its turn has come, and a crash was quicker. */
  private async *draining(): AsyncGenerator<ExportLine> {
    const sql = `SELECT ${rocketColumns} FROM rockets WHERE id > $1 AND waiting > 0 AND EXISTS
      (SELECT 1 FROM waiting_messages w WHERE w.rocket = rockets.id AND w.number = rockets.version + 1)
      ORDER BY id LIMIT $2`;
    for await (const rows of pages<RocketRow>(this.ask, sql, [0], ({ id }) => [id])) {
      for (const row of rows) yield* this.waiting(row.id, row.channel, row.version, undefined);
    }
  }

  /** In the order in which the gaps were opened, so that they are opened again with the same ages. */
  private async *behindGaps(): AsyncGenerator<ExportLine> {
    const sql = `SELECT ${missingColumns} FROM missing WHERE (listened, rocket, last) > ($1, $2, $3)
      ORDER BY listened, rocket, last LIMIT $4`;
    const place = ({ listened, rocket, last }: MissingRow): number[] => [listened, rocket, last];
    let listened = 0;
    for await (const { rows, channelOf } of this.named<MissingRow>(sql, [-1, 0, 0], place)) {
      for (const row of rows) {
        const gap = missingOf(row);
        if (gap.listened > listened) {
          listened = gap.listened;
          yield { kind: 'listened', ms: listened };
        }
        yield* this.waiting(gap.rocket, channelOf(gap.rocket), gap.last, gap.since);
      }
    }
  }

  /** What waits above a number, up to the next gap. */
  private async *waiting(
    rocket: number,
    channel: string,
    above: number,
    since: number | undefined,
  ): AsyncGenerator<ExportLine> {
    const next = 'SELECT first FROM missing WHERE rocket = $1 AND last > $2 ORDER BY last LIMIT 1';
    const sql = `SELECT ${messageColumns} FROM waiting_messages WHERE rocket = $1 AND number > $2
      AND number < coalesce((${next}), ${Number.MAX_SAFE_INTEGER} + 1) ORDER BY number LIMIT $3`;
    const place = ({ number }: MessageRow): number[] => [rocket, number];
    for await (const rows of pages(this.ask, sql, [rocket, above], place)) {
      for (const row of rows) {
        const line = messageLine(channel, row);
        const isOlder = row.number === above + 1 && since !== undefined && since !== row.received_at;
        yield { kind: 'waiting', ...line, ...(isOlder && { since }) };
        this.counts.waiting++;
      }
    }
  }

  private async *late(): AsyncGenerator<ExportLine> {
    const sql = `SELECT ${messageColumns} FROM late_messages WHERE (rocket, number) > ($1, $2)
      ORDER BY rocket, number LIMIT $3`;
    const place = ({ rocket, number }: MessageRow): number[] => [rocket, number];
    for await (const { rows, channelOf } of this.named<MessageRow>(sql, [0, 0], place)) {
      for (const row of rows) {
        yield { kind: 'late', ...messageLine(channelOf(row.rocket), row) };
        this.counts.late++;
      }
    }
  }

  /** Rows, with what names the rockets they are of. */
  private async *named<Row extends { readonly rocket: number }>(
    sql: string,
    start: readonly number[],
    placeOf: (row: Row) => readonly number[],
  ) {
    for await (const rows of pages(this.ask, sql, start, placeOf)) {
      yield { rows, channelOf: await this.names.of(rows.map(({ rocket }) => rocket)) };
    }
  }
}

const messageLine = (channel: string, row: MessageRow) => {
  const { message, receivedAt } = messageOf(channel, row);
  const { number, time, report } = message;
  return { channel, number, type: report.type, time, data: report.data, receivedAt };
};
