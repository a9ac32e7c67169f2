import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inDirectory, interleaved, percentile, quick, ratio, scaled, type Row } from './measure.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

/** A disk whose fsync takes so long, by a library that sleeps before each. */
const SLOW_MS = 20;

/** Where small commits are made: on the main thread, on one of their own, or by how long they take. */
export const placeBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const rows: Row[] = [];
    for (const senders of [3, 256]) {
      const rate = (place: string) => (): Promise<number> => messagesPerSecond(directory, place, senders);
      const { here, thread, auto } = await interleaved(
        { here: rate('here'), thread: rate('thread'), auto: rate('auto') },
        quick ? 1 : 3,
      );
      const what = `SQLite, ${senders} senders, messages a second`;
      rows.push({
        goal: '',
        what: `${what}: commits on the main thread ÷ on a thread`,
        measured: ratio(here, thread),
      });
      rows.push({
        goal: '',
        what: `${what}: by how long they take ÷ on a thread`,
        measured: ratio(auto, thread),
      });
    }
    const slow = slowDisk(directory);
    if (slow === undefined) return rows;
    for (const place of ['here', 'thread', 'auto']) {
      rows.push({
        goal: '',
        what: `GET /livez p99 beside 64 senders, fsync of ${SLOW_MS} ms, commits ${place}`,
        measured: await livezBeside(directory, place, slow),
        ...(place === 'auto' && { good: 50 }),
        better: 'lower',
        unit: ' ms',
      });
    }
    return rows;
  });

const start = (directory: string, place: string, env: Readonly<Record<string, string>> = {}) =>
  ServerUnderTest.start('sqliteAt', {
    WRITE_PLACE: place,
    SQLITE_FILE: join(directory, `${Math.random()}.db`),
    ...env,
  });

const messagesPerSecond = async (directory: string, place: string, senders: number): Promise<number> => {
  const server = await start(directory, place);
  const count = scaled(senders < 10 ? 20_000 : 60_000);
  await postAll(server.port, stream(1000, 20).map(wireOf), senders);
  const millis = await postAll(server.port, stream(count, 20, 1000).map(wireOf), senders);
  await server.stop();
  return (count / millis) * 1000;
};

const livezBeside = async (
  directory: string,
  place: string,
  slow: Readonly<Record<string, string>>,
): Promise<number> => {
  const server = await start(directory, place, slow);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  let sending = true;
  const asking = (async () => {
    while (sending) {
      const began = performance.now();
      await answered(server.port, agent);
      times.push(performance.now() - began);
      await pause(5);
    }
  })();
  await postAll(server.port, stream(scaled(16_000), 20).map(wireOf), 64);
  sending = false;
  await asking;
  agent.destroy();
  await server.stop();
  return percentile(times, 0.99);
};

const answered = (port: number, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/livez', agent }, (res) => {
      res.resume();
      res.on('end', resolve);
    }).on('error', reject);
  });

/** Needs a C compiler; without one these rows are left out, and the run says so. */
const slowDisk = (directory: string): Readonly<Record<string, string>> | undefined => {
  const source = join(directory, 'slow-disk.c');
  const library = join(directory, 'slow-disk.so');
  writeFileSync(source, slowDiskSource);
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
    return { LD_PRELOAD: library };
  } catch {
    console.error('… no rows about a slow disk: there is no C compiler (cc)');
    return undefined;
  }
};

const slowDiskSource = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int slowly(const char *name, int fd) {
  int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  usleep(${SLOW_MS} * 1000);
  return sync(fd);
}
int fdatasync(int fd) { return slowly("fdatasync", fd); }
int fsync(int fd) { return slowly("fsync", fd); }
`;
