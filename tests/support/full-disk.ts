import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectExact, expectStored } from './expect-exact.js';
import { Fleet } from './producers.js';
import { startProcess, type RealProcess } from './real-process.js';

/** A disk of 16 MiB, mounted where a test may fill it; undefined, and said so, where nobody may mount one. */
export class SmallDisk {
  private service: RealProcess | undefined;

  private constructor(private readonly directory: string) {}

  static mount(): SmallDisk | undefined {
    const directory = mkdtempSync(join(tmpdir(), 'rockets-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory], { stdio: 'ignore' });
      return new SmallDisk(directory);
    } catch {
      rmSync(directory, { recursive: true });
      console.warn('NOT PROVEN HERE: a full disk. Mounting a 16 MiB tmpfs needs root.');
      return undefined;
    }
  }

  /** Nothing is acknowledged while it is full; when there is room again, the service goes on. So many times. */
  async fill(times: number): Promise<void> {
    const { directory } = this;
    const file = join(directory, 'rockets.db');
    const ballast = join(directory, 'ballast');
    const fleet = new Fleet(32, 3);
    const env = { EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' };
    const service = (this.service = await startProcess(env));
    for (let fill = 0; fill < times; fill++) {
      fillUp(directory, ballast);
      fleet.refusals.length = 0;
      await fleet.fly(service.port, () => fleet.refusals.length >= 32);
      expect(JSON.parse(fleet.refusals[0]!)).toMatchObject({
        type: '/problems/store-unavailable',
        status: 503,
      });
      expect((await fetch(`${service.url}/livez`)).status).toBe(200);
      rmSync(ballast);
      const before = fleet.acknowledged;
      await fleet.fly(service.port, () => fleet.acknowledged > before + 100);
    }
    await fleet.finish(service.port);
    await expectExact(service.url, fleet);
    expect(await service.end('SIGTERM')).toBe(0);
    await expectStored(file, fleet);
  }

  async unmount(): Promise<void> {
    await this.service?.end('SIGKILL');
    execFileSync('umount', ['-l', this.directory]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Leaves no room at all: what cannot be written as a whole is written as far as it goes. */
const fillUp = (directory: string, ballast: string): void => {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
};
