import type { Request } from 'express';
import type { RocketQueries } from '../../../application/rocket-queries.js';
import { isRfc3339, utcKey } from '../../../domain/rocket-time.js';
import { Problem } from '../problem.js';
import { QueryReader } from '../query-reader.js';
import { pastRocketView } from '../views.js';

export type PastBound = { readonly version: number } | { readonly at: string };

/** `?version=42` or `?at=<time>`: which moment of the past is asked for, if any. */
export const pastBound = (req: Request): PastBound | undefined => {
  const reader = new QueryReader(req.query);
  const version = reader.integer('version', 0, Number.MAX_SAFE_INTEGER);
  const at = reader.text('at');
  if (at !== undefined && !isRfc3339(at)) {
    reader.refuse(
      'at',
      'not-a-time',
      'must be RFC 3339 with an offset, as 2026-10-01T15:39:42Z (write + as %2B)',
    );
  }
  if (at !== undefined && version !== undefined)
    reader.refuse('at', 'exclusive', 'and version exclude each other');
  reader.finish();
  if (version !== undefined) return { version };
  return at === undefined ? undefined : { at };
};

export const pastState = async (
  queries: RocketQueries,
  channel: string,
  bound: PastBound,
  current: number,
  signal: AbortSignal,
): Promise<object> => {
  if ('at' in bound) {
    const state = await queries.asOf(channel, { time: utcKey(bound.at) }, signal);
    return pastRocketView(channel, state, { at: bound.at });
  }
  if (bound.version <= current) {
    return pastRocketView(channel, await queries.asOf(channel, bound, signal), {});
  }
  throw new Problem(
    'version-not-reached',
    `${channel} is at version ${current}, not yet at ${bound.version}.`,
  );
};
