import type { Ask } from '../relational/ask.js';
import type { ChannelNames } from '../relational/channel-names.js';
import {
  cellsOfPlain,
  plainPlaces,
  SubscriptionRows,
  type ParkedRow,
  type SubscriptionRow,
} from '../relational/subscription-rows.js';
import type { EventName, ExportLine } from './export-line.js';
import { pages } from './pages.js';

/** How a store keeps places in its feed. */
export interface PlaceOrder {
  readonly columns: readonly string[];
  /** The event at a place, or the last one before it. */
  readonly upTo: string;
}

/** Subscriptions by name, each with what it has parked; where they stand is said by events, as places are a store's own. */
export class SubscriptionExport {
  private readonly said = { subscriptions: 0, parked: 0 };
  private readonly rows: SubscriptionRows;

  constructor(
    private readonly ask: Ask,
    private readonly names: ChannelNames,
    private readonly order: PlaceOrder,
  ) {
    this.rows = new SubscriptionRows(plainPlaces(order.columns));
  }

  /** An export without subscriptions is as it was when there were none. */
  get counts(): Partial<typeof this.said> {
    return this.said.subscriptions === 0 ? {} : this.said;
  }

  async *lines(): AsyncGenerator<ExportLine> {
    const sql = `SELECT ${this.rows.columns.join(', ')} FROM subscriptions WHERE name > $1 ORDER BY name LIMIT $2`;
    for await (const rows of pages<SubscriptionRow>(this.ask, sql, [''], ({ name }) => [name])) {
      for (const row of rows) {
        const { name, types, channels, sink, createdAt, isPaused, pausedAs, ...progress } =
          this.rows.subscriptionOf(row);
        const { position, delivered, retried, lastError } = progress;
        const said = { name, types, channels, sink, createdAt, isPaused, pausedAs };
        const after = await this.eventAt(position);
        yield { kind: 'subscription', ...said, after, delivered, retried, lastError };
        this.said.subscriptions++;
        yield* this.parked(row.name);
      }
    }
  }

  private async *parked(name: string): AsyncGenerator<ExportLine> {
    const sql = `SELECT ${this.rows.parkedColumns.join(', ')} FROM parked_sequences
      WHERE subscription = $1 AND channel > $2 ORDER BY channel LIMIT $3`;
    const placeOf = ({ channel }: ParkedRow): string[] => [name, channel];
    for await (const rows of pages<ParkedRow>(this.ask, sql, [name, ''], placeOf)) {
      for (const row of rows) {
        const { position, ...said } = this.rows.parkedOf(row);
        yield { kind: 'parked', ...said, at: await this.eventAt(position) };
        this.said.parked++;
      }
    }
  }

  private async eventAt(position: string): Promise<EventName | null> {
    const [event] = await this.ask<{ rocket: number; number: number }>(
      this.order.upTo,
      cellsOfPlain(position),
    );
    if (event === undefined) return null;
    const channelOf = await this.names.of([event.rocket]);
    return { channel: channelOf(event.rocket), number: event.number };
  }
}

/** In words, what is wrong with the rows of subscriptions. */
export const damagedSubscriptions = async (ask: Ask, places: readonly string[]): Promise<string[]> => {
  const rows = new SubscriptionRows(plainPlaces(places));
  const damages: string[] = [];
  const check = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      damages.push(error instanceof Error ? error.message : String(error));
    }
  };
  const ofAll = `SELECT ${rows.columns.join(', ')} FROM subscriptions WHERE name > $1 ORDER BY name LIMIT $2`;
  for await (const some of pages<SubscriptionRow>(ask, ofAll, [''], ({ name }) => [name]))
    for (const row of some) check(() => rows.subscriptionOf(row));
  const ofParked = `SELECT ${rows.parkedColumns.join(', ')} FROM parked_sequences
    WHERE (subscription, channel) > ($1, $2) ORDER BY subscription, channel LIMIT $3`;
  const placeOf = ({ subscription, channel }: ParkedRow): string[] => [subscription, channel];
  for await (const some of pages<ParkedRow>(ask, ofParked, ['', ''], placeOf))
    for (const row of some) check(() => rows.parkedOf(row));
  const [stray] = await ask<{ strays: number }>(
    'SELECT count(*) AS strays FROM parked_sequences WHERE subscription NOT IN (SELECT name FROM subscriptions)',
    [],
  );
  if (stray!.strays > 0)
    damages.push(`damaged: rows of no subscription in "parked_sequences": ${stray!.strays}`);
  return damages;
};
