import { SkipOverdueGaps } from '../../../src/application/gaps/skip-overdue-gaps.js';
import type { Skip } from '../../../src/application/ingest/advance.js';
import { StoreUnavailable, type Head, type HeadRequest } from '../../../src/application/ports/event-store.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { ManualClock, turns, until } from '../../support/manual-clock.js';
import { faster, launched, message } from '../../support/messages.js';
import { LogBook, pipelineOver } from '../../support/pipeline.js';

const TIMEOUT = 10_000;
/** How often somebody looks, and how exact a gap's age is known. */
const PAUSE = TIMEOUT / 10;
const HOUR = 3_600_000;

class StoreOfTests extends InMemoryEventStore {
  readonly damaged = new Set<string>();
  failure: Error | undefined;

  override async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    const channel = requests.find((request) => this.damaged.has(request.channel))?.channel;
    if (channel !== undefined) throw new StoreUnavailable(`damaged: ${channel}`);
    return super.load(requests);
  }

  override async listened(ms: number): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    return super.listened(ms);
  }
}

const stage = async () => {
  const clock = new ManualClock();
  const directory = new InMemoryRocketDirectory(clock);
  const store = new StoreOfTests(directory);
  const { pool, ingest, sendAll, log } = pipelineOver(store, { clock });
  await pool.start();
  const skips: [channel: string, upTo: number][] = [];
  const skip = (channel: string, wanted: Skip) => {
    skips.push([channel, wanted.upTo]);
    return ingest.skip(channel, wanted);
  };
  const complaints = new LogBook();
  /** Those of one rocket come in no order that could be relied on. */
  const anyOrder = {
    overdueGaps: async (listened: number, limit: number) =>
      (await directory.overdueGaps(listened, limit)).reverse(),
  };
  /** A service over the store, from its start until it is stopped. */
  const start = () => {
    const service = new SkipOverdueGaps(store, anyOrder, { skip }, clock, complaints, TIMEOUT);
    void service.run();
    return service;
  };
  /** Time passes, and whoever looks now and then has his turns. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= PAUSE) {
      clock.move(Math.min(PAUSE, left));
      await turns(20);
    }
  };
  const versionOf = async (channel: string) => (await directory.find(channel))?.version;
  return { clock, directory, store, sendAll, skips, start, pass, versionOf, log, complaints };
};

const ahead = (number: number, channel = 'rocket-1'): RocketMessage => message(number, faster(1), channel);

describe('a gap that stays open', () => {
  it('is skipped when a service has listened for so long, by nobody', async () => {
    const { sendAll, start, pass, versionOf, store, log, complaints } = await stage();
    start();
    await sendAll([message(1, launched()), ahead(4)]);
    await pass(TIMEOUT);
    expect(await versionOf('rocket-1')).toBe(1);
    await pass(2 * PAUSE);
    expect(await versionOf('rocket-1')).toBe(4);
    const [event] = await store.read('rocket-1', { after: 1, limit: 1 });
    expect(event?.event).toMatchObject({
      type: 'MessagesSkipped',
      data: { from: 2, to: 3, by: { who: 'timeout' } },
    });
    const fields = { by: { who: 'timeout' }, channel: 'rocket-1', from: 2, to: 3 };
    expect(log.lines).toMatchObject([{ level: 'info', fields }]);
    expect(complaints.lines).toEqual([]);
  });

  it('is never skipped earlier, whenever it opened', async () => {
    const { sendAll, start, pass, versionOf, clock } = await stage();
    start();
    for (let i = 0; i < 8; i++) {
      await pass(PAUSE);
      const channel = `rocket-${i}`;
      // Somewhere between two looks.
      clock.move(100 * i);
      await sendAll([ahead(2, channel)]);
      const opened = clock.elapsed();
      while ((await versionOf(channel)) === 0) await pass(PAUSE / 10);
      expect(clock.elapsed() - opened).toBeGreaterThanOrEqual(TIMEOUT);
      expect(clock.elapsed() - opened).toBeLessThanOrEqual(TIMEOUT + 3 * PAUSE);
    }
  });

  it('is not overdue because somebody set the clock on, and no younger because it was set back', async () => {
    const { sendAll, start, pass, versionOf, clock } = await stage();
    start();
    await sendAll([ahead(2)]);
    clock.set(HOUR);
    await pass(TIMEOUT / 2);
    expect(await versionOf('rocket-1')).toBe(0);
    clock.set(-2 * HOUR);
    await pass(TIMEOUT / 2 + 2 * PAUSE);
    expect(await versionOf('rocket-1')).toBe(2);
  });

  it('is not overdue because the process was stopped for an hour', async () => {
    const { sendAll, start, pass, versionOf, clock } = await stage();
    start();
    await sendAll([ahead(2)]);
    await pass(TIMEOUT / 2);
    clock.move(HOUR);
    await turns(20);
    expect(await versionOf('rocket-1')).toBe(0);
    await pass(TIMEOUT / 2 - PAUSE);
    expect(await versionOf('rocket-1')).toBe(0);
    await pass(3 * PAUSE);
    expect(await versionOf('rocket-1')).toBe(2);
  });

  it('is not overdue because nobody listened for an hour, and restarts do not put it off', async () => {
    const { sendAll, start, pass, versionOf } = await stage();
    const listen = async (ms: number): Promise<void> => {
      const service = start();
      await pass(ms);
      service.stop();
      await pass(HOUR / 100);
    };
    await sendAll([ahead(2)]);
    for (let i = 0; i < 4; i++) await listen(TIMEOUT / 4);
    expect(await versionOf('rocket-1')).toBe(0);
    await listen(3 * PAUSE);
    expect(await versionOf('rocket-1')).toBe(2);
  });
});

describe('the gaps of a rocket', () => {
  it('are skipped together, those that are overdue and no others', async () => {
    const { sendAll, start, pass, versionOf, skips, directory } = await stage();
    start();
    await sendAll([ahead(3), ahead(6), ahead(9)]);
    await pass(TIMEOUT / 2);
    await sendAll([ahead(20), ahead(15)]);
    await pass(TIMEOUT / 2 + 2 * PAUSE);
    expect(skips).toEqual([['rocket-1', 8]]);
    expect(await versionOf('rocket-1')).toBe(9);
    expect((await directory.gaps({ limit: 9 })).gaps).toMatchObject([
      { from: 10, to: 14 },
      { from: 16, to: 19 },
    ]);
    await pass(TIMEOUT / 2);
    expect(skips.slice(1)).toEqual([['rocket-1', 19]]);
    expect(await versionOf('rocket-1')).toBe(20);
  });

  it('are as old as they were before a message came in the midst of one', async () => {
    const { sendAll, start, pass, versionOf, skips } = await stage();
    start();
    await sendAll([ahead(9)]);
    await pass(TIMEOUT - PAUSE);
    await sendAll([ahead(5)]);
    await pass(3 * PAUSE);
    expect(skips).toEqual([['rocket-1', 8]]);
    expect(await versionOf('rocket-1')).toBe(9);
  });

  it('are skipped in turns when they are very many: everybody else has his between', async () => {
    const { sendAll, start, pass, directory } = await stage();
    const GAPS = 5000;
    await sendAll(Array.from({ length: GAPS }, (_, i) => ahead(2 * i + 2)));
    start();
    const left: number[] = [];
    const passing = pass(TIMEOUT + 2 * PAUSE);
    do {
      left.push((await directory.totals()).gaps);
      await turns(1);
    } while (left.at(-1)! > 0);
    await passing;
    const most = Math.max(...left.map((gaps, i) => (left[i - 1] ?? GAPS) - gaps));
    expect(most).toBeLessThanOrEqual(2048);
  });
});

describe('the gaps of very many rockets', () => {
  it('are all skipped when they are overdue, page by page', async () => {
    const { sendAll, start, pass, skips, directory } = await stage();
    const channels = Array.from({ length: 2500 }, (_, i) => `rocket-${i}`);
    await sendAll(channels.map((channel) => ahead(2, channel)));
    start();
    await pass(TIMEOUT + 2 * PAUSE);
    await until(() => skips.length >= channels.length);
    await turns(50);
    expect(await directory.totals()).toMatchObject({ gaps: 0, withGaps: 0, incomplete: 2500 });
    expect(skips).toHaveLength(2500);
  });

  it('are skipped although one that stands before them cannot be, which is reported and tried again later', async () => {
    const { sendAll, start, pass, skips, store, directory, complaints } = await stage();
    await sendAll([ahead(2, 'damaged')]);
    const channels = Array.from({ length: 1500 }, (_, i) => `rocket-${i}`);
    await sendAll(channels.map((channel) => ahead(2, channel)));
    store.damaged.add('damaged');
    const service = start();
    await pass(TIMEOUT);
    expect(skips).toEqual([]);
    await pass(2 * PAUSE);
    await turns(200);
    expect(await directory.totals()).toMatchObject({ withGaps: 1, incomplete: 1500 });
    const tried = () => skips.filter(([channel]) => channel === 'damaged').length;
    expect(tried()).toBeLessThanOrEqual(4);
    expect(complaints.lines.length).toBe(tried());
    expect(complaints.lines[0]).toMatchObject({
      level: 'error',
      fields: { error: expect.stringContaining('damaged: damaged') },
    });
    store.damaged.clear();
    await pass(PAUSE);
    expect(await directory.totals()).toMatchObject({ withGaps: 0 });
    service.stop();
  });

  it('are skipped although very many of one that cannot be skipped stand before them', async () => {
    const { sendAll, start, pass, store, directory, skips } = await stage();
    await sendAll(Array.from({ length: 2500 }, (_, i) => ahead(2 * i + 2, 'damaged')));
    await sendAll([ahead(2, 'other')]);
    store.damaged.add('damaged');
    start();
    await pass(TIMEOUT + 3 * PAUSE);
    expect((await directory.find('other'))?.version).toBe(2);
    expect(skips.filter(([channel]) => channel === 'damaged').length).toBeLessThanOrEqual(4 * 3);
  });
});

describe('a store that fails', () => {
  it('is reported, and asked again at the next look', async () => {
    const { sendAll, start, pass, store, versionOf, complaints } = await stage();
    start();
    await sendAll([ahead(2)]);
    store.failure = new StoreUnavailable('disk full');
    await pass(3 * PAUSE);
    expect(complaints.lines).toHaveLength(3);
    store.failure = undefined;
    await pass(TIMEOUT + 4 * PAUSE);
    expect(await versionOf('rocket-1')).toBe(2);
    expect(complaints.lines).toHaveLength(3);
  });
});

describe('a service that stops', () => {
  it('skips nothing more, and complains of nothing', async () => {
    const { sendAll, start, pass, skips, store, complaints } = await stage();
    const service = start();
    await sendAll([ahead(2)]);
    await pass(TIMEOUT);
    store.failure = new StoreUnavailable('closed');
    service.stop();
    await pass(10 * PAUSE);
    expect(skips).toEqual([]);
    expect(complaints.lines).toEqual([]);
  });
});
