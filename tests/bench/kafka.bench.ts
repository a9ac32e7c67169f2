import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fill, KafkaServices } from './kafka-services.js';
import { inDirectory, interleaved, median, percentile, quick, ratio, scaled, type Row } from './measure.js';
import { postLines } from './post-lines.js';
import { postAll, type ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const FLEETS = [20, 1000];
const STORES = ['memory', 'sqlite', 'postgres'] as const;
type Store = (typeof STORES)[number];
const MESSAGES = scaled(300_000);
/** By then a new process has compiled most of what it runs. */
const WARM = MESSAGES / 3;
const REQUESTS = scaled(30_000);
const CONNECTIONS = 64;
const ROUNDS = quick ? 1 : 5;

/** From a topic of 12 partitions into each store, beside NDJSON of the same; and how a gateway takes messages in. */
export const kafkaBench = (): Promise<Row[]> =>
  KafkaServices.with((services) =>
    inDirectory(async (directory) => {
      const rows = await gatewayRows(services);
      for (const rockets of FLEETS) {
        const lines = stream(MESSAGES, rockets).map(wireOf);
        const topic = services.newTopic();
        const gateway = await services.gateway(topic);
        await fill(gateway, lines);
        await gateway.stop();
        for (const store of STORES)
          rows.push(...(await new Race(services, directory, store, topic, lines).rows(rockets)));
      }
      return rows;
    }),
  );

/** The same messages by two ways into new stores, each time by a new process. */
class Race {
  private readonly micros = { topic: [] as number[], ndjson: [] as number[] };
  private stores = 0;

  constructor(
    private readonly services: KafkaServices,
    private readonly directory: string,
    private readonly store: Store,
    private readonly topic: string,
    private readonly lines: readonly string[],
  ) {}

  async rows(rockets: number): Promise<Row[]> {
    const rates = await interleaved({ topic: () => this.fromTopic(), ndjson: () => this.byNdjson() }, ROUNDS);
    const { topic, ndjson } = this.micros;
    const info = { goal: '' };
    const what = `from a topic into ${this.store}, ${rockets} rockets`;
    return [
      {
        goal: '21',
        what: `${what} ÷ NDJSON`,
        measured: ratio(rates.topic, rates.ndjson),
        good: 0.6,
        target: 0.9,
      },
      { ...info, what: 'the same in messages a second', measured: median(rates.topic), unit: '/s' },
      { ...info, what: 'processor time of a message: from the topic', measured: median(topic), unit: ' µs' },
      { ...info, what: 'the same, NDJSON', measured: median(ndjson), unit: ' µs' },
    ];
  }

  private async fromTopic(): Promise<number> {
    const server = await this.services.consumer(this.topic, await this.place());
    return this.measured(server, this.micros.topic);
  }

  private async byNdjson(): Promise<number> {
    const server = await this.services.plain(await this.place());
    const sent = postLines(server.port, this.lines.join('\n'));
    const rate = await this.measured(server, this.micros.ndjson);
    await sent;
    return rate;
  }

  /** Messages a second, once the process is warm. */
  private async measured(server: ServerUnderTest, micros: number[]): Promise<number> {
    const warm = await untilStored(server, WARM);
    const all = await untilStored(server, MESSAGES);
    await server.stop();
    const messages = all.stored - warm.stored;
    micros.push((all.cpu - warm.cpu) / messages);
    return (1000 * messages) / (all.at - warm.at);
  }

  private async place(): Promise<Readonly<Record<string, string>>> {
    const { store, directory, services } = this;
    return {
      EVENT_STORE: store,
      STORE_BYTES: String(2 ** 31),
      SQLITE_FILE: join(directory, `${this.topic}-${++this.stores}.db`),
      ...(store === 'postgres' && { DATABASE_URL: await services.database.newSchema() }),
    };
  }
}

const untilStored = async (
  server: ServerUnderTest,
  least: number,
): Promise<{ readonly stored: number; readonly at: number; readonly cpu: number }> => {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${server.port}/health`);
    const { events, waiting } = (await answer.json()) as { events: number; waiting: number };
    const stored = events + waiting;
    if (stored >= least) return { stored, at: performance.now(), cpu: await server.cpuMicros() };
    await pause(10);
  }
};

/** Single messages, beside those that go into memory at once. */
const gatewayRows = async (services: KafkaServices): Promise<Row[]> => {
  const memory = await services.plain({ STORE_BYTES: String(2 ** 31) });
  const gateway = await services.gateway(services.newTopic());
  const latencies: number[] = [];
  let sent = 0;
  const micros: Record<'memory' | 'gateway', number[]> = { memory: [], gateway: [] };
  const posts = async (server: ServerUnderTest, costs: number[], took?: number[]): Promise<number> => {
    const bodies = stream(REQUESTS, 1000, sent).map(wireOf);
    sent += REQUESTS;
    const before = await server.cpuMicros();
    const ms = await postAll(server.port, bodies, CONNECTIONS, took);
    costs.push(((await server.cpuMicros()) - before) / REQUESTS);
    return (1000 * REQUESTS) / ms;
  };
  await posts(memory, []);
  await posts(gateway, []);
  const rates = await interleaved({
    memory: () => posts(memory, micros.memory),
    gateway: () => posts(gateway, micros.gateway, latencies),
    ndjson: async () => {
      const lines = stream(MESSAGES, 1000).map(wireOf);
      const began = performance.now();
      await fill(gateway, lines);
      return (1000 * MESSAGES) / (performance.now() - began);
    },
  });
  await memory.stop();
  await gateway.stop();
  return [
    {
      goal: '22',
      what: `gateway POST at ${CONNECTIONS} connections ÷ in-memory POST`,
      measured: ratio(rates.gateway, rates.memory),
      good: 0.5,
      target: 0.7,
    },
    { goal: '', what: 'the same in messages a second', measured: median(rates.gateway), unit: '/s' },
    {
      goal: '22',
      what: 'the same, p99',
      measured: percentile(latencies, 0.99),
      good: 25,
      better: 'lower',
      unit: ' ms',
    },
    { goal: '', what: 'processor time of a POST: gateway', measured: median(micros.gateway), unit: ' µs' },
    { goal: '', what: 'the same, in memory', measured: median(micros.memory), unit: ' µs' },
    { goal: '', what: 'gateway NDJSON, messages a second', measured: median(rates.ndjson), unit: '/s' },
  ];
};
