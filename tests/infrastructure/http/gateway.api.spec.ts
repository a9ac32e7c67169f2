import { Budget } from '../../../src/application/budget.js';
import { Counters } from '../../../src/application/ingest/counters.js';
import { QueueMessages } from '../../../src/application/ingest/queue-messages.js';
import { StoreUnavailable } from '../../../src/application/ports/event-store.js';
import type { Stores } from '../../../src/open-stores.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import { Gate } from '../../../src/infrastructure/http/gate.js';
import { PieceTurns } from '../../../src/infrastructure/http/messages/piece-turns.js';
import { postMessages } from '../../../src/infrastructure/http/messages/post-messages.js';
import { jsonOf } from '../../../src/infrastructure/kafka/kafka-queue.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { whenItAnswers } from '../../../src/when-it-answers.js';
import { breakable } from '../../support/breakable.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { exchange } from '../../support/http-exchange.js';
import { gatewaySettings, MemoryKafka } from '../../support/memory-kafka.js';
import { memoryStore } from '../../support/memory-store.js';
import { exploded, faster, launched, message } from '../../support/messages.js';
import { documentedAs } from '../../support/openapi-validator.js';
import { LogBook } from '../../support/pipeline.js';
import { freePort } from '../../support/real-process.js';
import { startService, type TestService } from '../../support/test-service.js';

let kafka: MemoryKafka;
let service: TestService;
let stores: Stores | undefined;
let failure: Error | undefined;

const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  kafka = new MemoryKafka();
  service = await startService({ ...gatewaySettings, ...env }, stores, undefined, kafka);
};

beforeEach(() => {
  stores = undefined;
  failure = undefined;
});
afterEach(async () => {
  failure = undefined;
  await service.stop();
});

const post = async (sent: RocketMessage | string, headers: Readonly<Record<string, string>> = {}) => {
  const body = typeof sent === 'string' ? sent : jsonOf(sent);
  const answer = await exchange(service.url, { method: 'POST', url: '/messages', headers, body });
  documentedAs(answer);
  return answer;
};

const postLines = async (lines: readonly string[]) => {
  const headers = { 'content-type': 'application/x-ndjson' };
  const { status, body } = await post(lines.join('\n'), headers);
  return { status, body: JSON.parse(body) as Record<string, unknown> };
};

