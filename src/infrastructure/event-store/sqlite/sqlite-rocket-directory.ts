import type {
  GapPage,
  GapQuery,
  RocketDirectory,
  RocketPage,
  RocketQuery,
  RocketSummary,
  RocketTotals,
} from '../../../application/ports/rocket-directory.js';
import type { Reading } from './threads/reading.js';

/** The table `rockets`, read by the store's reader thread. */
export class SqliteRocketDirectory implements RocketDirectory {
  constructor(private readonly reading: Reading) {}

  find(channel: string): Promise<RocketSummary | undefined> {
    return this.reading.ofRocket(channel, 'find', channel);
  }

  list(query: RocketQuery): Promise<RocketPage> {
    return this.reading.ofAll('list', query);
  }

  gaps(query: GapQuery): Promise<GapPage> {
    return this.reading.ofAll('gaps', query);
  }

  totals(): Promise<RocketTotals> {
    return this.reading.ofAll('totals');
  }
}
