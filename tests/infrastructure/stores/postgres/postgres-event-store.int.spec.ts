import { commitContract } from '../../../contracts/commit-contract.js';
import { headContract } from '../../../contracts/head-contract.js';
import { randomHistoriesContract } from '../../../contracts/random-histories-contract.js';
import { postgresForAll } from '../../../support/postgres-stores.js';

const { open } = postgresForAll();

/** What each change may break at once; the whole contract stands in `postgres-contracts.slow.spec.ts`. */
describe('PostgresEventStore as an EventStore', () => {
  describe('commit', () => commitContract(open));
  describe('load', () => headContract(open));
  describe('whatever is written', () => randomHistoriesContract(open, 2));
});
