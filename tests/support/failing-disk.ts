import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { follow, unseen } from '../simulation/oracle.js';
import { expectExact, expectStored } from './expect-exact.js';
import { failCalls, type FailingCalls, type Fault } from './failing-calls.js';
import { Fleet, wireForm, type Producer } from './producers.js';
import { startProcess, type RealProcess } from './real-process.js';
import { seededRandom } from './seeded-random.js';

const RETRIES = 5;
const writing = ['pwrite64', 'ftruncate'];
const syncing = ['fsync', 'fdatasync'];
const noSync: Fault[] = [{ calls: syncing, error: 'EIO' }];

/** Which calls fail, and when: of five kinds one after the other. */
const faultsOf = (seed: number): Fault[] => {
  const random = seededRandom(seed);
  const from = (low: number, high: number): string =>
    `${low + Math.floor(random() * high)}+${low + Math.floor(random() * high)}`;
  const writes: Fault = { calls: writing, error: 'EIO', when: from(20, 150) };
  const syncs: Fault = { calls: syncing, error: 'EIO', when: from(2, 6) };
  const reads: Fault = { calls: ['pread64'], error: 'EIO', when: from(5, 40) };
  const kinds = [[writes], [syncs], [writes, syncs], [writes, syncs, reads], noSync];
  return kinds[seed % kinds.length]!;
};

/**
 * A service on SQLite whose disk fails. Without the right to mount, or without strace, a test that uses it fails: nothing
 * may pass unproven.
 */
export class FailingDisk {
  private readonly directory = mkdtempSync(join(tmpdir(), 'rockets-io-'));
  private readonly file = join(this.directory, 'rockets.db');
  private readonly mounts: string[] = [];
  private service: RealProcess | undefined;
  private failing: FailingCalls | undefined;

  /** It turns read-only, and back, so many times: nothing is acknowledged meanwhile, and everything else goes on. */
  async turnReadOnly(times: number): Promise<void> {
    this.mountDisk();
    const fleet = new Fleet(32, 5);
    const service = await this.start();
    await fleet.fly(service.port, () => fleet.acknowledged >= 500);
    for (let spell = 0; spell < times; spell++) {
      await this.beReadOnly(service);
      const before = fleet.acknowledged;
      fleet.refusals.length = 0;
      await fleet.fly(service.port, () => fleet.refusals.length >= 200);
      expect(fleet.acknowledged).toBe(before);
      await expectRefused(service, 'application/json');
      await expectRefused(service, 'application/x-ndjson');
      await expectReadable(service, fleet);
      await this.beWritable();
      await expectRecovered(service, fleet);
    }
    await expectAllStored(service, this.file, fleet);
  }

  /** What is read-only from the beginning is refused, in one sentence that says why. */
  async startReadOnly(): Promise<void> {
    this.mountDisk();
    await (await this.start()).end('SIGTERM');
    this.mount('-o', 'remount,ro');
    for (const name of ['rockets.db', 'another.db', 'new/another.db']) {
      const said = await this.start(join(this.directory, name)).then(() => 'it started', String);
      expect(said).toContain('the process ended with 1:');
      expect(said).toContain(join(this.directory, name));
      expect(said).not.toContain('    at ');
      // For a directory that can't be made Node knows no better reason than that it isn't there.
      if (!name.includes('/')) expect(said).toMatch(/read-?only/i);
    }
    this.mount('-o', 'remount,rw');
    await this.start();
  }

  /** Calls fail now and then: what the disk says is never believed. */
  async failNowAndThen(seed: number): Promise<void> {
    const { file } = this;
    const faults = faultsOf(seed);
    const fleet = new Fleet(16, 100 + seed);
    let service = await this.start();
    await fleet.fly(service.port, () => fleet.acknowledged >= 100);
    this.failing = await failCalls(service.child.pid, file, faults);
    const before = fleet.acknowledged;
    const over = { yet: false };
    const watching = watch(service, fleet, over);
    await fleet.fly(service.port, () => fleet.refusals.length >= 100);
    over.yet = true;
    await watching;
    expect(fleet.unexpected).toEqual([]);
    if (faults === noSync) expect(fleet.acknowledged).toBe(before);
    // Every other time it is killed while the disk still fails: what was acknowledged has to be there without it.
    const crash = seed % 2 === 1;
    if (crash) await service.end('SIGKILL');
    expect(await this.failing.end()).toBeGreaterThan(0);
    this.failing = undefined;
    if (crash) {
      await expectStored(file, fleet);
      service = await this.start();
    }
    await expectRecovered(service, fleet);
    await expectAllStored(service, file, fleet);
  }

