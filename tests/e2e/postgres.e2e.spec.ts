import { setTimeout as delay } from 'node:timers/promises';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';

let server: OwnServer;
let service: RealProcess;

beforeAll(async () => {
  server = await OwnServer.make();
  service = await startProcess({
    EVENT_STORE: 'postgres',
    DATABASE_URL: server.url.replace('rockets@', 'rockets:s3cret@'),
    LOG_FORMAT: 'json',
  });
});
afterAll(async () => {
  await service.end('SIGKILL');
  await server.remove();
});

const statusOf = async (path: string): Promise<number> => (await fetch(service.url + path)).status;

/** Posts a message until it is taken; answers after how long. */
const untilTaken = async (number: number): Promise<number> => {
  for (const began = performance.now(); ;) {
    const status = await postMessage(service.url, messageText(number)).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 202) return performance.now() - began;
    expect([0, 503]).toContain(status);
    await delay(50);
  }
};

const eventsOf = async (): Promise<number[]> => {
  const response = await fetch(
    `${service.url}/rockets/193270a9-c9cf-404a-8f83-838e71d9ae67/events?limit=1000`,
  );
  return ((await response.json()) as { number: number }[]).map(({ number }) => number);
};

/** Each test goes on where the one before it ended. */
describe('a service over PostgreSQL', () => {
  it('starts while the database is away: alive, not ready, taking nothing', async () => {
    expect(await statusOf('/livez')).toBe(200);
    expect(await statusOf('/readyz')).toBe(503);
    const refused = await postMessage(service.url, messageText(1));
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ type: '/problems/store-unavailable' });
    expect(service.log()).toContain('the database does not answer');
    await server.begin();
    await untilTaken(1);
    expect(await statusOf('/readyz')).toBe(200);
  });

  it('goes on when its connections are cut', async () => {
    for (let number = 2; number < 8; number++) {
      await runIn(
        server.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rockets'",
      );
      await untilTaken(number);
    }
    expect(await eventsOf()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuses while the database is down, and goes on when it is back, with all that was acknowledged', async () => {
    await server.kill();
    const answer = await postMessage(service.url, messageText(8));
    expect(answer.status).toBe(503);
    expect(await statusOf('/livez')).toBe(200);
    expect(await statusOf('/readyz')).toBe(503);
    await server.begin();
    await untilTaken(8);
    expect(await eventsOf()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await statusOf('/readyz')).toBe(200);
  });

  it('never says the password', () => {
    expect(service.log()).not.toContain('s3cret');
  });

  it('ends in order', async () => {
    expect(await service.end()).toBe(0);
  });
});
