import { crc32 } from 'node:zlib';
import { StoreDamaged } from './store-errors.js';

export type Cell = string | number | null;

/** Of a row: every column in its order. JSON keeps null, the empty text and 0 apart. */
export const sumOf = (cells: readonly Cell[]): number => crc32(JSON.stringify(cells));

/** The cells of a row with their checksum behind them. */
export const withSum = (cells: readonly Cell[]): Cell[] => [...cells, sumOf(cells)];

/** The row as it was read, when its columns match its checksum; `named` says what it holds. */
export const checkedRow = <Row extends { readonly sum: number }>(
  row: Row,
  named: (row: Row) => string,
): Row => {
  const { sum, ...columns } = row;
  if (sumOf(Object.values(columns)) === sum) return row;
  throw new StoreDamaged(`damaged: ${named(row)} does not match its checksum`);
};

/** A rocket's chain: the running checksum over all of its lines, each with its line break. */
export const chained = (chain: number, line: string): number => crc32(line, chain);
