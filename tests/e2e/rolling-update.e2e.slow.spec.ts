import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { buildBefore } from '../support/earlier-build.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { Proxy } from '../support/proxy.js';
import { freePort, startProcess, type RealProcess } from '../support/real-process.js';
import { SteadyLoad } from '../support/steady-load.js';

// Nine starts, each of which takes seconds where all processors are busy.
jest.setTimeout(600_000);

const run = promisify(execFile);
const root = join(__dirname, '../..');
const ours = join(root, 'dist/main.js');
/** Between two instances: time for everybody to go on with two releases side by side. */
const SIDE_BY_SIDE_MS = 1000;

let folder: string;
let server: OwnServer;
let before: string;
let instances: RealProcess[];
let proxy: Proxy;

const start = (program: string, port: number): Promise<RealProcess> =>
  startProcess(
    {
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      PORT: String(port),
      LOG_LEVEL: 'warn',
      DRAIN_DELAY: '1s',
    },
    [],
    [],
    program,
  );

/** The version of the tables, and of the oldest program that may use them. */
const tables = async (): Promise<unknown> =>
  Object.fromEntries(
    (await runIn(server.url, `SELECT key, value FROM meta WHERE key LIKE 'schema%'`)).map((row) => [
      row['key'],
      row['value'],
    ]),
  );

/** As docs/deploying.md has it: one instance after the other is stopped, and the other release started in its place. */
const replaceEach = async (program: string): Promise<void> => {
  for (const [i, old] of instances.entries()) {
    expect(await old.end('SIGTERM')).toBe(0);
    instances[i] = await start(program, old.port);
    await untilReady(instances[i]);
    await delay(SIDE_BY_SIDE_MS);
  }
};

const untilReady = async ({ url }: RealProcess): Promise<void> => {
  while (!(await fetch(`${url}/readyz`)).ok) await delay(50);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-'));
  before = buildBefore('src/application/subscriptions', folder);
  server = await OwnServer.start();
  const ports = [await freePort(), await freePort(), await freePort()];
  instances = await Promise.all(ports.map((port) => start(before, port)));
  proxy = await Proxy.start('nginx', mkdtempSync(join(folder, 'nginx-')), ports);
});
afterAll(async () => {
  await proxy.end();
  await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
  await server.remove();
  rmSync(folder, { recursive: true });
});

it('three instances become a newer release, an older one and the newer one again, and nobody who sends or reads loses anything', async () => {
  expect(await tables()).toEqual({ schema: '1', schema_oldest: '1' });
  const load = new SteadyLoad(proxy.url);
  load.start();
  await delay(SIDE_BY_SIDE_MS);
  await replaceEach(ours);
  const migrated = await tables();
  expect(migrated).toEqual({ schema: '2', schema_oldest: '1' });
  await replaceEach(before);
  await replaceEach(ours);
  expect(await tables()).toEqual(migrated);
  await load.stop();

  expect(load.faults).toEqual([]);
  // Each of them had to go elsewhere.
  expect(Math.min(...load.readers.map(({ returns }) => returns))).toBeGreaterThan(0);
  for (const [channel, last] of load.acknowledged) {
    const numbers = Array.from({ length: last }, (_, i) => i + 1);
    expect([channel, await recorded(channel)]).toEqual([channel, numbers]);
    for (const { read } of load.readers) {
      expect([
        channel,
        read.filter((event) => event.channel === channel).map(({ number }) => number),
      ]).toEqual([channel, numbers]);
    }
  }
  for (const { read } of load.readers) {
    expect(new Set(read.map(({ position }) => position)).size).toBe(read.length);
    expect(read).toEqual(load.readers[0]!.read);
  }
  const { stdout } = await run(process.execPath, [join(root, 'dist/cli/rockets.js'), 'verify'], {
    env: { PATH: process.env['PATH'], EVENT_STORE: 'postgres', DATABASE_URL: server.url },
  });
  expect(stdout).toContain(
    `the database is right: ${load.acknowledged.size} rockets, ${load.total.toLocaleString('en-US')} events`,
  );
});

const recorded = async (channel: string): Promise<number[]> => {
  const rows = await runIn(
    server.url,
    `SELECT number FROM history WHERE channel = '${channel}' ORDER BY number`,
  );
  return rows.map(({ number }) => Number(number));
};
