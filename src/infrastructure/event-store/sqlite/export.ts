import type { EarlyMessage } from '../../../application/ports/event-store.js';
import { reportOf, type RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import { channelColumns, checkedChannel, type ChannelRow } from './channel-row.js';
import { openForReading, readMeta, requireFile, type Database } from './database.js';
import {
  checkedEarly,
  checkedEvents,
  checkLink,
  earlyColumns,
  earlyOf,
  eventColumns,
  eventsOf,
  type EarlyRow,
  type EventRow,
} from './event-rows.js';
import { NO_HISTORY } from './checksum.js';

export type Exported =
  | { readonly kind: 'message'; readonly line: string }
  | { readonly kind: 'skipped'; readonly channel: string; readonly from: number; readonly to: number };

/**
 * Every message the file holds, rocket by rocket in number order, as `POST /messages` takes them: applied and
 * refused ones, then the early ones. What was skipped was never heard and can't be sent again.
 */
export const exportMessages = function* (file: string): Generator<Exported> {
  requireFile(file);
  const database = openForReading(file);
  try {
    database.exec('BEGIN');
    readMeta(database);
    const channels = database.prepare(`SELECT ${channelColumns} FROM channels ORDER BY id`);
    for (const row of channels.iterate() as Iterable<ChannelRow>)
      yield* messagesOf(database, checkedChannel(row));
  } finally {
    database.close();
  }
};

const messagesOf = function* (database: Database, { id, channel }: ChannelRow): Generator<Exported> {
  const history = database.prepare(`SELECT ${eventColumns} FROM events WHERE rocket = ? ORDER BY number`);
  let link = { number: 0, hash: NO_HISTORY };
  for (const row of history.iterate(id) as Iterable<EventRow>) {
    checkLink(checkedEvents(row), channel, link);
    link = row;
    for (const { number, event } of eventsOf(row, channel)) yield exported(channel, number, event);
  }
  const early = database.prepare(`SELECT ${earlyColumns} FROM early WHERE rocket = ? ORDER BY number`);
  for (const row of early.iterate(id) as Iterable<EarlyRow>)
    yield exportedEarly(earlyOf(checkedEarly(row), channel));
};

const exported = (channel: string, number: number, event: RocketEvent): Exported => {
  const report = reportOf(event);
  if (report !== undefined)
    return { kind: 'message', line: messageLine(channel, number, event.time, report) };
  const { from, to } = event.data as { from: number; to: number };
  return { kind: 'skipped', channel, from, to };
};

const exportedEarly = ({ message: { channel, number, time, report } }: EarlyMessage): Exported => ({
  kind: 'message',
  line: messageLine(channel, number, time, report),
});

const messageLine = (
  channel: string,
  messageNumber: number,
  messageTime: string,
  report: RocketReport,
): string =>
  JSON.stringify({
    metadata: { channel, messageNumber, messageTime, messageType: report.type },
    message: report.data,
  });
