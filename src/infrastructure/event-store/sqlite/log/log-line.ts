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
 * what has to be known of them. A clone of the objects costs 3.8 µs a change, of this 0.2 (measured).
 */
export interface LogGroup {
  /** Each line ends in a line break, which no line has inside. */
  readonly text: string;
  /** Of each change. */
  readonly channels: readonly string[];
  /** Of each change whose course is known: its time, else empty; and its mission, when that is new. */
  readonly times: readonly string[];
  readonly missions: readonly (string | undefined)[];
  /** Of each change, as `changeAt` and `courseAt` read them. */
  readonly numbers: Float64Array;
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
  /** Of its lines, in characters. */
  readonly length: number;
}

/**
 * The rocket after a change that did nothing but change speed and mission in flight, as most do: then nobody has to read
 * its line, which costs more than everything else that is done with it (measured).
 */
export interface Course {
  readonly speed: number;
  /** When it is new. */
  readonly mission: string | undefined;
  /** When the last message was sent, as it says it. */
  readonly time: string;
  /** The latest time of sending, UTC milliseconds. */
  readonly latest: number;
}

const NUMBERS_PER_CHANGE = 7;

export const groupOf = (changes: readonly Change[]): LogGroup => {
  let text = '';
  const channels: string[] = [];
  const times: string[] = [];
  const missions: (string | undefined)[] = [];
  const numbers = new Float64Array(NUMBERS_PER_CHANGE * changes.length);
  for (const [place, change] of changes.entries()) {
    const { channel, revision, state, events } = change;
    const lines = linesFor(change);
    const course = courseOf(change);
    text += lines;
    channels.push(channel);
    times.push(course?.time ?? '');
    missions.push(course?.mission);
    const at = NUMBERS_PER_CHANGE * place;
    numbers[at] = revision;
    numbers[at + 1] = events.length === 0 ? 0 : firstNumber(events[0]!);
    numbers[at + 2] = state.version;
    numbers[at + 3] = events.length;
    numbers[at + 4] = lines.length;
    numbers[at + 5] = course?.speed ?? 0;
    numbers[at + 6] = course?.latest ?? 0;
  }
  return { text, channels, times, missions, numbers };
};

export const changeAt = ({ numbers }: LogGroup, place: number): ChangeNumbers => {
  const at = NUMBERS_PER_CHANGE * place;
  return {
    revision: numbers[at]!,
    since: numbers[at + 1]!,
    version: numbers[at + 2]!,
    events: numbers[at + 3]!,
    length: numbers[at + 4]!,
  };
};

export const courseAt = ({ times, missions, numbers }: LogGroup, place: number): Course | undefined => {
  const time = times[place]!;
  const at = NUMBERS_PER_CHANGE * place;
  return time === ''
    ? undefined
    : { speed: numbers[at + 5]!, mission: missions[place], time, latest: numbers[at + 6]! };
};

const courseOf = ({ state: { rocket }, events, added, released }: Change): Course | undefined => {
  if (rocket.status !== 'flying' || added.length > 0 || released.length > 0) return undefined;
  if (events.length === 0 || events.length > EVENTS_PER_LINE) return undefined;
  let mission: string | undefined;
  let latest = -Infinity;
  for (const { event } of events) {
    if (event.type === 'RocketMissionChanged') mission = event.data.newMission;
    else if (!('by' in event.data)) return undefined;
    latest = Math.max(latest, utcMillis(event.time));
  }
  return { speed: rocket.speed, mission, time: events.at(-1)!.event.time, latest };
};

/** The text of a change: one line, or several that hold as many events each as a line may. */
const linesFor = (change: Change): string => {
  const { events } = change;
  if (events.length <= EVENTS_PER_LINE) return lineOf(change, events, true);
  let lines = '';
  for (let start = 0; start < events.length; start += EVENTS_PER_LINE) {
    const end = start + EVENTS_PER_LINE;
    lines += lineOf(change, events.slice(start, end), end >= events.length);
  }
  return lines;
};

const lineOf = (
  { channel, revision, recordedAt, added, released }: Change,
  events: readonly NumberedEvent[],
  isLast: boolean,
): string => {
  const since = events.length === 0 ? 0 : firstNumber(events[0]!);
  let line = `["${channel}",${revision + 1},${recordedAt},${since},[`;
  for (let i = 0; i < events.length; i++) {
    const { time, type, data } = events[i]!.event;
    // Most messages are changes of speed: half of what the line costs was the call for their one number.
    const json = 'by' in data ? `{"by":${data.by}}` : JSON.stringify(data);
    line += `${i === 0 ? '' : ','}{"time":"${time}","type":"${type}","data":${json}}`;
  }
  return isLast && (added.length > 0 || released.length > 0)
    ? `${line}],${JSON.stringify(added.map(loggedEarly))},${released.at(-1) ?? 0}]\n`
    : `${line}]]\n`;
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

/** The lines of a change with their line breaks, and how many events each of them has. */
export const linesOfChange = (text: string, events: number): [line: string, events: number][] =>
  events <= EVENTS_PER_LINE
    ? [[text, events]]
    : linesOf(text).map((line, i) => [`${line}\n`, Math.min(EVENTS_PER_LINE, events - i * EVENTS_PER_LINE)]);

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
