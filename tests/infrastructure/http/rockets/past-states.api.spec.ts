import fc from 'fast-check';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { httpStores } from '../../../support/http-stores.js';
import { faster, launched, messages } from '../../../support/messages.js';
import { startService, type TestService } from '../../../support/test-service.js';
import { runs } from '../../../support/thorough.js';

interface Past {
  readonly version: number;
  readonly speed: number | null;
}

describe.each(httpStores)('a past state of a rocket in the store $store', ({ env }) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService(env());
  });
  afterAll(() => service.stop());

  /** A launch and what made it faster by 1 each time, sent at these times. */
  const fly = async (channel: string, times: readonly string[]): Promise<void> => {
    const reports = times.map((_, i) => (i === 0 ? launched(0) : faster(1)));
    await Promise.all(
      messages(reports, channel).map((message, i) => service.send({ ...message, time: times[i]! })),
    );
  };

  const ask = async (channel: string, query: string): Promise<Past> =>
    (await documentedFetch(`${service.url}/rockets/${channel}?${query}`)).json() as Promise<Past>;
  const at = (channel: string, time: string) => ask(channel, `at=${encodeURIComponent(time)}`);

  /** From a tenth of a second to a billionth, and so on. */
  const finer = Array.from({ length: 9 }, (_, i) => `2026-10-01T12:00:05.${'123456789'.slice(0, i + 1)}Z`);

  it('is told by every decimal of the time asked for', async () => {
    await fly('finer', finer);
    for (const [i, time] of finer.entries()) {
      expect([time, await at('finer', time)]).toMatchObject([
        time,
        { version: i + 1, speed: i, heardAt: null, waiting: 0, late: 0, asOf: { at: time, version: i + 1 } },
      ]);
    }
  });

  it.each([
    ['2026-10-01T12:00:05Z', 0],
    ['2026-10-01T12:00:05.099999999Z', 0],
    ['2026-10-01T12:00:05.100000000Z', 1],
    ['2026-10-01T12:00:05.119999999Z', 1],
    ['2026-10-01T12:00:05.123000001Z', 3],
    ['2026-10-01T12:00:05.123456788Z', 8],
    ['2026-10-01T14:00:05.123456788+02:00', 8],
    ['2026-10-02t00:00:05.123456789+12:00', 9],
    ['2026-09-30T23:01:05.1234-12:59', 4],
    ['2026-10-01T12:00:06z', 9],
  ])('as of %s has version %d', async (time, version) => {
    await fly(`of-${version}-${time.length}`, finer);
    expect(await at(`of-${version}-${time.length}`, time)).toMatchObject({ version });
  });

  it('ends before the first message that was sent later, whatever came after that', async () => {
    await fly('back', ['2026-10-01T12:00:01Z', '2026-10-01T12:00:09.5Z', '2026-10-01T12:00:02Z']);
    expect(await at('back', '2026-10-01T12:00:03Z')).toMatchObject({ version: 1 });
    expect(await at('back', '2026-10-01T12:00:09.5Z')).toMatchObject({ version: 3 });
  });

  it('is found among thousands of the same millisecond', async () => {
    const times = Array.from(
      { length: 3000 },
      (_, i) => `2026-10-01T12:00:05.123${String(i).padStart(6, '0')}Z`,
    );
    await fly('many', times);
    await fc.assert(
      fc.asyncProperty(fc.nat(2999), fc.boolean(), async (i, byVersion) => {
        const past = byVersion ? await ask('many', `version=${i + 1}`) : await at('many', times[i]!);
        expect(past).toMatchObject({ version: i + 1, speed: i });
      }),
      { numRuns: runs(30, 500) },
    );
  });

  it('is asked for again each time: another store may hold another rocket of this name', async () => {
    await fly('cached', ['2026-10-01T12:00:01Z']);
    const first = await documentedFetch(`${service.url}/rockets/cached?version=1`);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const again = await documentedFetch(`${service.url}/rockets/cached?version=1`, {
      headers: { 'If-None-Match': String(first.headers.get('etag')), 'Cache-Control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
  });
});
