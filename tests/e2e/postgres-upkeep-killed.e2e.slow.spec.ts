import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  exportDatabase,
  verifyDatabase,
} from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { changeOn, faster, headOf, launched, received } from '../support/builders.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { openBoth } from '../support/postgres-stores.js';
import { seededRandom } from '../support/seeded-random.js';
import { thorough } from '../support/thorough.js';

const kills = thorough ? 10 : 3;
const ROCKETS = 40;

const folder = mkdtempSync(join(tmpdir(), 'rockets-killed-'));
let server: OwnServer;
beforeAll(async () => {
  server = await OwnServer.start();
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

const random = seededRandom(15);
const cli = join(__dirname, '../../dist/cli/rockets.js');

interface Ended {
  readonly ended: unknown;
  readonly said: string;
  readonly took: number;
}

/** One run of the command, killed after so many milliseconds. */
const rockets = async (
  args: readonly string[],
  { killAfter, input }: { readonly killAfter?: number; readonly input?: string },
): Promise<Ended> => {
  const began = Date.now();
  const child = spawn(process.execPath, [cli, ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += String(chunk)));
  child.stdin.on('error', () => undefined);
  if (input === undefined) child.stdin.end();
  else createReadStream(input).pipe(child.stdin);
  const closed = once(child, 'close');
  if (killAfter !== undefined) void delay(killAfter).then(() => child.kill('SIGKILL'));
  const [code, signal] = (await closed) as [number | null, string | null];
  return { ended: code ?? signal, said, took: Date.now() - began };
};

/** Kills the command at so many moments; `wasInTime` checks what is there then, and says whether it was not over yet. */
const killed = async (
  took: number,
  run: (killAfter: number) => Promise<Ended>,
  wasInTime: () => Promise<boolean>,
) => {
  let longest = took;
  for (let count = 0; count < kills;) {
    const { ended } = await run(longest * (0.3 + random() * 0.7));
    if (ended === 'SIGKILL' && (await wasInTime())) count++;
    else longest *= 0.9;
    if (longest < 50) throw new Error('it is over too soon to be killed');
  }
};

const newDatabase = async (name: string, template = 'template1'): Promise<string> => {
  await runIn(server.url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return server.url.replace(/postgres$/, name);
};

const fill = async (url: string): Promise<void> => {
  const { store } = await openBoth(url);
  for (let i = 0; i < ROCKETS; i++) {
    for (let round = 0; round < 4; round++) {
      const events = Array.from({ length: 400 }, (_, n) => (round + n === 0 ? launched() : faster(n)));
      const added = round === 3 ? [1700, 1800, 1801].map((n) => received(`rocket-${i}`, n)) : [];
      await store.commit([changeOn(await headOf(store, `rocket-${i}`), { events, added })]);
    }
  }
  await store.close();
};

const textOf = async (url: string, tables: readonly string[]): Promise<string> => {
  const texts = tables.map((table) => `SELECT '${table} ' || t::text AS row FROM ${table} AS t`);
  return JSON.stringify(await runIn(url, `${texts.join(' UNION ALL ')} ORDER BY row`));
};

const derived = ['rockets', 'snapshots', 'missing', 'waiting_messages', 'total_parts'];

it('a rebuild that is killed changed nothing, and one that ends mends everything', async () => {
  const url = await newDatabase('rebuilt');
  await fill(url);
  await runIn(
    url,
    'UPDATE rockets SET speed = 1, waiting = 0; DELETE FROM snapshots; DELETE FROM missing; DELETE FROM total_parts',
  );
  const damaged = await textOf(url, derived);
  let copy = '';
  let copies = 0;
  /** Of a copy each: one that was not killed in time has done its work. */
  const rebuild = async (killAfter?: number): Promise<Ended> => {
    copy = await newDatabase(`copy${++copies}`, 'rebuilt');
    return rockets(['rebuild', '--database', copy], { killAfter });
  };
  const { took } = await rebuild();
  const mended = await textOf(copy, derived);
  await killed(took, rebuild, async () => {
    const found = await textOf(copy, derived);
    // The last that a client hears of a commit may be that it is killed.
    expect(found === damaged || found === mended).toBe(true);
    return found === damaged;
  });
  expect(await rebuild()).toMatchObject({
    ended: 0,
    said: expect.stringContaining(`${ROCKETS} were different before`) as string,
  });
  expect(await verifyDatabase(copy)).toMatchObject({ rockets: ROCKETS, events: ROCKETS * 1600, damages: [] });
});

it('an import that is killed wrote nothing, and one that ends wrote everything', async () => {
  const source = await newDatabase('exported');
  await fill(source);
  const lines: string[] = [];
  for await (const line of exportDatabase(source)) lines.push(JSON.stringify(line));
  const input = join(folder, 'all.ndjson');
  writeFileSync(input, lines.join('\n'));
  let url = '';
  let databases = 0;
  /** Into a new database each: one that was not killed in time has done its work. */
  const importing = async (killAfter?: number): Promise<Ended> => {
    url = await newDatabase(`imported${++databases}`);
    return rockets(['import', '--database', url], { killAfter, input });
  };
  const { ended, took } = await importing();
  expect(ended).toBe(0);
  const whole = await textOf(url, derived);
  let interrupted = '';
  await killed(took, importing, async () => {
    await (await openBoth(url)).store.close();
    const isEmpty = (await textOf(url, ['events', ...derived])) === '[]';
    expect(isEmpty || (await textOf(url, derived)) === whole).toBe(true);
    if (isEmpty) interrupted = url;
    return isEmpty;
  });
  expect(await rockets(['import', '--database', interrupted], { input })).toMatchObject({ ended: 0 });
  const again: string[] = [];
  for await (const line of exportDatabase(interrupted)) again.push(JSON.stringify(line));
  expect(again).toEqual(lines);
  expect((await verifyDatabase(interrupted)).damages).toEqual([]);
});
