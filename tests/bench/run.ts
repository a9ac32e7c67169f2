import { authBench } from './auth.bench.js';
import { balanceBench } from './balance.bench.js';
import { cloudEventsBench } from './cloud-events.bench.js';
import { feedBench } from './feed.bench.js';
import { feedLagBench } from './feed-lag.bench.js';
import { figuresBench } from './figures.bench.js';
import { hotRocketBench } from './hot-rocket.bench.js';
import { headBench } from './head.bench.js';
import { generatedInputBench } from './generated-input.bench.js';
import { kafkaBench } from './kafka.bench.js';
import { kafkaOutBench } from './kafka-out.bench.js';
import { launchBench, sqliteLaunchBench } from './launch.bench.js';
import { chosenRows, machine, quick, rowsTable, type Bench } from './measure.js';
import { metricsBench } from './metrics.bench.js';
import { ndjsonBench } from './ndjson.bench.js';
import { postBench } from './post.bench.js';
import { placeBench } from './place.bench.js';
import { pipelineBench } from './pipeline.bench.js';
import { postgresBench, postgresStoreBench } from './postgres.bench.js';
import { postgresInstancesBench } from './postgres-instances.bench.js';
import { postgresLiveBench } from './postgres-live.bench.js';
import { postgresRocketsBench } from './postgres-rockets.bench.js';
import { postgresSizeBench } from './postgres-size.bench.js';
import { queriesBench } from './queries.bench.js';
import { sqliteDisorderBench } from './sqlite-disorder.bench.js';
import { headsBench, sqliteBench, sqliteStartBench, sqliteStoreBench } from './sqlite.bench.js';
import { storeBench } from './store.bench.js';
import { subscriptionsBench } from './subscriptions.bench.js';
import { tracingBench } from './tracing.bench.js';

/** `make bench`: every benchmark, or those named, and one table. */
const benches: Readonly<Record<string, Bench>> = {
  figures: figuresBench,
  post: postBench,
  head: headBench,
  auth: authBench,
  tracing: tracingBench,
  metrics: metricsBench,
  balance: balanceBench,
  ndjson: ndjsonBench,
  pipeline: pipelineBench,
  store: storeBench,
  sqlite: sqliteBench,
  'sqlite-disorder': sqliteDisorderBench,
  'sqlite-store': sqliteStoreBench,
  'sqlite-start': sqliteStartBench,
  heads: headsBench,
  place: placeBench,
  postgres: postgresBench,
  'postgres-store': postgresStoreBench,
  'postgres-instances': postgresInstancesBench,
  'postgres-live': postgresLiveBench,
  'postgres-rockets': postgresRocketsBench,
  'postgres-size': postgresSizeBench,
  kafka: kafkaBench,
  'kafka-out': kafkaOutBench,
  'cloud-events': cloudEventsBench,
  'hot-rocket': hotRocketBench,
  queries: queriesBench,
  launch: launchBench,
  'sqlite-launch': sqliteLaunchBench,
  feed: feedBench,
  'feed-lag': feedLagBench,
  subscriptions: subscriptionsBench,
  'generated-input': generatedInputBench,
};

const main = async (): Promise<void> => {
  const rows = await chosenRows(benches);
  console.log(`${machine()}${quick ? ' — quick run, not worth quoting' : ''}\n`);
  console.log(rowsTable(rows));
};

void main();
