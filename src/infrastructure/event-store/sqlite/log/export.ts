import { reportOf } from '../../../../domain/rocket-event.js';
import type { RocketReport } from '../../../../domain/rocket-message.js';
import { closeReading, openForReading, readMeta } from '../database.js';
import { requireFile } from '../known-file.js';
import { Log } from './log.js';
import { numberedEvents, linesOf, parseLines, type LoggedEarly, type LogLine } from './log-line.js';

export type Exported =
  | { readonly kind: 'message'; readonly line: string }
  | { readonly kind: 'skipped'; readonly channel: string; readonly from: number; readonly to: number };

/**
 * Every message the file holds, in the order in which they became events, as `POST /messages` takes them: applied and
 * refused ones, and at the end the early ones. What was skipped was never heard and can't be sent again.
 */
export const exportMessages = function* (file: string): Generator<Exported> {
  requireFile(file);
  const database = openForReading(file);
  try {
    database.exec('BEGIN');
    readMeta(database);
    const waiting = new Map<string, Map<number, LoggedEarly>>();
    for (const { body } of new Log(database).rows(0)) {
      for (const line of parseLines(linesOf(body))) {
        yield* messagesOf(line);
        keepEarly(waiting, line);
      }
    }
    for (const [channel, early] of waiting) {
      for (const [number, , time, type, data] of early.values()) {
        yield exported(channel, number, time, { type, data } as RocketReport);
      }
    }
  } finally {
    closeReading(database);
  }
};

const messagesOf = function* (line: LogLine): Generator<Exported> {
  const [channel] = line;
  for (const { number, event } of numberedEvents(line)) {
    const report = reportOf(event);
    if (report !== undefined) yield exported(channel, number, event.time, report);
    else yield { kind: 'skipped', channel, ...(event.data as { from: number; to: number }) };
  }
};

const keepEarly = (waiting: Map<string, Map<number, LoggedEarly>>, line: LogLine): void => {
  const [channel, , , , events, added = []] = line;
  const early = waiting.get(channel) ?? new Map<number, LoggedEarly>();
  // Of a change with several lines only the last one says what was released, but each has a part of it.
  if (early.size > 0 && events.length > 0)
    for (const { number } of numberedEvents(line)) early.delete(number);
  if (added.length > 0) waiting.set(channel, early);
  for (const each of added) early.set(each[0], each);
};

const exported = (
  channel: string,
  messageNumber: number,
  messageTime: string,
  report: RocketReport,
): Exported => {
  const metadata = { channel, messageNumber, messageTime, messageType: report.type };
  return { kind: 'message', line: JSON.stringify({ metadata, message: report.data }) };
};
