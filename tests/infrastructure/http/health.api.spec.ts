import { StoreUnavailable } from '../../../src/application/ports/event-store.js';
import { parts } from '../../../src/container.js';
import type { Stores } from '../../../src/open-stores.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { breakable } from '../../support/breakable.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { exchange } from '../../support/http-exchange.js';
import { httpStores } from '../../support/http-stores.js';
import { exploded, faster, launched, message } from '../../support/messages.js';
import { documentedAs } from '../../support/openapi-validator.js';
import { SseClient } from '../../support/sse-client.js';
import { startService, type TestService } from '../../support/test-service.js';

let service: TestService;
afterEach(() => service.stop());

const ask = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await documentedFetch(service.url + path);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe.each(httpStores)('the health of a service with the store $store', ({ store, env }) => {
  beforeEach(async () => {
    service = await startService(env());
  });

  it.each(['/health', '/livez', '/readyz'])('is told anew at %s to who believes to know it', async (path) => {
    const answer = await exchange(service.url, { url: path, headers: { 'if-none-match': '*' } });
    documentedAs(answer);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      expect.objectContaining({ status: 'ok' }),
    ]);
  });

  it('is told in figures', async () => {
    const sent = [
      ...[message(1, launched(), 'a'), message(2, exploded(), 'a'), message(3, faster(1), 'a')],
      ...[
        message(1, launched(), 'b'),
        message(3, faster(1), 'b'),
        message(6, faster(1), 'b'),
        message(7, faster(1), 'b'),
      ],
      ...[message(2, faster(1), 'c')],
      ...[message(2, faster(1), 'd')],
    ];
    for (const one of sent) await service.send(one);
    await service.container.get(parts.ingest).skip('d', { upTo: 1, by: { who: 'operator' } });
    await service.send(message(1, launched(), 'd'));
    expect(await ask('/health')).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        store: { name: store },
        rockets: {
          total: 4,
          byStatus: { 'awaiting-launch': 1, flying: 2, exploded: 1 },
          incomplete: 1,
          withGaps: 2,
        },
        gaps: 3,
        events: 6,
        waiting: 4,
        late: 1,
        messages: {
          received: 10,
          applied: 3,
          refused: 2,
          buffered: 5,
          duplicate: 0,
          conflict: 0,
          invalid: 0,
        },
        buffer: { messages: 0, bytes: 0, limit: 134_217_728 },
        feed: { readers: 0, lagSeconds: 0 },
      },
    });
  });

  it('says who reads live', async () => {
    const readers = await Promise.all([1, 2].map(() => SseClient.open(`${service.url}/events`)));
    for (const reader of readers) await reader.untilNamed('caught-up');
    expect((await ask('/health')).body).toMatchObject({ feed: { readers: 2 } });
    for (const reader of readers) reader.break();
  });
});

describe('a service whose store fails', () => {
  let failure: Error | undefined;

  const failing = (): Stores => {
    const directory = new InMemoryRocketDirectory(new SystemClock());
    const store = new InMemoryEventStore(directory);
    return { store: breakable(store, () => failure), directory: breakable(directory, () => failure) };
  };

  beforeEach(async () => {
    failure = undefined;
    service = await startService({}, failing());
    failure = new StoreUnavailable('The disk is gone.');
  });

  it('is alive, but neither ready nor well, and says why', async () => {
    expect(await ask('/livez')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: { type: '/problems/store-unavailable' },
    });
    expect(await ask('/health')).toMatchObject({
      status: 503,
      body: {
        status: 'unavailable',
        detail: 'The disk is gone.',
        store: { name: 'memory' },
        buffer: { messages: 0 },
      },
    });
    failure = undefined;
    expect(await ask('/readyz')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  it('says that it stops to whoever asks whether it is ready, whatever became of the store', async () => {
    service.container.get(parts.health).beginStopping();
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: { type: '/problems/shutting-down' } });
    failure = undefined;
  });
});

it('a service that stops is alive and well to look at, but not ready', async () => {
  service = await startService();
  await service.send(message(1, launched(), 'a'));
  service.container.get(parts.health).beginStopping();
  expect(await ask('/livez')).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: { type: '/problems/shutting-down' } });
  expect(await ask('/health')).toMatchObject({ status: 503, body: { status: 'stopping', events: 1 } });
});
