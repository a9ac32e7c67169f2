export interface RowWindow {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Which of `count` rows a viewport shows, `offset` pixels below the first row's top, with some rows to spare. */
export const rowWindow = (
  count: number,
  rowHeight: number,
  offset: number,
  viewport: number,
  spare = 8,
): RowWindow => {
  const first = Math.floor(Math.max(0, offset) / rowHeight) - spare;
  const end = Math.ceil((offset + viewport) / rowHeight) + spare;
  return { first: clamp(first, 0, count), end: clamp(end, 0, count) };
};

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
