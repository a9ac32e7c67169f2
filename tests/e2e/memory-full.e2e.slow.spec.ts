import { startProcess, type RealProcess } from '../support/real-process.js';

/** Each a rocket of which nothing is known but that its second message waits. */
const ROCKETS = 1_000_000;
const LINES = 10_000;

let service: RealProcess;
beforeAll(async () => {
  service = await startProcess({ LOG_LEVEL: 'warn', NODE_OPTIONS: '--max-old-space-size=512' });
});
afterAll(() => service.end('SIGKILL'));

const line = (rocket: number): string =>
  `{"metadata":{"channel":"rocket-${rocket}","messageNumber":2,"messageTime":"2026-10-01T12:00:00Z","messageType":"RocketSpeedIncreased"},"message":{"by":1}}`;

const post = (first: number): Promise<Response> =>
  fetch(`${service.url}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: Array.from({ length: LINES }, (_, i) => line(first + i)).join('\n'),
  });

const get = async <T>(path: string): Promise<T> => {
  const response = await fetch(service.url + path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
};

it('a million rockets of one waiting message each fill a heap of 512 MiB, and end nothing', async () => {
  let acknowledged = 0;
  let refusal: Response | undefined;
  for (let first = 0; first < ROCKETS && refusal === undefined; first += LINES) {
    const answer = await post(first);
    if (answer.status === 200) acknowledged += LINES;
    else refusal = answer;
    if (refusal === undefined) await answer.text();
  }
  expect(refusal?.status).toBe(503);
  const problem = (await refusal!.json()) as { type: string; detail: string };
  expect(problem.type).toBe('/problems/store-full');
  expect(problem.detail).toContain('STORE_BYTES');
  expect(acknowledged).toBeGreaterThan(LINES);

  // Nothing of it is lost, and reading goes on.
  const { status, rockets, store } = await get<{
    status: string;
    rockets: { total: number };
    store: { fullness: { bytes: number; limit: number } };
  }>('/health');
  expect(status).toBe('ok');
  expect(rockets.total).toBeGreaterThanOrEqual(acknowledged);
  expect(store.fullness.bytes).toBeGreaterThan(0.99 * store.fullness.limit);
  expect(await get(`/rockets/rocket-${acknowledged - 1}`)).toMatchObject({ waiting: 1 });
  expect((await post(0)).status).toBe(200);
  expect(service.child.exitCode).toBeNull();
});