  async remove(): Promise<void> {
    await this.failing?.end();
    await this.service?.end('SIGKILL');
    for (const mounted of this.mounts.splice(0).reverse()) execFileSync('umount', ['-l', mounted]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async start(file = this.file): Promise<RealProcess> {
    this.service = await startProcess({ EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' });
    return this.service;
  }

  private mount(...args: string[]): void {
    execFileSync('mount', [...args, this.directory]);
  }

  private mountOver(...args: string[]): void {
    this.mount(...args);
    this.mounts.push(this.directory);
  }

  private mountDisk(): void {
    this.mountOver('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs');
  }

  /**
   * The kernel itself refuses to remount read-only what is open for writing; a file system does it to itself after an
   * error. To the process it looks like this: every write fails, and nothing opens for writing any more.
   */
  private async beReadOnly({ child }: RealProcess): Promise<void> {
    this.mountOver('--bind', this.directory);
    this.mount('-o', 'remount,bind,ro');
    const calls = ['write', 'pwrite64', 'pwritev', 'ftruncate', 'fallocate'];
    this.failing = await failCalls(child.pid, this.file, [{ calls, error: 'EROFS' }]);
  }

  private async beWritable(): Promise<void> {
    expect(await this.failing?.end()).toBeGreaterThan(0);
    this.failing = undefined;
    execFileSync('umount', ['-l', this.mounts.pop()!]);
  }
}

/** One message that no producer sends, as JSON or as a line. */
const expectRefused = async ({ url }: RealProcess, type: string): Promise<void> => {
  const time = '2026-10-01T00:00:00Z';
  const body = wireForm('nobody', { number: 1, type: 'RocketExploded', data: { reason: 'TEST' }, time });
  const answer = await fetch(`${url}/messages`, { method: 'POST', headers: { 'Content-Type': type }, body });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('Content-Type')).toMatch('application/problem+json');
  expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({
    type: '/problems/store-unavailable',
    status: 503,
    detail: expect.stringMatching(/read-?only|I\/O/i),
  });
  expect((await fetch(`${url}/rockets/nobody`)).status).toBe(404);
};

const expectReadable = async ({ url }: RealProcess, fleet: Fleet): Promise<void> => {
  const paths = ['/livez', '/health', '/rockets?sort=-speed', '/gaps', '/events?limit=10'];
  for (const path of paths) expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
  for (const producer of fleet.producers) expect(await lookAt(url, producer)).toBe(200);
};

/** Looks at the probe and at one rocket after the other for as long as it isn't over. */
const watch = async ({ url }: RealProcess, fleet: Fleet, over: { yet: boolean }): Promise<void> => {
  for (let i = 0; !over.yet; i = (i + 1) % fleet.producers.length) {
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect([200, 503]).toContain(await lookAt(url, fleet.producers[i]!));
  }
};

/** Whatever version it tells: it is the fold of so many messages, and not less than was acknowledged. */
const lookAt = async (url: string, { channel, sent, acknowledged }: Producer): Promise<number> => {
  const atLeast = unbroken(acknowledged);
  const answer = await fetch(`${url}/rockets/${channel}`);
  const rocket = (await answer.json()) as Record<string, unknown>;
  if (answer.status !== 200) return answer.status;
  const version = Number(rocket['version']);
  expect(version).toBeGreaterThanOrEqual(atLeast);
  const sight = unseen();
  for (const { number, type, data, time } of sent.slice(0, version)) {
    follow(sight, { number, told: { type, data, time } });
  }
  const { status } = sight;
  if (status === 'awaiting-launch') expect(rocket).toMatchObject({ channel, version, status });
  else expect(rocket).toMatchObject({ channel, version, status, speed: sight.speed, mission: sight.mission });
  return answer.status;
};

const unbroken = (numbers: ReadonlySet<number>): number => {
  let last = 0;
  while (numbers.has(last + 1)) last++;
  return last;
};

/** As a sender does it: the same message again, until it is taken. It is one that has to be written. */
const expectRecovered = async ({ url, port }: RealProcess, fleet: Fleet): Promise<void> => {
  const producer = fleet.producers[0]!;
  const [sent] = producer.unanswered();
  const body = wireForm(producer.channel, sent!);
  const takes = async (): Promise<boolean> =>
    (await fetch(`${url}/messages`, { method: 'POST', body })).status === 202;
  let tries = 1;
  for (; !(await takes()); tries++) {
    expect(tries).toBeLessThan(RETRIES);
    await delay(100);
  }
  producer.acknowledge(sent!.number);
  fleet.refusals.length = 0;
  const before = fleet.acknowledged;
  await fleet.fly(port, () => fleet.acknowledged > before + 100 || fleet.refusals.length > RETRIES * 16);
  expect(fleet.acknowledged).toBeGreaterThan(before + 100);
};

const expectAllStored = async (service: RealProcess, file: string, fleet: Fleet): Promise<void> => {
  await fleet.finish(service.port);
  await expectExact(service.url, fleet);
  expect(await service.end('SIGTERM')).toBe(0);
  await expectStored(file, fleet);
};
