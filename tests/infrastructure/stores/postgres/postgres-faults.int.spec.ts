import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, type EventStore } from '../../../../src/application/ports/event-store.js';
import { changeOn, faster, headOf, launched, write } from '../../../support/builders.js';
import { launched as launch, messages } from '../../../support/messages.js';
import { pipelineOver } from '../../../support/pipeline.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';
import { TcpProxy } from '../../../support/tcp-proxy.js';

let server: OwnServer;
let proxy: TcpProxy;
let far: EventStore;
let near: Awaited<ReturnType<typeof openBoth>>['store'];

beforeAll(async () => {
  server = await OwnServer.start();
  proxy = await TcpProxy.to(server.port);
  far = (await openBoth(proxy.through(server.url))).store;
  near = (await openBoth(server.url)).store;
});
afterAll(async () => {
  await Promise.all([far, near].map((store) => store.close()));
  await proxy.close();
  await server.remove();
});

/** How long something takes, in milliseconds. */
const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const expectSilence = async (work: Promise<unknown>): Promise<void> => {
  await expect(work).rejects.toThrow(StoreUnavailable);
};

/** Until the database answers again. */
const untilAnswered = (store: EventStore): Promise<number> =>
  timeOf(async () => {
    while ((await store.lastPosition().catch(() => undefined)) === undefined) await delay(20);
  });

/** Those of the service, who does what. */
const sessions = (): Promise<Record<string, unknown>[]> =>
  runIn(server.url, "SELECT pid, state FROM pg_stat_activity WHERE application_name = 'rockets'");

describe('a commit whose answer is lost', () => {
  it('is decided again, and stored once', async () => {
    const { pool, send } = pipelineOver(far);
    await pool.start();
    const [message] = messages([launch()], 'unknown');
    const lost = proxy.loseAnswerTo('commit_changes');
    await expect(send(message!)).rejects.toThrow(StoreUnavailable);
    await lost;
    // It is there all the same.
    expect(await near.read('unknown', { limit: 9 })).toHaveLength(1);
    expect(await send(message!)).toMatchObject({ outcome: 'duplicate' });
    await pool.drain();
    expect(await near.read('unknown', { limit: 9 })).toHaveLength(1);
  });

  it('is no head for the next decision', async () => {
    const before = await headOf(far, 'head');
    const lost = proxy.loseAnswerTo('commit_changes');
    await expect(far.commit([changeOn(before, { events: [launched()] })])).rejects.toThrow(StoreUnavailable);
    await lost;
    const [moved] = await far.commit([changeOn(before, { events: [launched()] })]);
    expect(moved).toMatchObject({ revision: 1 });
    expect(await far.commit([changeOn(moved!, { events: [faster()] })])).toEqual([]);
  });
});

describe('a database', () => {
  it.each([
    ['stands still', () => server.pause(), () => server.goOn()],
    ['is behind a line that swallows everything', () => proxy.swallow(), () => proxy.heal()],
  ])(
    'that %s fails whoever waits within a second, and everybody from then on until it is back',
    async (_, stop, goOn) => {
      await write(far, 'silent', { events: [faster()] });
      const head = await headOf(far, 'silent');
      stop();
      try {
        const commit = far.commit([changeOn(head, { events: [faster()] })]);
        const reads = Array.from({ length: 20 }, () => far.lastPosition());
        const waited = await timeOf(() => Promise.all([commit, ...reads].map(expectSilence)));
        // 850 ms on a machine of one's own.
        expect(waited).toBeLessThan(2500);
        expect(await timeOf(() => expectSilence(far.lastPosition()))).toBeLessThan(500);
        await expectSilence(far.commit([changeOn(head, { events: [faster()] })]));
      } finally {
        goOn();
      }
      expect(await untilAnswered(far)).toBeLessThan(5000);
      // What became of the first one is known now; the second was not sent.
      expect((await near.read('silent', { limit: 100 })).length).toBeLessThanOrEqual(head.revision + 1);
      let heads = [await headOf(far, 'silent')];
      for (let tries = 0; heads.length > 0; tries++) {
        expect(tries).toBeLessThan(2);
        heads = await far.commit(heads.map((one) => changeOn(one, { events: [faster()] })));
      }
    },
  );
});

it('a database that says nothing when it is opened is not there yet', async () => {
  server.pause();
  try {
    const opening = openBoth(server.url);
    expect(await timeOf(() => expectSilence(opening))).toBeLessThan(2500);
  } finally {
    server.goOn();
  }
  await (await openBoth(server.url)).store.close();
});

describe('sessions', () => {
  it('have limits, and the server looks after their clients', async () => {
    const names = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'client_connection_check_interval',
      'tcp_keepalives_idle',
      'tcp_keepalives_interval',
      'tcp_keepalives_count',
    ];
    const shown = names.map((name) => `current_setting('${name}') AS ${name}`);
    const [settings] = await near.parts.ask<Record<string, string>>(`SELECT ${shown.join(', ')}`, []);
    expect(settings).toEqual({
      statement_timeout: '5s',
      lock_timeout: '5s',
      idle_in_transaction_session_timeout: '5s',
      client_connection_check_interval: '1s',
      tcp_keepalives_idle: '2',
      tcp_keepalives_interval: '1',
      tcp_keepalives_count: '3',
    });
  });

  it('keep the settings that the address asks for', async () => {
    const url = new URL(server.url);
    url.searchParams.set('options', '-c lock_timeout=77ms -c tcp_keepalives_idle=5 -c work_mem=5MB');
    const { store } = await openBoth(url.href);
    const [settings] = await store.parts.ask(
      `SELECT current_setting('tcp_keepalives_idle') AS idle, current_setting('work_mem') AS memory,
        current_setting('client_connection_check_interval') AS checked`,
      [],
    );
    await store.close();
    expect(settings).toEqual({ idle: '5', memory: '5MB', checked: '1s' });
  });

  it('stay when who wanted to know has gone', async () => {
    const { store } = await openBoth(server.url);
    const pid = (signal?: AbortSignal) => store.parts.ask('SELECT pg_backend_pid() AS pid', [], signal);
    const before = await pid();
    await expect(pid(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(await pid()).toEqual(before);
    await store.close();
  });

  it('may end at any moment, at work or held, and take nobody along', async () => {
    const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rockets'";
    const work = Array.from({ length: 2 }, () => near.parts.ask('SELECT pg_sleep(5)', []));
    const lane = near.parts.held.readUnder([7], ['held'], async () => 'locks');
    expect(await lane).toBe('locks');
    const busy = async (): Promise<string[]> => (await sessions()).map(({ state }) => String(state));
    const isAtWork = (states: readonly string[]): boolean =>
      states.filter((state) => state === 'active').length === 2 && states.includes('idle in transaction');
    for (let left = 90; !isAtWork(await busy()) && left > 0; left--) await delay(10);
    await runIn(server.url, kill);
    for (const one of work) await expect(one).rejects.toThrow(StoreUnavailable);
    // Given up, or used, when it is no more.
    const held = await headOf(near, 'held');
    await expect(near.commit([changeOn(held, { events: [launched()] })])).rejects.toThrow(StoreUnavailable);
    await write(near, 'held', { events: [launched()] });
  });
});
