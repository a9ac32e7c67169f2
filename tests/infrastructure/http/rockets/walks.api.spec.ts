import fc from 'fast-check';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { httpStores } from '../../../support/http-stores.js';
import { faster, launched, message, missionChanged } from '../../../support/messages.js';
import { startService, type TestService } from '../../../support/test-service.js';
import { runs } from '../../../support/thorough.js';

/** What a walk must not miss or double: whoever is in the listing all the time, at the same place. */
describe.each(httpStores)('a walk through the list of rockets in the store $store', ({ env }) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService(env());
  });
  afterAll(() => service.stop());

  interface Listed {
    readonly channel: string;
  }

  it('finds each rocket that stands still once, whatever others do meanwhile', async () => {
    let run = 0;
    const step = fc.record({ rocket: fc.nat(11), by: fc.integer({ min: 1, max: 900 }), up: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'speed',
          '-speed',
          'mission',
          '-type',
          'channel',
          '-heardAt',
          'waiting',
          'launchedAt',
        ),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 12 }),
        async (sort, limit, meanwhile) => {
          const prefix = `w${++run}`;
          const numbers = new Map<string, number>();
          const send = async (channel: string, report: Parameters<typeof message>[1]) => {
            const number = (numbers.get(channel) ?? 0) + 1;
            numbers.set(channel, number);
            await service.send(message(number, report, channel));
          };
          // The even ones stand still.
          const names = Array.from({ length: 24 }, (_, i) => `${prefix}-${String(i).padStart(2, '0')}`);
          for (const [i, name] of names.entries())
            await send(name, launched(1000 * (i % 5), `T${i % 3}`, `${prefix} M${i % 4}`));
          const seen: string[] = [];
          let next: string | undefined = `/rockets?q=${prefix}-&sort=${sort}&limit=${limit}`;
          for (let page = 0; next !== undefined; page++) {
            const answer: Response = await documentedFetch(service.url + next);
            seen.push(...((await answer.json()) as Listed[]).map(({ channel }) => channel));
            next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
            for (const { rocket, by, up } of meanwhile[page] ?? []) {
              const name = names[rocket * 2 + 1]!;
              await send(name, up ? faster(by) : missionChanged(`${prefix} M${by}`));
            }
          }
          const still = names.filter((_, i) => i % 2 === 0);
          expect(seen.filter((name) => still.includes(name)).sort()).toEqual(still);
        },
      ),
      { numRuns: runs(15, 200) },
    );
  });
});
