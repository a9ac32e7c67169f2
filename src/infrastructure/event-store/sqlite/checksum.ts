import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type Cell = string | number | null;

/** Of a row: every column in its order. JSON keeps null, the empty text and 0 apart. */
export const sumOf = (cells: readonly Cell[]): number => crc32(JSON.stringify(cells));

/** What stands before the first events of a rocket. */
export const NO_HISTORY = '';

/** One link of a rocket's chain: whoever changes, drops or inserts events breaks every link after it. */
export const linkOf = (
  before: string,
  channel: string,
  since: number,
  number: number,
  recordedAt: number,
  body: string,
): string => hash('sha256', `${before}\n${channel}\n${since}\n${number}\n${recordedAt}\n${body}`, 'base64');
