import { rocketSorts } from '../../src/application/ports/rocket-directory.js';
import { DatabaseSync } from '@photostructure/sqlite';
import { Command } from 'commander';
import type { EventStore } from '../../src/application/ports/event-store.js';
import { registerStoreCommands } from '../../src/cli/store-commands.js';
import { parts } from '../../src/container.js';
import { changeOn, faster, launched, received, write, type ChangeParts } from '../support/builders.js';
import { startService, type TestService } from '../support/test-service.js';

export interface Said {
  readonly lines: string[];
  readonly notes: string[];
  readonly failure: unknown;
}

/** Runs one of the commands on stores, and answers what it said. */
export const rockets = async (...args: string[]): Promise<Said> => {
  const lines: string[] = [];
  const notes: string[] = [];
  const output = {
    out: (text: string) => lines.push(...text.split('\n')),
    err: (text: string) => notes.push(text),
    room: async () => undefined,
    bytes: () => undefined,
    interactive: false,
  };
  const program = new Command().exitOverride();
  registerStoreCommands(program, output);
  const failure: unknown = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { lines, notes, failure };
};

const uuid = '193270a9-c9cf-404a-8f83-838e71d9ae67';
let clock = Date.UTC(2026, 9, 1, 12);
const time = (): string => new Date((clock += 1234)).toISOString().replace('Z', '4321+02:00');

const lineOf = (channel: string, messageNumber: number, messageType: string, message: object): string =>
  JSON.stringify({ metadata: { channel, messageNumber, messageTime: time(), messageType }, message });
const launch = (channel: string, number = 1, mission = 'ARTEMIS'): string =>
  lineOf(channel, number, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission });
const speedUp = (channel: string, number: number, by = number): string =>
  lineOf(channel, number, 'RocketSpeedIncreased', { by });
const slowDown = (channel: string, number: number, by: number): string =>
  lineOf(channel, number, 'RocketSpeedDecreased', { by });

/** All that can become of a message, a rocket and a gap. */
export const fill = async (service: TestService): Promise<void> => {
  const say = async (...lines: readonly string[]): Promise<void> => {
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const answer = await fetch(`${service.url}/messages`, {
      method: 'POST',
      headers,
      body: lines.join('\n'),
    });
    expect(await answer.json()).toMatchObject({ received: lines.length, invalid: 0 });
  };
  const skip = async (channel: string, wish: object): Promise<void> => {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify(wish);
    const answer = await fetch(`${service.url}/rockets/${channel}/gaps/skip`, {
      method: 'POST',
      headers,
      body,
    });
    expect(answer.status).toBe(200);
  };
  const listen = (ms: number) => service.container.get(parts.store).listened(ms);

  // First heard of in another order than first in the feed.
  await say(speedUp('waits-only', 4));
  await say(launch('b'));
  await say(launch(uuid, 1, 'Ünïcödé 🚀 "quoted"'));
  await listen(1000);
  await say(speedUp(uuid, 3), speedUp('waits-only', 9), speedUp('waits-only', 10), speedUp('b', 2));
  await listen(500);
  // The second gap is cut in two, and both parts are as old as it was.
  await say(speedUp('waits-only', 6), slowDown(uuid, 2, 9000), speedUp(uuid, 3));
  await say(...Array.from({ length: 700 }, (_, i) => speedUp('long', i + 2)), launch('long'));
  await say(lineOf('b', 3, 'RocketExploded', { reason: 'PRESSURE' }), speedUp('b', 4), launch('b', 5));
  await say(speedUp('skipped', 4), speedUp('skipped', 9), speedUp('skipped', 20), speedUp('skipped', 30));
  await skip('skipped', { from: 1, to: 3, why: 'radio was off: "silence"' });
  await say(speedUp('skipped', 2, 77), launch('skipped', 1), slowDown('skipped', 10, 9999));
  await skip('skipped', { upTo: 12 });
  await say(lineOf('skipped', 6, 'RocketMissionChanged', { newMission: 'LATE' }));
  await say(speedUp('lost', 2), launch('lost', 3));
  await skip('lost', { upTo: 1, why: 'x' });
};

