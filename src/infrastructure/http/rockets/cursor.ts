import { Problem } from '../problem.js';

/** What `after` is where it is no number: opaque to clients, base64url of JSON that also says which listing it belongs to. */
export const writeCursor = (listing: string, place: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify([listing, ...place])).toString('base64url');

/** The place a cursor of this very listing points to; anything else is refused as forged or mixed up. */
export const readCursor = (
  cursor: string | undefined,
  listing: string,
  isPlace: (place: readonly (string | number | null)[]) => boolean,
): readonly (string | number | null)[] | undefined => {
  if (cursor === undefined) return undefined;
  const place = parse(cursor);
  if (place?.[0] !== listing || !isPlace(place.slice(1))) {
    const message =
      'after is not one this listing gave out; use the Link header of the page before, unchanged.';
    throw new Problem('invalid-query', message, [{ parameter: 'after', code: 'unknown-place', message }]);
  }
  return place.slice(1);
};

const parse = (cursor: string): (string | number | null)[] | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) && value.every(isPlain) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isPlain = (value: unknown): value is string | number | null =>
  value === null || typeof value === 'string' || typeof value === 'number';
