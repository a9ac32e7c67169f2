import type { Request } from 'express';
import {
  rocketSorts,
  type RocketFilter,
  type RocketPlace,
  type RocketSort,
} from '../../../application/ports/rocket-directory.js';
import type { RocketListing } from '../../../application/rocket-queries.js';
import { rocketStatuses } from '../../../domain/rocket.js';
import { maxCharacters } from '../messages/message-dto.js';
import { QueryReader, limitIn } from '../query-reader.js';
import { readCursor, writeCursor } from './cursor.js';

const numericSorts: readonly RocketSort[] = ['speed', 'heardAt', 'waiting'];

/** What `GET /rockets` is asked, and how the place where a page ends is written for the next one. */
export const rocketQuery = (
  req: Request,
): { readonly query: RocketListing; readonly placeAfter: (place: RocketPlace) => string } => {
  const reader = new QueryReader(req.query);
  const silentFor = reader.duration('silentFor');
  const filter: RocketFilter = {
    status: reader.someOf('status', rocketStatuses),
    type: reader.shortText('type', maxCharacters),
    mission: reader.shortText('mission', maxCharacters),
    text: reader.shortText('q', maxCharacters),
    hasGaps: reader.boolean('waiting'),
    complete: reader.boolean('complete'),
  };
  const { sort, order } = sorting(reader);
  const limit = limitIn(reader);
  const cursor = reader.text('after');
  reader.finish();
  const { status, type, mission, text, hasGaps, complete } = filter;
  const listing = JSON.stringify([
    'rockets',
    sort,
    order,
    status,
    type,
    mission,
    text,
    hasGaps,
    complete,
    silentFor,
  ]);
  const keyType = numericSorts.includes(sort) ? 'number' : 'string';
  const place = readCursor(
    cursor,
    listing,
    ([key, channel]) => typeof channel === 'string' && (key === null || typeof key === keyType),
  );
  // By channel, the channel is the key, whatever a cursor that was never given out says.
  const key = sort === 'channel' ? place?.[1] : place?.[0];
  const after = place && { key: key ?? null, channel: String(place[1]) };
  return {
    query: { ...filter, silentForMs: silentFor, sort, order, limit, after },
    placeAfter: ({ key, channel }) => writeCursor(listing, [key, channel]),
  };
};

/** `sort=-speed` is `sort=speed&order=desc`; `sortBy` is another name for `sort`. */
const sorting = (reader: QueryReader): { sort: RocketSort; order: 'asc' | 'desc' } => {
  const names = [...rocketSorts, ...rocketSorts.map((sort) => `-${sort}` as const)];
  const alias = reader.oneOf('sortBy', names);
  const sort = reader.oneOf('sort', names);
  const order = reader.oneOf('order', ['asc', 'desc', 'ASC', 'DESC'])?.toLowerCase();
  if (sort !== undefined && alias !== undefined && sort !== alias) {
    reader.refuse('sortBy', 'exclusive', 'is another name for sort');
  }
  const name = sort ?? alias ?? 'channel';
  const descending = name.startsWith('-');
  if (descending && order === 'asc') reader.refuse('order', 'exclusive', `says the opposite of sort=${name}`);
  const key = rocketSorts.find((known) => known === name.replace('-', '')) ?? 'channel';
  return { sort: key, order: descending || order === 'desc' ? 'desc' : 'asc' };
};
