import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import {
  cpuMicros,
  inDirectory,
  interleaved,
  percentile,
  quick,
  ratio,
  scaled,
  type Row,
} from './measure.js';
import { postLines } from './post-lines.js';
import { ServerUnderTest, postAll } from './server-under-test.js';
import { channelOf, messageOf, stream, wireOf } from './traffic.js';

/** The official program's fleet. */
const FLEET = 20;
const LARGE_FLEET = 1000;
const HUGE_FLEET = 100_000;
/** So many senders at once, each with a rocket of its own. */
const STREAMS = 100;
const LINES = scaled(200_000);
const REQUESTS = scaled(20_000);

/** Many messages in one request, compared with parsing the same lines and with one request for each. */
export const ndjsonBench = async (): Promise<Row[]> => {
  const fleet = await Traffic.start(FLEET);
  const large = await Traffic.start(LARGE_FLEET);
  const huge = await Traffic.start(HUGE_FLEET);
  const single = await Traffic.start(FLEET);
  await fleet.bulk();
  await large.bulk();
  await huge.bulk();
  await single.posts();
  const micros = await interleaved({
    parse: () => parseCost(fleet.upcoming()),
    bulk: () => fleet.bulk(),
    parseLarge: () => parseCost(large.upcoming()),
    bulkLarge: () => large.bulk(),
    parseHuge: () => parseCost(huge.upcoming()),
    bulkHuge: () => huge.bulk(),
    single: () => single.posts(),
  });
  const { latencies, stallMs } = await fleet.latencyDuringBulk(1, () =>
    fleet.get(`/rockets/${channelOf(0)}`),
  );
  const many = await Traffic.start(STREAMS);
  const beside = await many.latencyDuringBulk(STREAMS, () => many.get('/livez'));
  const alone = await inDirectory(postsBesideStreams);
  const held = await streamsBench();
  for (const traffic of [fleet, large, huge, single, many]) await traffic.server.stop();
  return [
    {
      goal: '4',
      what: `NDJSON, whole way ÷ JSON.parse of the lines, ${FLEET} rockets`,
      measured: ratio(micros.parse, micros.bulk),
      good: 0.45,
      target: 0.9,
    },
    {
      goal: '4',
      what: `the same, ${LARGE_FLEET} rockets`,
      measured: ratio(micros.parseLarge, micros.bulkLarge),
      good: 0.35,
      target: 0.6,
    },
    {
      goal: '4',
      what: `the same, ${HUGE_FLEET} rockets`,
      measured: ratio(micros.parseHuge, micros.bulkHuge),
      good: 0.25,
      target: 0.5,
    },
    {
      goal: '5',
      what: 'NDJSON ÷ single POST, messages per CPU second',
      measured: ratio(micros.single, micros.bulk),
      good: 10,
      target: 20,
    },
    {
      goal: '6',
      what: 'GET p99 while a bulk load runs',
      measured: percentile(latencies, 0.99),
      good: 10,
      target: 5,
      better: 'lower',
      unit: ' ms',
    },
    { goal: '', what: 'longest stall of the server during it', measured: stallMs, unit: ' ms' },
    {
      goal: '',
      what: `GET /livez p99 beside ${STREAMS} NDJSON streams`,
      measured: percentile(beside.latencies, 0.99),
      good: 25,
      target: 10,
      better: 'lower',
      unit: ' ms',
    },
    { goal: '', what: 'longest stall of the server during it', measured: beside.stallMs, unit: ' ms' },
    {
      goal: '',
      what: `single POST into SQLite beside ${STREAMS} NDJSON streams, p50`,
      measured: percentile(alone, 0.5),
      unit: ' ms',
    },
    { goal: '', what: 'the same, p99', measured: percentile(alone, 0.99), unit: ' ms' },
    ...held,
  ];
};

/** Whether many streams own the turns of the loop. */
export const streamsBench = async (): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const store of ['memory', 'sqlite']) {
    for (const shuffled of [false, true])
      rows.push(await inDirectory((directory) => heldUp(store, shuffled, directory)));
  }
  return rows;
};

