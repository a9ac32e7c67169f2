import type { Change, EarlyMessage, NumberedEvent } from '../../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../../domain/rocket-event.js';
import type { RocketMessage, RocketReport } from '../../../../domain/rocket-message.js';
import { utcMillis } from '../../../../domain/rocket-time.js';

/**
 * A line of the log is what one change gave one rocket, as JSON: everything that can ever be known of it stands there.
 * A change with very many events takes several lines.
 */
export type LogLine = readonly [
  channel: string,
  /** Of the rocket, after this change. */
  revision: number,
  recordedAt: number,
  /** The first number that the events cover; 0 without events. */
  since: number,
  events: readonly RocketEvent[],
  added?: readonly LoggedEarly[],
  /** Early messages up to here became events; 0: none did. */
  releasedUpTo?: number,
];

export type LoggedEarly = readonly [
  number: number,
  receivedAt: number,
  time: string,
  type: RocketReport['type'],
  data: RocketReport['data'],
];

/** A line that holds very many events makes each of them expensive to find. */
export const EVENTS_PER_LINE = 128;

/**
 * How a group of changes travels to the writer thread: the lines as one text, ready to be stored, and as plain values
 * what has to be known of them. A clone of the objects costs 3.8 µs a change, of this 0.3 (measured).
 */
export interface LogGroup {
  /** Each line ends in a line break, which no line has inside. */
  text: string;
  readonly channels: string[];
  /** Of each change that did nothing but change a speed: when the rocket says so, as it says it; else empty. */
  readonly times: string[];
  /** Of each change, `NUMBERS_PER_CHANGE`; see `changeAt`. */
  readonly changes: number[];
  /** Of each line: how many characters it has, its line break included, and how many events. */
  readonly lines: number[];
}

/** What is known of a change without reading its lines. */
export interface ChangeNumbers {
  /** Of the rocket when it was decided. */
  readonly revision: number;
  /** The first number that the events cover; 0 without events. */
  readonly since: number;
  /** Of the rocket after it. */
  readonly version: number;
  readonly events: number;
  readonly lines: number;
}

/**
 * A change that did nothing but change a speed, as most do: what the rocket is after it is known without reading the
 * line, which costs more than everything else that is done with it (measured).
 */
export interface SpeedChange {
  readonly speed: number;
  /** When the last message was sent, as it says it. */
  readonly time: string;
  /** The latest time of sending, UTC milliseconds. */
  readonly latest: number;
}

const NUMBERS_PER_CHANGE = 7;

export const changeAt = ({ changes }: LogGroup, place: number): ChangeNumbers => {
  const at = NUMBERS_PER_CHANGE * place;
  return {
    revision: changes[at]!,
    since: changes[at + 1]!,
    version: changes[at + 2]!,
    events: changes[at + 3]!,
    lines: changes[at + 4]!,
  };
};

export const speedChangeAt = ({ times, changes }: LogGroup, place: number): SpeedChange | undefined => {
  const time = times[place]!;
  const at = NUMBERS_PER_CHANGE * place;
  return time === '' ? undefined : { speed: changes[at + 5]!, time, latest: changes[at + 6]! };
};

export const groupOf = (changes: readonly Change[]): LogGroup => {
  const group: LogGroup = { text: '', channels: [], times: [], changes: [], lines: [] };
  for (const change of changes) addToGroup(group, change);
  return group;
};

const addToGroup = (group: LogGroup, change: Change): void => {
  const { channel, revision, state, events } = change;
  const lines = Math.max(1, Math.ceil(events.length / EVENTS_PER_LINE));
  const since = events.length === 0 ? 0 : firstNumber(events[0]!);
  const only = lines === 1 ? speedChangeOf(change) : undefined;
  group.channels.push(channel);
  group.times.push(only?.time ?? '');
  group.changes.push(
    revision,
    since,
    state.version,
    events.length,
    lines,
    only?.speed ?? 0,
    only?.latest ?? 0,
  );
  if (lines === 1) return addLine(group, change, events, true);
  for (let start = 0; start < events.length; start += EVENTS_PER_LINE) {
    const end = start + EVENTS_PER_LINE;
    addLine(group, change, events.slice(start, end), end >= events.length);
  }
};

const speedChangeOf = ({ state, events, added, released }: Change): SpeedChange | undefined => {
  const { rocket } = state;
  if (rocket.status !== 'flying' || added.length > 0 || released.length > 0) return undefined;
  let latest = -Infinity;
  for (const { event } of events) {
    if (!('by' in event.data)) return undefined;
    latest = Math.max(latest, utcMillis(event.time));
  }
  const last = events.at(-1);
  return last && { speed: rocket.speed, time: last.event.time, latest };
};

const addLine = (
  group: LogGroup,
  { channel, revision, recordedAt, added, released }: Change,
  events: readonly NumberedEvent[],
  isLast: boolean,
): void => {
  const since = events.length === 0 ? 0 : firstNumber(events[0]!);
  let line = `["${channel}",${revision + 1},${recordedAt},${since},[`;
  for (let i = 0; i < events.length; i++) {
    const { time, type, data } = events[i]!.event;
    // Most messages are changes of speed: half of what the line costs was the call for their one number.
    const json = 'by' in data ? `{"by":${data.by}}` : JSON.stringify(data);
    line += `${i === 0 ? '' : ','}{"time":"${time}","type":"${type}","data":${json}}`;
  }
  line +=
    isLast && (added.length > 0 || released.length > 0)
      ? `],${JSON.stringify(added.map(loggedEarly))},${released.at(-1) ?? 0}]`
      : ']]';
  line += '\n';
  group.lines.push(line.length, events.length);
  group.text += line;
};

const loggedEarly = ({ message, receivedAt }: EarlyMessage): LoggedEarly => {
  const { number, time, report } = message;
  return [number, receivedAt, time, report.type, report.data];
};

export const parseLine = (line: string): LogLine => JSON.parse(line) as LogLine;

/** The same for several, at two thirds of the cost. */
export const parseLines = (lines: readonly string[]): LogLine[] =>
  JSON.parse(`[${lines.join(',')}]`) as LogLine[];

/** The lines of a row, without the line break in which each of them ends. */
export const linesOf = (body: string): string[] => body.split('\n').slice(0, -1);

/** Those of one rocket, without looking at the others. */
export const linesOfRocket = (body: string, channel: string): string[] => {
  const beginning = `["${channel}",`;
  const lines: string[] = [];
  for (let at = body.indexOf(beginning); at >= 0;) {
    const isLine = at === 0 || body[at - 1] === '\n';
    const end = isLine ? body.indexOf('\n', at) : at + 1;
    if (isLine) lines.push(body.slice(at, end));
    at = body.indexOf(beginning, end);
  }
  return lines;
};

/** A skipped range is one event that stands for all of its numbers. */
export const firstNumber = ({ number, event }: NumberedEvent): number =>
  event.type === 'MessagesSkipped' ? event.data.from : number;

/** The events of a line, each with the last number it covers. */
export const numberedEvents = ([, , , since, events]: LogLine): NumberedEvent[] => {
  let next = since;
  return events.map((event): NumberedEvent => {
    const number = event.type === 'MessagesSkipped' ? event.data.to : next;
    next = number + 1;
    return { number, event };
  });
};

export const earlyMessage = (
  channel: string,
  [number, receivedAt, time, type, data]: LoggedEarly,
): EarlyMessage => {
  const report = { type, data } as RocketReport;
  return { message: { channel, number, time, report } satisfies RocketMessage, receivedAt };
};
