import type { EarlyMessage } from '../../../application/ports/event-store.js';
import { reportOf, type RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import { allChannels, type ChannelRow } from './channel-row.js';
import { openForReading, readMeta, requireFile } from './database.js';
import { checkLink, earlyOf, eventsOf, RowsOfRocket } from './event-rows.js';
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
    const rows = new RowsOfRocket(database);
    for (const row of allChannels(database)) yield* messagesOf(rows, row);
  } finally {
    database.close();
  }
};

const messagesOf = function* (rows: RowsOfRocket, { id, channel }: ChannelRow): Generator<Exported> {
  let link = { number: 0, hash: NO_HISTORY };
  for (const row of rows.events(id)) {
    checkLink(row, channel, link);
    link = row;
    for (const { number, event } of eventsOf(row, channel)) yield exported(channel, number, event);
  }
  for (const row of rows.early(id)) yield exportedEarly(earlyOf(row, channel));
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
