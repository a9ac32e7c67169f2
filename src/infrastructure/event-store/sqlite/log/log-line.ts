import type { Change, EarlyMessage, NumberedEvent } from '../../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../../domain/rocket-event.js';
import type { RocketMessage, RocketReport } from '../../../../domain/rocket-message.js';

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
 * How a group of changes travels to the writer thread: the lines as one text, ready to be stored, and as plain numbers
 * what has to be checked before. A clone of the objects costs 3.8 µs a change, of this 0.3 (measured).
 */
export interface LogGroup {
  /** Each line ends in a line break, which no line has inside. */
  text: string;
  readonly channels: string[];
  /** Of each change: the revision it was decided on, its first number or 0, the version after it, and its lines; */
  readonly changes: number[];
  /** of each line: how many characters it has, and how many events. */
  readonly lines: number[];
}

export const groupOf = (changes: readonly Change[]): LogGroup => {
  const group: LogGroup = { text: '', channels: [], changes: [], lines: [] };
  for (const change of changes) addToGroup(group, change);
  return group;
};

const addToGroup = (group: LogGroup, change: Change): void => {
  const { channel, revision, state, events } = change;
  const lines = Math.max(1, Math.ceil(events.length / EVENTS_PER_LINE));
  group.channels.push(channel);
  group.changes.push(revision, events.length === 0 ? 0 : firstNumber(events[0]!), state.version, lines);
  if (lines === 1) return addLine(group, change, events, true);
  for (let start = 0; start < events.length; start += EVENTS_PER_LINE) {
    const end = start + EVENTS_PER_LINE;
    addLine(group, change, events.slice(start, end), end >= events.length);
  }
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
  group.lines.push(line.length, events.length);
  group.text += `${line}\n`;
};

const loggedEarly = ({ message, receivedAt }: EarlyMessage): LoggedEarly => {
  const { number, time, report } = message;
  return [number, receivedAt, time, report.type, report.data];
};

export const parseLine = (line: string): LogLine => JSON.parse(line) as LogLine;

/** The same for several, at two thirds of the cost. */
export const parseLines = (lines: readonly string[]): LogLine[] =>
  JSON.parse(`[${lines.join(',')}]`) as LogLine[];

/** The lines of a row, each of which ends in a line break. */
export const linesOf = (body: string): string[] => body.split('\n').slice(0, -1);

/** Those of one rocket, without parsing the others. */
export const linesOfRocket = (body: string, channel: string): string[] => {
  const beginning = `["${channel}",`;
  return linesOf(body).filter((line) => line.startsWith(beginning));
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
