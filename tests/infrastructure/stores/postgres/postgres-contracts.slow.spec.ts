import { eventFeedContract } from '../../../contracts/event-feed-contract.js';
import { eventStoreContract } from '../../../contracts/event-store-contract.js';
import { rocketDirectoryContract } from '../../../contracts/rocket-directory-contract.js';
import { postgresForAll } from '../../../support/postgres-stores.js';
import { runs } from '../../../support/thorough.js';

const { open } = postgresForAll();

eventStoreContract('PostgresEventStore', open, runs(5, 60));
rocketDirectoryContract('RelationalRocketDirectory over PostgreSQL', open, runs(5, 60));
eventFeedContract('PostgresEventStore', open, runs(10, 60));
