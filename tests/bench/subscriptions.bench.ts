import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inDirectory, interleaved, median, quick, ratio, scaled, type Row } from './measure.js';
import { ask, startProcess } from './processes.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { BATCH, costing, ROCKETS, settings, Subscribed } from './subscribed.js';
import { stream, wireOf } from './traffic.js';

const EVENTS = scaled(300_000);
/** For some two seconds. */
const REQUESTS = { memory: scaled(80_000), sqlite: scaled(25_000) };
type Store = keyof typeof REQUESTS;
const CONNECTIONS = 64;
const MANY = 10;
/** Deliveries begin at their next look. */
const LOOK_MS = 1000;
/** Single messages a second, for so long. */
const MODERATE = 2000;
const SECONDS = quick ? 2 : 20;

/** What subscriptions tell beside what a reader of the feed is told, what they cost those who report, and how soon they tell. */
export const subscriptionsBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const rows: Row[] = [];
    for (const store of Object.keys(REQUESTS) as Store[]) {
      for (const rowsOf of [deliveryRows, ingestRows, lagRows]) {
        const env = { ...settings, EVENT_STORE: store, SQLITE_FILE: join(directory, `${rows.length}.db`) };
        rows.push(...(await Subscribed.with(ServerUnderTest.start('rockets', env), rowsOf(store))));
      }
    }
    return rows;
  });

type Measurement = (it: Subscribed) => Promise<Row[]>;

/** The same events by both ways, from the first one on. */
const deliveryRows =
  (store: Store): Measurement =>
  async (it) => {
    await it.fill(EVENTS);
    const webhooks = (micros: number[] = []) => costing(it, micros, EVENTS, () => it.byWebhooks(EVENTS));
    const feed = (micros: number[] = []) => costing(it, micros, EVENTS, () => it.byFeed(EVENTS));
    await webhooks();
    await feed();
    const micros = { webhooks: [] as number[], feed: [] as number[] };
    const rates = await interleaved({
      webhooks: () => webhooks(micros.webhooks),
      feed: () => feed(micros.feed),
    });
    return [
      {
        goal: '23',
        what: `${store}: events by webhooks in batches of ${BATCH.events} ÷ by SSE, a second`,
        measured: ratio(rates.webhooks, rates.feed),
        good: 0.5,
        target: 0.8,
      },
      { goal: '', what: 'the same in events a second', measured: median(rates.webhooks), unit: '/s' },
      {
        goal: '',
        what: 'processor time of an event: webhook',
        measured: median(micros.webhooks),
        unit: ' µs',
      },
      { goal: '', what: 'the same, SSE', measured: median(micros.feed), unit: ' µs' },
    ];
  };

/** What those who report notice of ten subscriptions that have nothing to tell, and of ten that tell everything. */
const ingestRows =
  (store: Store): Measurement =>
  async (it) => {
    const requests = REQUESTS[store];
    let sent = 0;
    const post = (micros: number[] = []): Promise<number> => {
      const bodies = stream(requests, ROCKETS, sent).map(wireOf);
      sent += requests;
      return costing(it, micros, requests, async () => {
        return (1000 * requests) / (await postAll(it.server.port, bodies, CONNECTIONS));
      });
    };
    const beside = async (micros: number[], more: object): Promise<number> => {
      const ends: (() => Promise<void>)[] = [];
      for (let i = 0; i < MANY; i++) ends.push(await it.subscribe({ from: 'now', ...more }));
      await pause(LOOK_MS);
      const rate = await post(micros);
      for (const end of ends) await end();
      return rate;
    };
    await post();
    await beside([], {});
    const micros = { none: [] as number[], idle: [] as number[], busy: [] as number[] };
    const rates = await interleaved({
      none: () => post(micros.none),
      idle: () => beside(micros.idle, { channels: ['nobody'] }),
      busy: () => beside(micros.busy, {}),
    });
    const rowsOf = (kind: 'idle' | 'busy', good: number): Row[] => [
      {
        goal: '23',
        what: `${store}: POST at ${CONNECTIONS} connections beside ${MANY} ${kind} subscriptions ÷ beside none`,
        measured: ratio(rates[kind], rates.none),
        good,
      },
      { goal: '', what: 'the same, processor time of a message', measured: ratio(micros[kind], micros.none) },
    ];
    return [...rowsOf('idle', 0.95), ...rowsOf('busy', 0.8)];
  };

/** From the commit to the receiver. */
const lagRows =
  (store: Store): Measurement =>
  async (it) => {
    const sender = await startProcess('load-process.js', String(it.server.port));
    const load = { rockets: ROCKETS, window: 1, way: 'single', rate: MODERATE };
    const end = await it.subscribe({ from: 'now' });
    await ask(sender, { ...load, seconds: SECONDS / 4 });
    await it.told();
    await ask(sender, { ...load, seconds: SECONDS });
    await pause(LOOK_MS);
    const { lagP50, lagP99, events, requests } = await it.told();
    await end();
    sender.disconnect();
    const what = `${store}: from the commit to the receiver at ${MODERATE} messages a second`;
    return [
      { goal: '23', what: `${what}, p99`, measured: lagP99, good: 100, better: 'lower', unit: ' ms' },
      { goal: '', what: 'the same, p50', measured: lagP50, unit: ' ms' },
      { goal: '', what: 'the same, events in a request', measured: events / requests },
    ];
  };
