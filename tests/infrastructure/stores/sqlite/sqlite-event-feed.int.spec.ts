import { eventFeedContract } from '../../../contracts/event-feed-contract.js';
import { openSqliteStore } from '../../../support/sqlite-stores.js';
import { runs } from '../../../support/thorough.js';

eventFeedContract('SqliteEventStore', openSqliteStore, runs(10, 60));
