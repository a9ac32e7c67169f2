import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectExact, expectStored } from '../support/expect-exact.js';
import { Fleet } from '../support/producers.js';
import { startProcess, type RealProcess } from '../support/real-process.js';

const FILLS = 20;

let service: RealProcess | undefined;
afterEach(() => service?.end('SIGKILL'));

const start = async (file: string): Promise<RealProcess> => {
  service = await startProcess({ EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' });
  return service;
};

/** Leaves no room at all: what cannot be written as a whole is written as far as it goes. */
const fillUp = (directory: string, ballast: string): void => {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
};

const works = (command: string, args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const smallDisk = mkdtempSync(join(tmpdir(), 'rockets-disk-'));
const mounted = works('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', smallDisk]);
const traced = works('strace', ['-V']);
if (!mounted) console.warn('NOT PROVEN HERE: a full disk. Mounting a 16 MiB tmpfs needs root.');
if (!traced) console.warn('NOT PROVEN HERE: fsync before each reply. strace is not installed.');

afterAll(() => {
  if (mounted) execFileSync('umount', ['-l', smallDisk]);
  rmSync(smallDisk, { recursive: true, force: true });
});

(mounted ? describe : describe.skip)('on a disk of 16 MiB (needs root to mount it)', () => {
  it(`acknowledges nothing it can't store, and goes on when there is room again, ${FILLS} times`, async () => {
    const file = join(smallDisk, 'rockets.db');
    const ballast = join(smallDisk, 'ballast');
    const fleet = new Fleet(32, 3);
    const service = await start(file);
    for (let fill = 0; fill < FILLS; fill++) {
      fillUp(smallDisk, ballast);
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
    expectStored(file, fleet);
  }, 120_000);
});

(traced ? describe : describe.skip)('under strace (needs it installed)', () => {
  it('answers each of 10,000 messages only after an fsync that followed its writing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rockets-trace-'));
    const service = await start(join(directory, 'rockets.db'));
    const { replies, tooEarly } = await tracing(service.child.pid, join(directory, 'trace'), async () => {
      // One message at a time, so that it is certain which writing belongs to which reply.
      const fleet = new Fleet(1, 4, 0);
      await fleet.fly(service.port, () => fleet.acknowledged >= 10_000);
      await service.end('SIGTERM');
    });
    rmSync(directory, { recursive: true, force: true });
    expect(replies).toBeGreaterThanOrEqual(10_000);
    expect(tooEarly).toBe(0);
  }, 180_000);
});

const tracing = async (pid: number | undefined, file: string, work: () => Promise<void>) => {
  const calls = 'trace=pwrite64,fsync,fdatasync,write,writev';
  const tracer = spawn('strace', ['-f', '-y', '-s', '16', '-e', calls, '-o', file, '-p', String(pid)]);
  const ended = once(tracer, 'exit');
  await once(tracer.stderr, 'data');
  await work();
  await ended;
  return repliesIn(readFileSync(file, 'utf8'));
};

/** Walks through the calls in the order they were made; a call may be begun on one line and ended on a later one. */
const repliesIn = (trace: string): { replies: number; tooEarly: number } => {
  const syncing = new Set<string>();
  let written = false;
  let synced = false;
  let replies = 0;
  let tooEarly = 0;
  for (const line of trace.split('\n')) {
    const [thread = ''] = line.split(' ', 1);
    if (line.includes('pwrite64(') && line.includes('.db-wal>')) {
      written = true;
      synced = false;
    } else if (/f(data)?sync\(\d+<[^>]*\.db-wal>/.test(line)) {
      if (line.endsWith('<unfinished ...>')) syncing.add(thread);
      else synced ||= written;
    } else if (/<\.\.\. f(data)?sync resumed>/.test(line) && syncing.delete(thread)) {
      synced ||= written;
    } else if (/writev?\(\d+<.*"HTTP\/1\.1 202/.test(line)) {
      replies++;
      if (!synced) tooEarly++;
      written = false;
      synced = false;
    }
  }
  return { replies, tooEarly };
};
