import type { Head, HeadRequest, ReceivedMessage } from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import { initialState } from '../../../domain/rocket.js';
import { nothingWaits, WaitingList } from '../waiting-list.js';
import type { StoredRocket } from './rocket-rows.js';
import { messageOf, type EventFormat, type EventRow, type MessageRow } from './rows.js';
import { StoreDamaged } from './store-errors.js';

/** What is stored beside the rocket itself and the next decision about it needs. */
export interface HeadParts<Row extends EventRow = EventRow> {
  readonly waiting: readonly MessageRow[];
  /** Those that cover the numbers asked, as far as they are not above the version. */
  readonly events: readonly Row[];
  readonly late: readonly MessageRow[];
}

export const headOf = <Row extends EventRow>(
  { channel, numbers }: Pick<HeadRequest, 'channel' | 'numbers'>,
  rocket: StoredRocket | undefined,
  parts: HeadParts<Row> | undefined,
  format: EventFormat<unknown, Row>,
): Head => {
  const revision = rocket?.revision ?? 0;
  const state =
    rocket === undefined
      ? initialState
      : { version: rocket.version, rocket: rocket.rocket, updatedAt: rocket.updatedAt };
  if (rocket === undefined || parts === undefined) {
    // Spelled out: almost every message passes here.
    return { channel, revision, state, waiting: nothingWaits, recorded: nothingRecorded, late: nothingLate };
  }
  const waiting = parts.waiting.map((row) => messageOf(channel, ofRocket(rocket, row)));
  return {
    channel,
    revision,
    state,
    waiting: waiting.length === 0 ? nothingWaits : WaitingList.of(waiting),
    recorded: recordedIn(rocket, numbers, parts.events, format),
    late: new Map(parts.late.map((row) => [row.number, messageOf(channel, ofRocket(rocket, row))] as const)),
  };
};

/** Whether a decision about these numbers needs nothing but the rocket's own row. */
export const isEnough = (rocket: StoredRocket, { numbers }: HeadRequest): boolean => {
  if (rocket.waiting > 0) return false;
  for (const number of numbers) if (number <= rocket.version) return false;
  return true;
};

const nothingRecorded: ReadonlyMap<number, RocketEvent> = new Map();
const nothingLate: ReadonlyMap<number, ReceivedMessage> = new Map();

const recordedIn = <Row extends EventRow>(
  rocket: StoredRocket,
  numbers: readonly number[],
  rows: readonly Row[],
  format: EventFormat<unknown, Row>,
): ReadonlyMap<number, RocketEvent> => {
  const asked = numbers.filter((number) => number <= rocket.version);
  if (asked.length === 0) return nothingRecorded;
  return new Map(
    asked.map((number, i) => {
      const row = rows[i];
      if (row === undefined) throw brokenHistory(rocket.channel, number);
      const found = format.eventOf(ofRocket(rocket, row));
      if (!covers(found, number)) throw brokenHistory(rocket.channel, number);
      return [number, found.event];
    }),
  );
};

/** An index that is damaged may lead to a row of somebody else. */
const ofRocket = <Row extends { readonly rocket: number }>({ id, channel }: StoredRocket, row: Row): Row => {
  if (row.rocket === id) return row;
  throw new StoreDamaged(`damaged: a row of another rocket stands among those of ${channel}`);
};

const covers = ({ number, event }: { number: number; event: RocketEvent }, wanted: number): boolean =>
  firstNumber({ number, event }) <= wanted && wanted <= number;

/** A skipped range is one event for all its numbers. */
export const firstNumber = ({ number, event }: { number: number; event: RocketEvent }): number =>
  event.type === 'MessagesSkipped' ? event.data.from : number;

export const brokenHistory = (channel: string, number: number): StoreDamaged =>
  new StoreDamaged(`damaged: the history of ${channel} has no number ${number}`);
