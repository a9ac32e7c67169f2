import { UnknownPosition, type Position } from '../../../application/ports/event-store.js';
import { checked, placedEvent, type EventFormat, type EventRow } from '../relational/rows.js';

/** Where an event stands in the feed: by the transaction that wrote it, and behind which others of it. */
export interface Place {
  readonly xid: number;
  readonly position: number;
}

export interface PlacedRow extends EventRow, Place {}

/** The database itself says where an event stands, so its checksum leaves that out. */
export const eventFormat: EventFormat<Place, PlacedRow> = {
  columns: 'rocket, number, type, time, data, recorded_at, sum, xid, position',
  eventOf: ({ xid, position, ...row }) => {
    checked(row, ({ rocket, number }) => `the event ${number} of rocket ${rocket}`);
    return placedEvent(row, { xid, position });
  },
};

export const noPlace: Place = { xid: 0, position: 0 };

export const comparePlaces = (one: Place, other: Place): number =>
  one.xid - other.xid || one.position - other.position;

/** Positions name a history, by its epoch, and a place in its feed. */
export class Positions {
  constructor(private readonly epoch: string) {}

  at({ xid, position }: Place): Position {
    return `${this.epoch}-${xid}.${position}`;
  }

  placeOf(position: Position): Place {
    const [xid, order] = position
      .slice(this.epoch.length + 1)
      .split('.')
      .map(Number);
    const place = { xid: xid ?? NaN, position: order ?? NaN };
    if (![place.xid, place.position].every(isPlace) || position !== this.at(place)) {
      throw new UnknownPosition(position);
    }
    return place;
  }
}

const isPlace = (number: number): boolean => Number.isSafeInteger(number) && number >= 0;

/**
 * JSONB keeps the keys of an object in an order of its own; what has a checksum is a text in this one. It fits whatever
 * is said, as no two kinds of events have two keys in different orders.
 */
const keys = [
  'rule',
  'message',
  'from',
  'to',
  'by',
  'who',
  'key',
  'why',
  'type',
  'data',
  'launchSpeed',
  'mission',
  'newMission',
  'reason',
];

export const textOf = (data: object): string => {
  const said = Object.keys(data);
  // Most events say one thing, and there is no order in that; naming the keys takes three times as long.
  const [only] = said;
  const isOne = said.length === 1 && typeof (data as Readonly<Record<string, unknown>>)[only!] !== 'object';
  return isOne ? JSON.stringify(data) : JSON.stringify(data, keys);
};
