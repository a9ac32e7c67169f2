import type { Position } from '../../../application/ports/event-store.js';
import type { ParkedSequence, Subscription } from '../../../application/ports/subscription-store.js';
import { checked, withSum, type Cell } from './rows.js';

/** How a store keeps positions: without the epoch, so that they go on in the one that begins when it was restored. */
export interface PlaceColumns {
  readonly names: readonly string[];
  cellsOf(position: Position): readonly number[];
  positionOf(cells: readonly number[]): Position;
}

interface Summed {
  readonly sum: number;
}

export interface SubscriptionRow extends Summed {
  readonly name: string;
  readonly revision: number;
  readonly types: string | null;
  readonly channels: string | null;
  readonly sink: string;
  readonly created_at: number;
  readonly is_paused: 0 | 1;
  readonly paused_as: string | null;
  readonly replays: number;
  readonly delivered: number;
  readonly retried: number;
  readonly last_error: string | null;
  readonly last_error_at: number | null;
  readonly failing_since: number | null;
  readonly next_try_at: number | null;
}

export interface ParkedRow extends Summed {
  readonly subscription: string;
  readonly channel: string;
  readonly number: number;
  readonly since: number;
  readonly tries: number;
  readonly next_try_at: number | null;
  readonly what: string;
}

/** The rows of subscriptions and of what they have parked, as a store with these places has them. */
export class SubscriptionRows {
  readonly columns: readonly string[];
  readonly parkedColumns: readonly string[];

  constructor(private readonly places: PlaceColumns) {
    this.columns = subscriptionColumns(places.names);
    this.parkedColumns = parkedColumns(places.names);
  }

  cells(subscription: Subscription): Cell[] {
    const { name, revision, types, channels, sink, createdAt, isPaused, pausedAs } = subscription;
    const { position, replays, delivered, retried, lastError, failing } = subscription;
    return withSum([
      name,
      revision,
      jsonOrNull(types),
      jsonOrNull(channels),
      JSON.stringify(sink),
      whole(createdAt),
      isPaused ? 1 : 0,
      storable(pausedAs),
      ...this.places.cellsOf(position),
      replays,
      delivered,
      retried,
      storable(lastError?.what),
      whole(lastError?.at),
      whole(failing?.since),
      whole(failing?.nextTryAt),
    ]);
  }

  subscriptionOf(row: SubscriptionRow): Subscription {
    checked(row, ({ name }) => `the subscription ${name}`);
    const { last_error: what, last_error_at: at, failing_since: since, next_try_at: nextTryAt } = row;
    return {
      name: row.name,
      revision: row.revision,
      ...(row.types !== null && { types: JSON.parse(row.types) as Subscription['types'] }),
      ...(row.channels !== null && { channels: JSON.parse(row.channels) as string[] }),
      sink: JSON.parse(row.sink) as Subscription['sink'],
      createdAt: row.created_at,
      isPaused: row.is_paused === 1,
      ...(row.paused_as !== null && { pausedAs: row.paused_as }),
      position: this.positionIn(row),
      replays: row.replays,
      delivered: row.delivered,
      retried: row.retried,
      ...(what !== null && at !== null && { lastError: { at, what } }),
      ...(since !== null && nextTryAt !== null && { failing: { since, nextTryAt } }),
    };
  }

  parkedCells(subscription: string, { channel, number, position, ...one }: ParkedSequence): Cell[] {
    const { since, tries, nextTryAt, what } = one;
    const place = this.places.cellsOf(position);
    const said = [whole(since), tries, whole(nextTryAt), storable(what)];
    return withSum([subscription, channel, number, ...place, ...said]);
  }

  parkedOf(row: ParkedRow): ParkedSequence {
    checked(row, ({ subscription, channel }) => `what ${subscription} has parked of ${channel}`);
    const { channel, number, since, tries, next_try_at: nextTryAt, what } = row;
    const again = nextTryAt !== null && { nextTryAt };
    return { channel, number, position: this.positionIn(row), since, tries, ...again, what };
  }

  private positionIn(row: SubscriptionRow | ParkedRow): Position {
    const cells = row as unknown as Readonly<Record<string, number>>;
    return this.places.positionOf(this.places.names.map((name) => cells[name]!));
  }
}

export const subscriptionColumns = (place: readonly string[]): readonly string[] => [
  'name',
  'revision',
  'types',
  'channels',
  'sink',
  'created_at',
  'is_paused',
  'paused_as',
  ...place,
  'replays',
  'delivered',
  'retried',
  'last_error',
  'last_error_at',
  'failing_since',
  'next_try_at',
  'sum',
];

export const parkedColumns = (place: readonly string[]): readonly string[] => [
  'subscription',
  'channel',
  'number',
  ...place,
  'since',
  'tries',
  'next_try_at',
  'what',
  'sum',
];

const jsonOrNull = (value: readonly string[] | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);

const whole = (millis: number | undefined): number | null =>
  millis === undefined ? null : Math.round(millis);

/** What a receiver answered may hold what no database takes: a NUL, or half a sign. */
const storable = (text: string | undefined): string | null =>
  text === undefined ? null : Buffer.from(text.replaceAll('\0', '\ufffd')).toString();

/** Places as they stand in the rows, for whoever reads all of a store. */
export const plainPlaces = (names: readonly string[]): PlaceColumns => ({
  names,
  cellsOf: cellsOfPlain,
  positionOf: (cells) => cells.join('.'),
});

export const cellsOfPlain = (position: Position): readonly number[] => position.split('.').map(Number);
