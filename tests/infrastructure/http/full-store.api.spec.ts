import { faster, launched, message, missionChanged } from '../../support/messages.js';
import { api } from '../../support/openapi-validator.js';
import { startService, type TestService } from '../../support/test-service.js';

const LIMIT = 1024 * 1024;
let service: TestService;

beforeEach(async () => {
  service = await startService({ STORE_BYTES: String(LIMIT) });
});
afterEach(() => service.stop());

const get = async (path: string): Promise<unknown> => (await api(service.app).get(path).expect(200)).body;
const health = () => get('/health') as Promise<{ store: { fullness: { bytes: number; limit: number } } }>;

describe.each([
  ['rockets', (i: number) => message(1, launched(), `rocket-${i}`)],
  ['events', (i: number) => message(i + 1, i === 0 ? launched() : faster(i), 'a')],
  [
    'missions',
    (i: number) => message(i + 1, i === 0 ? launched() : missionChanged(`M${i} ${'x'.repeat(200)}`), 'a'),
  ],
  ['messages that wait', (i: number) => message(2 * i + 2, missionChanged(`M${i} ${'x'.repeat(200)}`), 'a')],
])('a store in memory that is full of %s', (_what, next) => {
  it('takes nothing more, loses nothing, and goes on answering', async () => {
    let taken = 0;
    for (let full = false; !full;) {
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, k) => service.send(next(taken + k))),
      );
      const stored = results.filter(({ status }) => status === 'fulfilled').length;
      taken += stored;
      full = stored < 50;
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'store-full' });
    }
    await expect(service.send(next(taken))).rejects.toMatchObject({ code: 'store-full' });
    const { bytes, limit } = (await health()).store.fullness;
    expect(limit).toBe(LIMIT);
    expect(bytes).toBeGreaterThanOrEqual(LIMIT);
    expect(bytes).toBeLessThan(1.2 * LIMIT);
    // What is known needs no room.
    expect(await service.send(next(0))).toMatchObject({ outcome: 'duplicate' });
    const { events, waiting } = (await get('/fleet')) as { events: number; waiting: number };
    expect(events + waiting).toBe(taken);
  });
});
