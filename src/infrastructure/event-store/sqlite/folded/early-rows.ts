import type { EarlyMessage } from '../../../../application/ports/event-store.js';
import { checkedRow, withSum, type Cell } from '../checksum.js';
import { earlyMessage, type LoggedEarly } from '../log/log-line.js';

/** A row of `early`: a message that waits for those before it. */
export interface EarlyRow {
  readonly channel: string;
  readonly number: number;
  readonly received_at: number;
  /** As it stands in the log. */
  readonly body: string;
  readonly sum: number;
}

export const earlyColumns = 'channel, number, received_at, body, sum';

export const earlyCells = (channel: string, early: LoggedEarly): Cell[] => {
  const cells = [channel, early[0], early[1], JSON.stringify(early)];
  return withSum(cells);
};

export const checkedEarly = (row: EarlyRow): EarlyRow =>
  checkedRow(row, ({ number, channel }) => `early message ${number} of ${channel}`);

export const earlyOf = (row: EarlyRow): EarlyMessage =>
  earlyMessage(row.channel, JSON.parse(row.body) as LoggedEarly);