const ask = async (path: string) => {
  const answer = await documentedFetch(service.url + path);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

/** Asks until the consumer has come so far. */
const askUntil = async (path: string, isSo: (answer: Awaited<ReturnType<typeof ask>>) => boolean) => {
  for (let attempts = 0; ; attempts++) {
    const answer = await ask(path);
    if (isSo(answer)) return answer;
    if (attempts === 200) throw new Error(`${path} says in the end: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

describe('a message to a gateway', () => {
  beforeEach(() => start());

  it('is queued, which the header says alone to who asks for nothing', async () => {
    const { status, headers, body } = await post(message(1, launched()));
    expect([status, headers['rocket-outcome'], headers['content-length'], body]).toEqual([
      202,
      'queued',
      '0',
      '',
    ]);
  });

  it('is queued, which the body says to who asks for one', async () => {
    const { status, headers, body } = await post(message(1, launched()), { accept: '*/*' });
    expect([status, headers['rocket-outcome'], JSON.parse(body)]).toEqual([
      202,
      'queued',
      { outcome: 'queued', channel: 'rocket-1', number: 1 },
    ]);
  });

  it('stands in the topic as it was sent, under its channel', async () => {
    const sent = message(7, launched());
    await post(sent);
    expect(kafka.records).toEqual([{ key: Buffer.from('rocket-1'), value: Buffer.from(jsonOf(sent)) }]);
  });

  it('is found later, whatever has become of it', async () => {
    await post(message(1, launched()));
    await post(message(2, exploded()));
    await post(message(3, faster(1)));
    await post(message(7, faster(1)));
    const became = (number: number) =>
      askUntil(`/rockets/rocket-1/messages/${number}`, ({ status }) => status === 200);
    expect((await became(7)).body).toMatchObject({ outcome: 'buffered' });
    expect((await became(1)).body).toMatchObject({ outcome: 'applied' });
    expect((await became(3)).body).toMatchObject({
      outcome: 'refused',
      event: { data: { rule: 'rocket-exploded' } },
    });
    expect((await ask('/rockets/rocket-1/messages/5')).status).toBe(404);
  });

  it.each(['nonsense', '{}', jsonOf({ ...message(1, faster(1)), number: 0 })])(
    'that is none (%s) is refused at once, and in no topic',
    async (body) => {
      expect((await post(body)).status).toBe(400);
      expect([kafka.records, kafka.rejected]).toEqual([[], []]);
    },
  );

  it('may be one line of many, of which the good ones are counted as queued', async () => {
    const lines = [1, 2, 3].map((number) => jsonOf(message(number, faster(1))));
    const answer = await postLines([lines[0]!, 'nonsense', lines[1]!, lines[2]!]);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        received: 4,
        queued: 3,
        applied: 0,
        refused: 0,
        buffered: 0,
        duplicate: 0,
        conflict: 0,
        invalid: 1,
        items: [{ line: 2 }],
      },
    });
    expect(kafka.records).toHaveLength(3);
  });

  it('that contradicts another is queued, and put away by whoever works it off', async () => {
    await post(message(1, launched()));
    await post(message(1, faster(1)));
    const { body } = await askUntil('/health', () => kafka.rejected.length > 0);
    expect(body).toMatchObject({ kafka: { gateway: { queued: 2, waiting: 0 } } });
    const [rejected] = kafka.rejected;
    expect(String(rejected!.value)).toBe(jsonOf(message(1, faster(1))));
    expect([...rejected!.headers!].map(([name]) => String(name))).toEqual(['problem', 'place']);
  });

  it('may also come into the topic past it', async () => {
    kafka.write({ key: Buffer.from('rocket-1'), value: Buffer.from(jsonOf(message(1, launched()))) });
    kafka.write({ value: Buffer.from('nonsense') });
    await askUntil('/rockets/rocket-1', ({ status }) => status === 200);
    const { body } = await askUntil('/health', () => kafka.rejected.length > 0);
    expect(body).toMatchObject({
      kafka: { consumer: { rejected: 1, rebalances: 1, remade: 0 }, gateway: { queued: 0, waiting: 0 } },
    });
    await askUntil('/health', () => kafka.committed === 2n);
  });
});

describe('a gateway whose brokers take nothing', () => {
  beforeEach(async () => {
    await start();
    kafka.failure = 'no broker answers';
  });

  it('says so within a second, and what it does not say is queued is in no topic', async () => {
    const began = performance.now();
    const answers = await Promise.all([1, 2, 3].map((number) => post(message(number, faster(1)))));
    expect(performance.now() - began).toBeLessThan(5000);
    for (const { status, headers, body } of answers) {
      expect([status, headers['retry-after']]).toEqual([503, '1']);
      expect(JSON.parse(body)).toMatchObject({
        type: '/problems/queue-unavailable',
        detail: expect.stringContaining('no broker answers') as string,
      });
    }
    kafka.failure = undefined;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(kafka.records).toEqual([]);
    expect((await ask('/health')).body).toMatchObject({
      messages: { received: 3, failed: 3 },
      kafka: { gateway: { queued: 0, waiting: 0 } },
    });
  });

  it('ends a stream with it, and with what it had queued until then', async () => {
    const lines = [1, 2, 3].map((number) => jsonOf(message(number, faster(1))));
    expect(await postLines(lines)).toMatchObject({
      status: 503,
      body: { type: '/problems/queue-unavailable' },
    });
  });

  it('is not ready, until they do', async () => {
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: {
        type: '/problems/queue-unavailable',
        detail: expect.stringContaining('no broker answers') as string,
      },
    });
    expect((await ask('/health')).body).toMatchObject({ kafka: { gateway: { error: 'no broker answers' } } });
    expect((await ask('/livez')).status).toBe(200);
    kafka.failure = undefined;
    expect((await ask('/readyz')).status).toBe(200);
    expect((await post(message(1, launched()))).status).toBe(202);
  });
});

describe('a gateway whose store is away', () => {
  beforeEach(async () => {
    const { store, directory } = memoryStore();
    stores = { store: breakable(store, () => failure), directory: breakable(directory, () => failure) };
    await start();
    failure = new StoreUnavailable('The database is away.');
  });

  it('is ready, takes messages, and answers nobody who reads', async () => {
    expect((await ask('/readyz')).status).toBe(200);
    expect((await post(message(1, launched()))).headers['rocket-outcome']).toBe('queued');
    expect(await ask('/rockets')).toMatchObject({
      status: 503,
      body: { type: '/problems/store-unavailable' },
    });
    const { body } = await askUntil('/health', ({ body: { kafka: said } }) =>
      JSON.stringify(said).includes('The database is away.'),
    );
    expect(body).toMatchObject({
      status: 'unavailable',
      kafka: { gateway: { queued: 1 }, consumer: { error: 'The database is away.' } },
    });
    expect(kafka.committed).toBe(0n);
    failure = undefined;
    await askUntil('/rockets/rocket-1', ({ status }) => status === 200);
    await askUntil('/health', () => kafka.committed === 1n);
  });
});

describe('a service that only consumes', () => {
  it('takes messages itself, and is as ready as its store', async () => {
    const { store, directory } = memoryStore();
    stores = { store: breakable(store, () => failure), directory: breakable(directory, () => failure) };
    await start({ INGEST: 'http' });
    expect((await post(message(1, launched()))).headers['rocket-outcome']).toBe('applied');
    kafka.write({ value: Buffer.from(jsonOf(message(2, faster(1)))) });
    await askUntil('/rockets/rocket-1', ({ body }) => body['version'] === 2);
    const { body } = await ask('/health');
    expect(body).toMatchObject({ kafka: { consumer: { rejected: 0 } } });
    expect(body['kafka']).not.toHaveProperty('gateway');
    kafka.failure = 'no broker answers';
    expect((await ask('/readyz')).status).toBe(200);
    failure = new StoreUnavailable('The database is away.');
    expect((await ask('/readyz')).body).toMatchObject({ type: '/problems/store-unavailable' });
  });
});

describe('a service without Kafka', () => {
  it('says nothing of it', async () => {
    service = await startService();
    expect((await ask('/health')).body).not.toHaveProperty('kafka');
    expect(await postLines([jsonOf(message(1, launched()))])).toEqual({
      status: 200,
      body: expect.not.objectContaining({ queued: 0 }) as object,
    });
  });
});

describe('a gateway whose store cannot be opened yet', () => {
  it('takes messages all the same, and reads nothing', async () => {
    kafka = new MemoryKafka();
    const budget = new Budget(1_000_000);
    const counters = new Counters();
    const log = new LogBook();
    const intake = new QueueMessages(kafka.queue, 1000, budget, counters, new SystemClock());
    const limits = { bytes: 1000, timeoutMs: 1000, budget, pieces: new PieceTurns() };
    const take = postMessages(intake, counters, limits, new Gate(undefined, log));
    const gateway = { take, error: () => kafka.failure };
    const [port, adminPort] = [await freePort(), await freePort()];
    const config = { port, adminPort, host: '127.0.0.1', maxConnections: 10, bufferBytes: 1_000_000 };
    let isThere = false;
    const opening = whenItAnswers(config, log, undefined, { gateway }, async () => {
      if (!isThere) throw new StoreUnavailable('The database is away.');
      return {};
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stop = async (): Promise<void> => {
      isThere = true;
      for (const server of (await opening).meanwhile) await server.close(100);
    };
    service = { url: `http://127.0.0.1:${port}`, stop } as TestService;
    expect((await post(message(1, launched()))).headers['rocket-outcome']).toBe('queued');
    expect(await postLines([jsonOf(message(2, faster(1)))])).toMatchObject({
      status: 200,
      body: { queued: 1 },
    });
    expect((await post('nonsense')).status).toBe(400);
    expect(kafka.records).toHaveLength(2);
    for (const path of ['/livez', '/readyz']) expect((await ask(path)).status).toBe(200);
    for (const path of ['/rockets', '/events'])
      expect(await ask(path)).toMatchObject({ status: 503, body: { type: '/problems/store-unavailable' } });
    const ofAdmin = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    expect(ofAdmin.status).toBe(200);

    kafka.failure = 'no broker answers';
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: { type: '/problems/queue-unavailable' },
    });
    expect(await post(message(3, faster(1)))).toMatchObject({ status: 503 });

    isThere = true;
    expect((await opening).meanwhile).toHaveLength(2);
  });
});
