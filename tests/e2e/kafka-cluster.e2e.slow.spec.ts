import { verifyDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { verifyFile } from '../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaFlight, type Fault, type FlightPlan } from '../support/kafka/kafka-flight.js';
import { runs } from '../support/thorough.js';

/** Longer than every timeout. */
const STOPPED_MS = 40_000;

let flight: KafkaFlight | undefined;
afterEach(async () => {
  await flight?.end();
  flight = undefined;
});

const begun = async (plan: FlightPlan): Promise<KafkaFlight> => {
  flight = new KafkaFlight(plan);
  await flight.begin();
  return flight;
};

/** Each kind of fault again and again, among the others. */
const mixed = (...kinds: readonly (readonly [times: number, fault: Fault])[]): readonly Fault[] =>
  kinds
    .flatMap(([times, fault]) => Array.from({ length: times }, (_, i) => ({ at: (i + 0.5) / times, fault })))
    .sort((a, b) => a.at - b.at)
    .map(({ fault }) => fault);

describeWithKafka('whatever happens to brokers, gateways, consumers and the database', () => {
  it('nothing that was queued is lost: three consumers and two gateways over PostgreSQL', async () => {
    const all = await begun({
      brokers: 1,
      store: 'postgres',
      consumers: 3,
      gateways: 2,
      rockets: 200,
      perRocket: runs(100, 1000),
      bad: 300,
    });
    const { consumers, gateways } = all;
    let stopped: Promise<unknown> = Promise.resolve();
    // The third one stands still meanwhile.
    const killConsumer = (): Promise<void> => all.kill(consumers[all.below(2)]!);
    await all.fly(
      mixed(
        [runs(6, 20), killConsumer],
        [runs(2, 5), () => all.killBroker()],
        [1, async () => void (stopped = all.stop(consumers[2]!, STOPPED_MS))],
        [runs(1, 3), () => all.kill(gateways[all.below(2)]!)],
        [runs(1, 2), () => all.killDatabaseAnd(consumers[all.below(2)]!)],
        [1, () => all.stopBroker(0, STOPPED_MS)],
      ),
    );
    await stopped;
    await all.expectAll();
    expect((await verifyDatabase(all.database.url)).damages).toEqual([]);
  }, 900_000);

  it('nothing that was queued is lost when one of three brokers is killed and another stands still', async () => {
    const all = await begun({
      brokers: 3,
      store: 'postgres',
      consumers: 2,
      gateways: 1,
      rockets: 50,
      perRocket: runs(100, 400),
      bad: 50,
    });
    await all.fly(
      [0, 1, 2].flatMap((broker) => [
        () => all.killBroker(broker),
        () => all.stopBroker((broker + 1) % 3, 15_000),
        () => all.kill(all.consumers[broker % 2]!),
      ]),
    );
    await all.expectAll();
    expect((await verifyDatabase(all.database.url)).damages).toEqual([]);
  }, 900_000);

  it('a consumer that stood still commits nothing that another one has passed meanwhile', async () => {
    const all = await begun({
      brokers: 1,
      store: 'postgres',
      consumers: 2,
      gateways: 1,
      rockets: 100,
      perRocket: 400,
      bad: 10,
    });
    // Longer than its session.
    const stop = (i: number): Promise<void> => all.stop(all.consumers[i % 2]!, 14_000);
    await all.fly(Array.from({ length: runs(2, 4) }, (_, i) => () => stop(i)));
    await all.expectAll();
  }, 900_000);

  it('nothing that was queued is lost: one process that is everything, over SQLite', async () => {
    const all = await begun({
      brokers: 1,
      store: 'sqlite',
      consumers: 1,
      gateways: 0,
      rockets: 50,
      perRocket: runs(100, 400),
      bad: 50,
    });
    const [only] = all.consumers;
    await all.fly(
      mixed(
        [runs(4, 10), () => all.kill(only!)],
        [runs(1, 3), () => all.killBroker()],
        [1, () => all.stop(only!, 12_000)],
      ),
    );
    await all.expectAll();
    expect((await verifyFile(only!.env['SQLITE_FILE']!)).damages).toEqual([]);
  }, 900_000);
});
