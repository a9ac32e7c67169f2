import type {
  GapPage,
  GapQuery,
  RocketDirectory,
  RocketPage,
  RocketQuery,
  RocketSummary,
  RocketTotals,
} from '../../../application/ports/rocket-directory.js';
import type { SqliteReader } from './sqlite-event-store.js';

/** The table `rockets`, read by the store's reader thread: a write that was acknowledged is seen by the next read. */
export class SqliteRocketDirectory implements RocketDirectory {
  constructor(private readonly reader: SqliteReader) {}

  find(channel: string): Promise<RocketSummary | undefined> {
    return this.reader.call('find', channel);
  }

  list(query: RocketQuery): Promise<RocketPage> {
    return this.reader.call('list', query);
  }

  gaps(query: GapQuery): Promise<GapPage> {
    return this.reader.call('gaps', query);
  }

  totals(): Promise<RocketTotals> {
    return this.reader.call('totals');
  }
}