/** Every answer, page by page; without what is of the request, or of the history and its epoch. */
export const answersOf = async (url: string): Promise<Map<string, string>> => {
  const answers = new Map<string, string>();
  const read = async (path: string, accept = 'application/json'): Promise<string> => {
    let said = '';
    for (let next: string | undefined = path; next !== undefined;) {
      const answer: Response = await fetch(url + next, { headers: { accept } });
      said += `${answer.status} ${await answer.text()}\n`;
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    answers.set(`${path} ${accept}`, said.replaceAll(/"(requestId|position)":"[^"]*"/g, ''));
    return said;
  };
  const fleet = JSON.parse((await read('/rockets?limit=1000')).slice(4)) as {
    channel: string;
    highestHeard: number;
  }[];
  for (const key of rocketSorts)
    for (const sort of [key, `-${key}`]) await read(`/rockets?limit=3&sort=${sort}`);
  for (const query of ['status=flying,exploded', 'waiting=true', 'complete=false', 'q=arte', 'mission=LATE'])
    await read(`/rockets?limit=2&${query}`);
  for (const order of ['asc', 'desc']) {
    await read(`/events?limit=100&order=${order}`);
    for (const type of ['MessageRefused', 'MessagesSkipped', 'RocketLaunched'])
      await read(`/events?limit=2&type=${type}&order=${order}`);
  }
  await read('/gaps?limit=2');
  for (const { channel, highestHeard } of fleet) {
    const rocket = `/rockets/${channel}`;
    await read(rocket);
    for (const list of ['events', 'events?order=desc', 'gaps', 'waiting', 'late']) {
      await read(`${rocket}/${list}${list.includes('?') ? '&' : '?'}limit=2`);
    }
    await read(`${rocket}/events?limit=1000`, 'application/x-ndjson');
    await read(`/events?channel=${channel}&limit=500`);
    const some = [
      ...Array.from({ length: 32 }, (_, i) => i),
      256,
      257,
      512,
      700,
      highestHeard,
      highestHeard + 1,
    ];
    for (const number of some) {
      await read(`${rocket}/messages/${number}`);
      await read(`${rocket}?version=${number}`);
    }
    for (const minute of ['12:00', '12:05', '13:00', '14:00'])
      await read(`${rocket}?at=2026-10-01T${minute}:00Z`);
  }
  const health = (await (await fetch(`${url}/health`)).json()) as Record<string, unknown>;
  for (const figure of ['status', 'rockets', 'events', 'gaps', 'waiting', 'late'])
    answers.set(`/health ${figure}`, JSON.stringify(health[figure]));
  return answers;
};

export const served = <T>(file: string, work: (service: TestService) => Promise<T>): Promise<T> =>
  servedFrom({ EVENT_STORE: 'sqlite', SQLITE_FILE: file }, work);

export const servedFrom = async <T>(
  env: Readonly<Record<string, string>>,
  work: (service: TestService) => Promise<T>,
): Promise<T> => {
  const service = await startService(env);
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
};

/** As text, which is compared a hundred times as fast. */
const rowsOf = (file: string, sql: string): string[] => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => JSON.stringify(row));
  } finally {
    database.close();
  }
};

/** All that is stored, but for how often a rocket was written. */
export const tablesOf = (file: string): string[][] =>
  [
    'SELECT * FROM events ORDER BY position',
    'SELECT * FROM waiting_messages ORDER BY rocket, number',
    'SELECT * FROM late_messages ORDER BY rocket, number',
    'SELECT * FROM snapshots ORDER BY rocket, version',
    'SELECT * FROM totals ORDER BY kind, name',
    `SELECT id, channel, version, status, complete, type, mission, speed, speed_change, reason, launched_at, exploded_at,
      updated_at, latest, heard_at, highest_heard, waiting, late, has_gaps, chain FROM rockets ORDER BY id`,
    `SELECT rocket, max(first, version + 1) AS first, last, since, listened
      FROM missing JOIN rockets ON rockets.id = rocket ORDER BY rocket, last`,
    "SELECT value FROM meta WHERE key = 'listened'",
  ].map((sql) => rowsOf(file, sql));

/** Rockets that were never heard before, in one commit. */
export const writeNew = async (
  store: EventStore,
  rockets: ReadonlyMap<string, ChangeParts>,
): Promise<void> => {
  const heads = await store.load([...rockets.keys()].map((channel) => ({ channel, numbers: [] })));
  await store.commit(heads.map((head) => changeOn(head, rockets.get(head.channel)!)));
};

/** What is written to a store before all of it is moved, by its name. */
export type History = [string, (store: EventStore) => Promise<void>];

export const oddHistories: readonly History[] = [
  ['nothing', async () => undefined],
  [
    'gaps that were opened by a clock that was set back',
    async (store) => {
      await write(store, 'a', { added: [received('a', 9, faster(), 5000)], recordedAt: 5000 });
      await store.listened(7);
      await write(store, 'a', { added: [received('a', 5, faster(), 2000)], recordedAt: 2000 });
      await write(store, 'b', { added: [received('b', 3, faster(), 1000)], recordedAt: 1000 });
      await store.listened(7);
      await write(store, 'a', { added: [received('a', 12, faster(), 1500)], recordedAt: 1500 });
      await write(store, 'b', { events: [launched()] });
    },
  ],
  [
    'messages whose turn had come when a crash was quicker',
    async (store) => {
      const added = [2, 3, 7].map((number) => received('a', number));
      await write(store, 'a', { events: [launched()], added });
    },
  ],
];
