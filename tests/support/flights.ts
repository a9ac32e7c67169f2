import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expectExact, expectStored } from './expect-exact.js';
import { failCalls, type Fault } from './failing-calls.js';
import { Fleet } from './producers.js';
import { startProcess, type RealProcess } from './real-process.js';
import { seededRandom } from './seeded-random.js';

const PRODUCERS = 64;
const slowSyncs: Fault = { calls: ['fdatasync', 'fsync'], delayMs: 20 };

/** A service on SQLite that is ended again and again while many producers send to it. */
export class Flights {
  readonly file: string;
  private readonly directory = mkdtempSync(join(tmpdir(), 'rockets-crash-'));
  private service: RealProcess | undefined;

  constructor() {
    this.file = join(this.directory, 'rockets.db');
  }

  /** Nobody is told that it ends. On a slow disk commits are made by a thread of their own. */
  async kill(times: number, slowDisk = false): Promise<void> {
    const fleet = new Fleet(PRODUCERS, 1);
    const random = seededRandom(7);
    for (let kill = 0; kill < times; kill++) {
      const service = await this.start();
      const slow = slowDisk ? await failCalls(service.child.pid, this.file, [slowSyncs]) : undefined;
      const flight = fleet.fly(service.port, () => false);
      await this.acknowledges(fleet, 1 + random() * 400);
      expect(await service.end('SIGKILL')).toBe('SIGKILL');
      await flight;
      if (slow !== undefined) expect(await slow.end()).toBeGreaterThan(0);
      // Every other time nobody looks, so that the service itself is the first to open what was left.
      if (kill % 2 === 0) await expectStored(this.file, fleet);
    }
    await this.finish(fleet);
  }

  /** In order, within the time it has, and with every answer sent. */
  async stop(times: number): Promise<void> {
    const fleet = new Fleet(PRODUCERS, 2);
    const random = seededRandom(8);
    for (let stop = 0; stop < times; stop++) {
      const service = await this.start();
      const flight = fleet.fly(service.port, () => false);
      await this.acknowledges(fleet, 1 + random() * 300);
      expect(await service.end('SIGTERM')).toBe(0);
      await flight;
      if (stop % 5 === 0) await expectStored(this.file, fleet);
    }
    await this.finish(fleet);
  }

  async remove(): Promise<void> {
    await this.service?.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Until so many more messages were answered. */
  private async acknowledges(fleet: Fleet, messages: number): Promise<void> {
    const before = fleet.acknowledged;
    while (fleet.acknowledged < before + messages) await delay(1);
  }

  private async start(): Promise<RealProcess> {
    const env = { EVENT_STORE: 'sqlite', SQLITE_FILE: this.file, LOG_LEVEL: 'warn' };
    this.service = await startProcess(env);
    return this.service;
  }

  private async finish(fleet: Fleet): Promise<void> {
    const service = await this.start();
    // A crash is nothing anybody has to be warned of.
    expect(service.log()).toBe('');
    await fleet.finish(service.port);
    await expectExact(service.url, fleet);
    expect(await service.end('SIGTERM')).toBe(0);
    await expectStored(this.file, fleet);
  }
}
