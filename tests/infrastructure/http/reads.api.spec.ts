import { request } from 'node:http';
import { parts } from '../../../src/container.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { httpStores } from '../../support/http-stores.js';
import { turns, until } from '../../support/manual-clock.js';
import { launched, message } from '../../support/messages.js';
import { startService, type TestService } from '../../support/test-service.js';

let service: TestService;
afterEach(() => service.stop());

/** A read that was begun: whether anybody waits for it, and how it is let go on. */
interface Read {
  readonly signal: AbortSignal;
  readonly goOn: () => void;
}

/** The same object, except that a read which is told of its asker waits until it is let go on, as in a long queue. */
const slow = <T extends object>(target: T, reads: Read[]): T =>
  new Proxy(target, {
    get: (_target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const signal = args.find(isSignal);
        if (signal === undefined) return Reflect.apply(value, target, args) as unknown;
        return new Promise<void>((goOn) => reads.push({ signal, goOn })).then(() => {
          if (signal.aborted) throw signal.reason;
          return Reflect.apply(value, target, args) as unknown;
        });
      };
    },
  });

const isSignal = (value: unknown): value is AbortSignal =>
  typeof value === 'object' && value !== null && 'aborted' in value;

/** A client that can hang up. */
const client = (path: string) => {
  const req = request(service.url + path, { agent: false });
  let status: number | undefined;
  req.on('response', (res) => {
    status = res.statusCode;
    res.resume();
  });
  req.on('error', () => undefined);
  req.end();
  return { hangUp: () => req.destroy(), status: () => status };
};

describe('a read whose client hangs up', () => {
  let reads: Read[];

  beforeEach(async () => {
    reads = [];
    const directory = new InMemoryRocketDirectory(new SystemClock());
    const store = new InMemoryEventStore(directory);
    service = await startService({}, { store: slow(store, reads), directory: slow(directory, reads) });
    await service.send(message(1, launched(), 'a'));
  });

  const routes = [
    ['/rockets', 1],
    ['/gaps', 1],
    ['/events', 1],
    ['/rockets/a', 1],
    ['/rockets/a/events', 2],
    ['/rockets/a/gaps', 2],
    ['/rockets/a/waiting', 2],
    ['/rockets/a/late', 2],
  ] as const;

  it.each(routes)('GET %s, is told so', async (path, count) => {
    const error = jest.spyOn(service.container.get(parts.logger), 'error');
    const { hangUp } = client(path);
    for (let read = 1; read < count; read++) {
      await until(() => reads.length === read, 'it is read');
      reads[read - 1]!.goOn();
    }
    await until(() => reads.length === count, 'it is read');
    const { signal, goOn } = reads[count - 1]!;
    expect(signal.aborted).toBe(false);
    hangUp();
    await until(() => signal.aborted, 'it is told');
    goOn();
    await turns(20);
    expect(reads).toHaveLength(count);
    expect(error).not.toHaveBeenCalled();
  });

  it('between two reads is told so before the second is begun', async () => {
    const { hangUp } = client('/rockets/a/events');
    await until(() => reads.length === 1, 'it is read');
    const { signal } = reads[0]!;
    hangUp();
    await until(() => signal.aborted, 'it is told');
    // What can't be stopped any more has its answer all the same.
    Object.defineProperty(signal, 'aborted', { value: false });
    reads[0]!.goOn();
    await until(() => reads.length === 2, 'the second is asked for');
    expect(reads[1]!.signal.aborted).toBe(true);
  });

  it('is not taken for one whose client waits', async () => {
    const { status } = client('/rockets/a/events');
    for (const number of [1, 2]) {
      await until(() => reads.length === number, 'it is read');
      reads[number - 1]!.goOn();
    }
    await until(() => status() !== undefined, 'it is answered');
    expect(status()).toBe(200);
    await turns(20);
    expect(reads.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});

describe('more reads than a store can answer soon', () => {
  beforeEach(async () => {
    const { env } = httpStores.find(({ store }) => store === 'sqlite')!;
    service = await startService(env());
    await service.send(message(1, launched(), 'a'));
  });

  it('are refused for a moment, while probes are answered', async () => {
    const directory = service.container.get(parts.directory);
    let flooding = true;
    const ask = async (): Promise<void> => {
      while (flooding) {
        await directory.find('a').catch(() => turns(10));
        await turns(1);
      }
    };
    // A few more than may wait.
    const flood = Array.from({ length: 1100 }, ask);
    const problems: unknown[] = [];
    for (let i = 0; i < 100 && problems.length === 0; i++) {
      const answer = await documentedFetch(`${service.url}/rockets`);
      if (answer.status !== 200)
        problems.push([answer.status, answer.headers.get('retry-after'), await answer.json()]);
      for (const probe of ['/livez', '/readyz', '/health']) {
        expect([probe, (await documentedFetch(service.url + probe)).status]).toEqual([probe, 200]);
      }
    }
    flooding = false;
    await Promise.all(flood);
    expect(problems).toMatchObject([[503, '1', { type: '/problems/too-many-reads' }]]);
    expect((await documentedFetch(`${service.url}/rockets`)).status).toBe(200);
  });
});
