import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expectExact, expectStored } from '../support/expect-exact.js';
import { Fleet } from '../support/producers.js';
import { startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';

/** More of the same by hand: `KILLS=1000 npx jest --selectProjects e2e --testPathPatterns sqlite-crash`. */
const KILLS = Number(process.env['KILLS'] ?? 50);
const STOPS = Number(process.env['STOPS'] ?? 50);
const PRODUCERS = 64;

describe('a service on SQLite', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rockets-crash-'));
  });
  afterEach(async () => {
    await running?.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  let running: RealProcess | undefined;
  const start = async (file: string): Promise<RealProcess> => {
    running = await startProcess({ EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'warn' });
    return running;
  };

  it(
    `loses nothing it acknowledged when it is killed ${KILLS} times under load`,
    async () => {
      const file = join(directory, 'rockets.db');
      const fleet = new Fleet(PRODUCERS, 1);
      const random = seededRandom(7);
      for (let kill = 0; kill < KILLS; kill++) {
        const service = await start(file);
        const flight = fleet.fly(service.port, () => false);
        await delay(20 + random() * 250);
        expect(await service.end('SIGKILL')).toBe('SIGKILL');
        await flight;
        // Every other time nobody looks, so that the service itself is the first to open what was left.
        if (kill % 2 === 0) expectStored(file, fleet);
      }
      const service = await start(file);
      await fleet.finish(service.port);
      await expectExact(service.url, fleet);
      expect(await service.end('SIGTERM')).toBe(0);
      expectStored(file, fleet);
      expect(fleet.acknowledged).toBeGreaterThan(KILLS * PRODUCERS);
    },
    KILLS * 5000 + 60_000,
  );

  it(
    `stores exactly what it acknowledged when it is told to stop ${STOPS} times under load`,
    async () => {
      const file = join(directory, 'rockets.db');
      const fleet = new Fleet(PRODUCERS, 2);
      const random = seededRandom(8);
      for (let stop = 0; stop < STOPS; stop++) {
        const service = await start(file);
        const flight = fleet.fly(service.port, () => false);
        await delay(20 + random() * 150);
        expect(await service.end('SIGTERM')).toBe(0);
        await flight;
        if (stop % 5 === 0) expectStored(file, fleet);
      }
      const service = await start(file);
      await fleet.finish(service.port);
      await expectExact(service.url, fleet);
      expect(await service.end('SIGTERM')).toBe(0);
    },
    STOPS * 5000 + 60_000,
  );
});
