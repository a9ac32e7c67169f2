import { laneOf } from '../../src/application/ingest/lanes.js';
import { partitionHash } from './balance.js';
import { withDatabase, type Database } from './database.js';
import { interleaved, median, quick, scaled, type Row } from './measure.js';
import { serviceOn } from './postgres.bench.js';
import { postLinesUntilTaken } from './post-lines.js';
import type { ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const ROCKETS = 1000;
const MESSAGES = scaled(100_000);
const ROUNDS = quick ? 1 : 5;

/** The same messages to one, two and four instances, each with a stream of its own. */
export const postgresInstancesBench = (): Promise<Row[]> =>
  withDatabase(async (database) => {
    const fleets = {
      one: await Instances.start(database, 1, anyOf),
      twoAny: await Instances.start(database, 2, anyOf),
      fourAny: await Instances.start(database, 4, anyOf),
      twoPartitions: await Instances.start(database, 2, byPartition),
      twoLanes: await Instances.start(database, 2, byLane),
      fourLanes: await Instances.start(database, 4, byLane),
    };
    for (const fleet of Object.values(fleets)) await fleet.run();
    await interleaved(
      {
        one: () => fleets.one.run(),
        twoAny: () => fleets.twoAny.run(),
        fourAny: () => fleets.fourAny.run(),
        twoPartitions: () => fleets.twoPartitions.run(),
        twoLanes: () => fleets.twoLanes.run(),
        fourLanes: () => fleets.fourLanes.run(),
      },
      ROUNDS,
    );
    for (const fleet of Object.values(fleets)) await fleet.stop();
    return [
      ...fleets.one.rows('one instance'),
      ...fleets.twoAny.rows('two instances, any channel', fleets.one),
      ...fleets.fourAny.rows('four instances, any channel', fleets.one),
      ...fleets.twoPartitions.rows('two instances, by partition of Kafka', fleets.one),
      ...fleets.twoLanes.rows('two instances, by lane', fleets.one),
      ...fleets.fourLanes.rows('four instances, by lane', fleets.one),
    ];
  });

/** To which of so many instances a message goes: its place in the stream, its channel. */
type Dealing = (place: number, channel: string, instances: number) => number;

/** The messages of one rocket go to each of them in turn. */
const anyOf: Dealing = (place, _channel, instances) => (place + Math.floor(place / ROCKETS)) % instances;
/** A rocket's messages go to one of them, but both have rockets in every lane. */
const byPartition: Dealing = (_place, channel, instances) => partitionHash(channel) % instances;
const byLane: Dealing = (_place, channel, instances) => laneOf(channel) % instances;

class Instances {
  private sent = 0;
  private readonly rates: number[] = [];
  private readonly service: number[] = [];
  private readonly database: number[] = [];

  private constructor(
    private readonly server: Database,
    private readonly instances: readonly ServerUnderTest[],
    private readonly dealing: Dealing,
  ) {}

  /** Over a schema of their own. */
  static async start(database: Database, count: number, dealing: Dealing): Promise<Instances> {
    const url = await database.newSchema();
    const instances: ServerUnderTest[] = [];
    for (let i = 0; i < count; i++) instances.push(await serviceOn(url));
    return new Instances(database, instances, dealing);
  }

  async run(): Promise<number> {
    const { instances, server } = this;
    const bodies = instances.map((): string[] => []);
    stream(MESSAGES, ROCKETS, this.sent).forEach((message, i) => {
      bodies[this.dealing(i, message.channel, instances.length)]!.push(wireOf(message));
    });
    this.sent += MESSAGES;
    const texts = bodies.map((lines) => lines.join('\n'));
    const before = [await this.cpuMicros(), server.cpuMicros()] as const;
    const began = performance.now();
    await Promise.all(texts.map((text, i) => postLinesUntilTaken(instances[i]!.port, text)));
    const rate = (1000 * MESSAGES) / (performance.now() - began);
    this.rates.push(rate);
    this.service.push(((await this.cpuMicros()) - before[0]) / MESSAGES);
    this.database.push((server.cpuMicros() - before[1]) / MESSAGES);
    return rate;
  }

  rows(what: string, one?: Instances): Row[] {
    const parts = [
      ['services', this.service, one?.service],
      ['database', this.database, one?.database],
    ] as const;
    return [
      {
        goal: '',
        what: `NDJSON into PostgreSQL, ${what}`,
        measured: median(this.rates),
        unit: ' messages/s',
      },
      ...parts.flatMap(([part, micros, ofOne]): Row[] => [
        { goal: '', what: `processor time of a message: ${part}`, measured: median(micros), unit: ' µs' },
        ...(ofOne === undefined
          ? []
          : [
              {
                goal: '20',
                what: `${what} ÷ one, processor time of a message: ${part}`,
                measured: median(micros) / median(ofOne),
                good: 1.3,
                target: 1.1,
                better: 'lower' as const,
              },
            ]),
      ]),
    ];
  }

  async stop(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
  }

  private async cpuMicros(): Promise<number> {
    const all = await Promise.all(this.instances.map((instance) => instance.cpuMicros()));
    return all.reduce((sum, micros) => sum + micros, 0);
  }
}