/** For how long nobody else has a turn at the most. */
const heldUp = async (store: string, shuffled: boolean, directory: string): Promise<Row> => {
  const traffic = await Traffic.start(STREAMS, {
    EVENT_STORE: store,
    SQLITE_FILE: join(directory, 'held.db'),
  });
  const { latencies } = await traffic.latencyDuringBulk(STREAMS, () => traffic.get('/livez'), shuffled);
  await traffic.server.stop();
  return {
    goal: '',
    what: `longest GET /livez beside ${STREAMS} NDJSON streams, ${store}, ${shuffled ? 'shuffled' : 'in order'}`,
    measured: Math.max(...latencies),
    good: quick ? 1000 : 100,
    target: 50,
    better: 'lower',
    unit: ' ms',
  };
};

/** Of a rocket that nobody else reports of. */
const postsBesideStreams = async (directory: string): Promise<number[]> => {
  const durable = await Traffic.start(STREAMS, {
    EVENT_STORE: 'sqlite',
    SQLITE_FILE: join(directory, 'streams.db'),
  });
  let number = 0;
  const { latencies } = await durable.latencyDuringBulk(STREAMS, async () => {
    await postAll(durable.server.port, [wireOf(messageOf(STREAMS, ++number))], 1);
  });
  await durable.server.stop();
  return latencies;
};

/** A server of its own and the messages it is sent, one number after the other. */
class Traffic {
  private sent = 0;

  private constructor(
    readonly server: ServerUnderTest,
    private readonly rockets: number,
  ) {}

  static async start(rockets: number, env: Readonly<Record<string, string>> = {}): Promise<Traffic> {
    return new Traffic(await ServerUnderTest.start('rockets', env), rockets);
  }

  /** The lines of the next bulk, not sent yet. */
  upcoming(count = LINES): string[] {
    return stream(count, this.rockets, this.sent).map(wireOf);
  }

  bulk(): Promise<number> {
    const body = this.next(LINES).join('\n');
    return this.cost(LINES, () => postLines(this.server.port, body));
  }

  posts(): Promise<number> {
    const bodies = this.next(REQUESTS);
    return this.cost(REQUESTS, () => postAll(this.server.port, bodies, 64));
  }

  get(path: string): Promise<void> {
    return get(this.server.port, path);
  }

  /** One request after the other while another process sends a bulk: whoever measures must not be held up by sending. */
  async latencyDuringBulk(
    streams: number,
    ask: () => Promise<void>,
    shuffled = false,
  ): Promise<{ latencies: number[]; stallMs: number }> {
    const count = shuffled ? LINES : LINES * 4;
    const bulk = [this.server.port, this.rockets, this.sent, count, streams, shuffled ? count : 1];
    const sender = fork(join(__dirname, 'bulk-sender-process.js'), {
      env: { ...process.env, BULK: bulk.join() },
    });
    await once(sender, 'message');
    await this.server.usage();
    const latencies: number[] = [];
    let running = true;
    const done = once(sender, 'exit').then(() => (running = false));
    sender.send('go');
    while (running) {
      const began = performance.now();
      await ask();
      latencies.push(performance.now() - began);
    }
    await done;
    if (sender.exitCode !== 0) throw new Error('The bulk load failed.');
    return { latencies, stallMs: (await this.server.usage()).stallMs };
  }

  private next(count: number): string[] {
    const lines = this.upcoming(count);
    this.sent += count;
    return lines;
  }

  /** Processor microseconds of the server for each message. */
  private async cost(count: number, run: () => Promise<unknown>): Promise<number> {
    const before = await this.server.cpuMicros();
    await run();
    return ((await this.server.cpuMicros()) - before) / count;
  }
}

const parseCost = (lines: readonly string[]): number => {
  const buffers = lines.map((line) => Buffer.from(line));
  const before = cpuMicros();
  for (const buffer of buffers) JSON.parse(buffer.toString());
  return (cpuMicros() - before) / lines.length;
};

const get = (port: number, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path }, (res) => {
      res.resume();
      res.on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
