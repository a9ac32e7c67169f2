import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../src/config.js';
import { createContainer, parts } from '../../src/container.js';
import { PostgresEventStore } from '../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { RelationalRocketDirectory } from '../../src/infrastructure/stores/relational/relational-directory.js';
import { Changes } from './changes.js';
import { withDatabase, type Database } from './database.js';
import { interleaved, median, percentile, quick, ratio, scaled, type Row } from './measure.js';

const MESSAGES = scaled(300);
const NOTICES = quick ? 3 : 20;
const COMMITTERS = 16;
const COMMITS = scaled(4000);
const ROUNDS = quick ? 1 : 6;
/** By then the instances have found each other. */
const SETTLE_MS = 3000;

/**
 * Two instances: how long after one has acknowledged an event the other tells it live, and how soon it tells that gaps have
 * changed; when it is called by NOTIFY, and by looking alone. And what the calls cost in commits.
 */
export const postgresLiveBench = async (): Promise<Row[]> => [
  ...(await postgresLagBench()),
  ...(await withDatabase(costRows)),
];

export const postgresLagBench = (): Promise<Row[]> =>
  withDatabase(async (database) => [...(await lagRows(database, true)), ...(await lagRows(database, false))]);

const lagRows = async (database: Database, calls: boolean): Promise<Row[]> => {
  const url = await database.newSchema();
  const [one, other] = [await startInstance(url, calls), await startInstance(url, calls)];
  const feed = await Feed.of(other.port);
  await delay(SETTLE_MS);
  const how = calls ? 'called' : 'looking alone';
  const rows: Row[] = [];
  for (const pause of [200, 2]) {
    const lags = await lagsOf(one.port, feed, `rocket-${pause}`, pause);
    const what = `event told by another instance after its acknowledgement, ${how}, every ${pause} ms or so`;
    rows.push({ goal: '', what: `${what}: p50`, measured: median(lags), unit: ' ms' });
    rows.push({
      goal: '',
      what: `${what}: p99`,
      measured: percentile(lags, 0.99),
      good: quick ? 2000 : 200,
      target: 50,
      better: 'lower',
      unit: ' ms',
    });
  }
  const lags = await noticeLags(one.port, feed);
  rows.push({
    goal: '',
    what: `gaps-changed told by another instance, ${how}: worst`,
    measured: Math.max(...lags),
    good: quick ? 10_000 : 2000,
    target: 1000,
    better: 'lower',
    unit: ' ms',
  });
  feed.end();
  await Promise.all([one.stop(), other.stop()]);
  return rows;
};

const startInstance = async (url: string, calls: boolean) => {
  const store = await PostgresEventStore.open({ url, connections: 10, calls });
  const directory = new RelationalRocketDirectory(store.parts);
  const config = readConfig({ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' }, false);
  const service = (await createContainer(config, { store, directory })).get(parts.service);
  const { port } = await service.start();
  return { port, stop: () => service.stop() };
};

const post = async (port: number, channel: string, number: number): Promise<void> => {
  const metadata = { channel, messageNumber: number, messageTime: '2026-10-01T12:00:00Z' };
  const body =
    number === 1
      ? {
          metadata: { ...metadata, messageType: 'RocketLaunched' },
          message: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
        }
      : { metadata: { ...metadata, messageType: 'RocketSpeedIncreased' }, message: { by: 1 } };
  const answer = await fetch(`http://127.0.0.1:${port}/messages`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.text();
  if (answer.status !== 202) throw new Error(`not taken: ${answer.status}`);
};

/** Of messages one after the other; what is told before the answer is here counts as at once. */
const lagsOf = async (port: number, feed: Feed, channel: string, pause: number): Promise<number[]> => {
  const before = feed.told.length;
  const acknowledged: number[] = [];
  for (let number = 1; number <= MESSAGES; number++) {
    await post(port, channel, number);
    acknowledged.push(performance.now());
    await delay(pause * (0.5 + Math.random()));
  }
  while (feed.told.length < before + MESSAGES) await delay(5);
  return acknowledged.map((at, i) => Math.max(0, feed.told[before + i]! - at));
};

const noticeLags = async (port: number, feed: Feed): Promise<number[]> => {
  const lags: number[] = [];
  for (let i = 0; i < NOTICES; i++) {
    const before = feed.noticed.length;
    await post(port, `ahead-${i}`, 2);
    const began = performance.now();
    while (feed.noticed.length === before) await delay(5);
    lags.push(feed.noticed[before]! - began);
    await delay(1500 * Math.random());
  }
  return lags;
};

/** When events and notices came, in their order. */
class Feed {
  readonly told: number[] = [];
  readonly noticed: number[] = [];
  end = (): void => undefined;

  static of(port: number): Promise<Feed> {
    const feed = new Feed();
    const options = {
      port,
      host: '127.0.0.1',
      path: '/events?after=latest',
      headers: { accept: 'text/event-stream' },
    };
    return new Promise((resolve, reject) => {
      const request = get(options, (response) => {
        response.setEncoding('latin1');
        response.on('error', () => undefined);
        response.on('data', (chunk: string) => {
          feed.take(chunk);
          if (chunk.includes('caught-up')) resolve(feed);
        });
      });
      request.on('error', reject);
      feed.end = () => request.destroy();
    });
  }

  private take(chunk: string): void {
    const now = performance.now();
    for (let left = chunk.split('"recordedAt":').length; left > 1; left--) this.told.push(now);
    if (chunk.includes('gaps-changed')) this.noticed.push(now);
  }
}

/** Small commits of one instance while another is followed. */
const costRows = async (database: Database): Promise<Row[]> => {
  const committers = {
    called: await Committer.start(database, true),
    alone: await Committer.start(database, false),
  };
  for (const committer of Object.values(committers)) await committer.run();
  const { called, alone } = await interleaved(
    { called: () => committers.called.run(), alone: () => committers.alone.run() },
    ROUNDS,
  );
  for (const committer of Object.values(committers)) await committer.stop();
  return [
    { goal: '', what: 'commits of one event, nobody called', measured: median(alone), unit: '/s' },
    {
      goal: '',
      what: 'commits of one event, another instance called ÷ nobody called',
      measured: ratio(called, alone),
      good: 0.95,
      target: 0.98,
    },
  ];
};

class Committer {
  private readonly changes = new Changes();
  private following: { stop(): void } | undefined;

  private constructor(
    private readonly store: PostgresEventStore,
    private readonly other: PostgresEventStore,
  ) {}

  static async start(database: Database, calls: boolean): Promise<Committer> {
    const url = await database.newSchema();
    const [store, other] = [
      await PostgresEventStore.open({ url, connections: 2 * COMMITTERS, calls }),
      await PostgresEventStore.open({ url, connections: 4, calls }),
    ];
    return new Committer(store, other);
  }

  /** Commits a second. Nobody follows the other in between, as a connection that listens hears of every call. */
  async run(): Promise<number> {
    this.following = await this.other.follow(() => undefined);
    await delay(SETTLE_MS);
    const began = performance.now();
    await Promise.all(
      Array.from({ length: COMMITTERS }, async (_, rocket) => {
        for (let i = 0; i < COMMITS / COMMITTERS; i++)
          await this.store.commit([this.changes.next(rocket, 1)]);
      }),
    );
    const rate = (1000 * COMMITS) / (performance.now() - began);
    this.following.stop();
    return rate;
  }

  async stop(): Promise<void> {
    await Promise.all([this.store.close(), this.other.close()]);
  }
}
