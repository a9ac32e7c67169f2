import { sumOf } from './checksum.js';
import type { Database } from './database.js';
import { ROWS, rowsInPages } from './row-pages.js';
import { StoreDamaged } from './store-errors.js';

/** A row of `channels`: what the number of a rocket in the other tables stands for. */
export interface ChannelRow {
  readonly id: number;
  readonly channel: string;
  readonly sum: number;
}

export const channelColumns = 'id, channel, sum';

export const checkedChannel = (row: ChannelRow): ChannelRow => {
  if (sumOf([row.id, row.channel]) === row.sum) return row;
  throw new StoreDamaged(`damaged: the channel of rocket ${row.id} does not match its checksum`);
};

export const allChannels = function* (database: Database): Generator<ChannelRow> {
  const page = database.prepare(
    `SELECT ${channelColumns} FROM channels WHERE id > ? ORDER BY id LIMIT ${ROWS}`,
  );
  for (const row of rowsInPages<ChannelRow>((last) => page.all(last?.id ?? 0) as ChannelRow[])) {
    yield checkedChannel(row);
  }
};
