import type { Database } from '../database.js';
import { DirectoryReader } from '../directory-reader.js';
import { EventReader } from '../event-reader.js';
import type { ReaderMethods } from './thread-protocol.js';

/** Everything that can be read from what is folded, over one connection. */
export const readersOf = (database: Database): Omit<ReaderMethods, 'close'> => {
  const events = new EventReader(database);
  const directory = new DirectoryReader(database);
  return {
    read: (channel, after, limit) => events.read(channel, after, limit),
    readAll: (after, request) => events.readAll(after, request),
    readAt: (place) => events.readAt(place),
    lastPosition: () => events.lastPosition(),
    snapshot: (channel, bound) => events.snapshot(channel, bound),
    unfinished: () => events.unfinished(),
    find: (channel) => directory.find(channel),
    list: (query) => directory.list(query),
    gaps: (query) => directory.gaps(query),
    totals: () => directory.totals(),
  };
};
