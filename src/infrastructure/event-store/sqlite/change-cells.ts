import type { Change, NumberedEvent } from '../../../application/ports/event-store.js';
import { utcMillis } from '../../../domain/rocket-time.js';
import type { Cell } from './checksum.js';
import { stateCells } from './rocket-row.js';

/**
 * How changes travel to the writer thread: one flat list of cells for a whole group. Making and cloning it costs
 * less than half of cloning the objects (measured: 1.7 against 3.8 µs a change), and texts arrive ready to be bound.
 */
export type ChangeCells = Cell[];

/** A row that holds very many events makes each of them expensive to find. */
const EVENTS_PER_ROW = 128;

export interface EventRowCells {
  readonly since: number;
  readonly number: number;
  readonly count: number;
  readonly body: string;
}

export interface EarlyRowCells {
  readonly number: number;
  readonly receivedAt: number;
  readonly body: string;
}

export interface DecodedChange {
  readonly channel: string;
  readonly revision: number;
  readonly recordedAt: number;
  /** As `stateCells` gives them. */
  readonly state: Cell[];
  /** The latest time of sending among the events, UTC milliseconds; null without events. */
  readonly latest: number | null;
  readonly events: EventRowCells[];
  readonly added: EarlyRowCells[];
  /** Early messages up to here became events; 0: none did. */
  readonly releasedUpTo: number;
}

export const encodeChange = (cells: ChangeCells, change: Change): void => {
  const { channel, revision, recordedAt, state, events, added, released } = change;
  cells.push(channel, revision, recordedAt, ...stateCells(state), latestOf(events));
  cells.push(Math.ceil(events.length / EVENTS_PER_ROW));
  for (let start = 0; start < events.length; start += EVENTS_PER_ROW) {
    const row = events.length <= EVENTS_PER_ROW ? events : events.slice(start, start + EVENTS_PER_ROW);
    cells.push(firstNumber(row[0]!), row.at(-1)!.number, row.length, bodyOf(row));
  }
  cells.push(added.length);
  for (const { message, receivedAt } of added) {
    const { number, time, report } = message;
    cells.push(number, receivedAt, JSON.stringify({ time, type: report.type, data: report.data }));
  }
  cells.push(released.at(-1) ?? 0);
};

export const decodeChanges = function* (cells: ChangeCells): Generator<DecodedChange> {
  let at = 0;
  const text = (): string => cells[at++] as string;
  const number = (): number => cells[at++] as number;
  while (at < cells.length) {
    yield {
      channel: text(),
      revision: number(),
      recordedAt: number(),
      state: cells.slice(at, (at += STATE_CELLS)),
      latest: cells[at++] as number | null,
      events: times(number(), () => ({ since: number(), number: number(), count: number(), body: text() })),
      added: times(number(), () => ({ number: number(), receivedAt: number(), body: text() })),
      releasedUpTo: number(),
    };
  }
};

const STATE_CELLS = 10;

const times = <T>(count: number, make: () => T): T[] => {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(make());
  return made;
};

/** A skipped range is one event that stands for all of its numbers. */
const firstNumber = ({ number, event }: NumberedEvent): number =>
  event.type === 'MessagesSkipped' ? event.data.from : number;

const bodyOf = (events: readonly NumberedEvent[]): string => {
  let body = '';
  for (const { event } of events) {
    const { time, type, data } = event;
    body += `${body === '' ? '[' : ','}${JSON.stringify({ time, type, data })}`;
  }
  return `${body}]`;
};

const latestOf = (events: readonly NumberedEvent[]): number | null => {
  let latest: number | null = null;
  for (const { event } of events) {
    const time = utcMillis(event.time);
    if (latest === null || time > latest) latest = time;
  }
  return latest;
};
