import { crc32 } from 'node:zlib';

export type Cell = string | number | null;

/** Of a row: every column in its order. JSON keeps null, the empty text and 0 apart. */
export const sumOf = (cells: readonly Cell[]): number => crc32(JSON.stringify(cells));

/** A rocket's chain: the running checksum over all of its lines, so it does not matter how many came at once. */
export const chained = (chain: number, lines: readonly string[]): number =>
  crc32(`${lines.join('\n')}\n`, chain);
