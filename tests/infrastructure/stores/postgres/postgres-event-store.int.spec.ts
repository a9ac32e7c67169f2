import { eventStoreContract } from '../../../contracts/event-store-contract.js';
import { postgresForAll } from '../../../support/postgres-stores.js';
import { runs } from '../../../support/thorough.js';

eventStoreContract('PostgresEventStore', postgresForAll().open, runs(2, 60));
