import { refusalRules, type RocketEvent } from '../../src/domain/rocket-event.js';
import type { RocketReport } from '../../src/domain/rocket-message.js';
import { utcMillis } from '../../src/domain/rocket-time.js';
import {
  exploded,
  faster,
  headOf,
  launched,
  newMission,
  noonMillis,
  received,
  skipped,
  slower,
  write,
} from '../support/builders.js';
import { foldOf, instants, storeForEach, type OpenStore } from './open-store.js';

export const storedValuesContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  const history = (channel: string, after = 0) => opened.now.store.read(channel, { after, limit: 10 });

  it.each(Object.entries(exotic))('comes back as it was: events with %s', async (_what, events) => {
    const { store } = opened.now;
    for (const [i, event] of events.entries()) {
      const channel = `r${i}`;
      await write(store, channel, { events: [standing, event], recordedAt: noonMillis + 1 });
      const [stored] = await history(channel, 1);
      expect(stored).toEqual({ ...stored, event, recordedAt: noonMillis + 1 });
      expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
      expect(await store.readAt(stored!.position)).toEqual(stored);
      const { recorded, state } = await headOf(store, channel, [stored!.number]);
      expect(recorded.get(stored!.number)).toEqual(event);
      expect(instants(state)).toEqual(foldOf(await history(channel)));
      expect(instants((await opened.now.directory.find(channel))!)).toMatchObject(instants(state));
    }
  });

  it.each(Object.entries(exotic))(
    'comes back as it was: messages that wait or are late, with %s',
    async (_what, events) => {
      const { store, directory } = opened.now;
      for (const [i, event] of events.filter(isReport).entries()) {
        const channel = `r${i}`;
        const waiting = received(channel, 5, event, noonMillis + 3);
        const late = received(channel, 2, event, noonMillis + 4);
        await write(store, channel, { events: [skipped(1, 3)], added: [waiting] });
        await write(store, channel, { late: [late] });
        const head = await headOf(store, channel, [2, 5]);
        expect(head.waiting.get(5)).toEqual(waiting);
        expect(head.late.get(2)).toEqual(late);
        expect(await directory.waiting(channel, { limit: 9 })).toEqual([waiting]);
        expect(await directory.late(channel, { limit: 9 })).toEqual([late]);
      }
    },
  );

  it.each(['2022-02-02T19:39:05+01:00', '1969-07-20T20:17:40Z', '9999-12-31T23:59:59.999999999Z'])(
    'keeps when it was recorded, whatever came before: %s',
    async (time) => {
      const recordedAt = utcMillis(time);
      await write(opened.now.store, 'a', { events: [launched()] });
      await write(opened.now.store, 'a', { events: [faster()], recordedAt });
      const stored = await history('a');
      expect(stored.map((event) => event.recordedAt)).toEqual([noonMillis, recordedAt]);
    },
  );

  it('takes numbers up to 2^53 − 1', async () => {
    const { store, directory } = opened.now;
    const highest = Number.MAX_SAFE_INTEGER;
    const range = skipped(2, highest - 2);
    await write(store, 'a', { added: [received('a', highest)] });
    expect((await directory.gaps({ limit: 5 })).gaps).toMatchObject([
      { from: 1, to: highest - 1, waiting: 1 },
    ]);
    await write(store, 'a', { events: [launched(), range, faster(1)] });
    expect((await history('a', 1)).map(({ number }) => number)).toEqual([highest - 2, highest - 1]);
    await write(store, 'a', { events: [faster()], released: [highest] });
    expect((await history('a', highest - 2)).map(({ number }) => number)).toEqual([highest - 1, highest]);
    const { state, recorded } = await headOf(store, 'a', [2 ** 32, highest]);
    expect(state.version).toBe(highest);
    expect(recorded.get(2 ** 32)).toEqual(range);
    expect(recorded.get(highest)).toEqual(faster());
    expect(
      (await store.read('a', { after: 2 ** 40, limit: 9, order: 'desc' })).map(({ number }) => number),
    ).toEqual([1]);
  });

  it('cannot be changed through what was read', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), faster()] });
    const [stored] = await history('a');
    deface(stored);
    deface((await headOf(store, 'a', [1])).recorded.get(1));
    deface((await store.readAll({ limit: 1 })).events[0]);
    expect((await history('a'))[0]).toMatchObject({ channel: 'a', number: 1, event: launched() });
    expect((await headOf(store, 'a', [1])).recorded.get(1)).toEqual(launched());
  });

  it('cannot be changed through what was handed over, or what a follower was told', async () => {
    const { store } = opened.now;
    const { stop } = await store.follow((batch) => batch.events.forEach(deface));
    const event = launched();
    const waiting = received('a', 9, newMission('MARS'));
    const late = received('a', 3, newMission('MOON'));
    await write(store, 'a', { events: [event, skipped(2, 4)], added: [waiting], late: [late] });
    for (const one of [event, waiting, late]) deface(one);
    stop();
    expect((await history('a'))[0]!.event).toEqual(launched());
    const head = await headOf(store, 'a', [3, 9]);
    expect(head.waiting.get(9)).toEqual(received('a', 9, newMission('MARS')));
    expect(head.late.get(3)).toEqual(received('a', 3, newMission('MOON')));
    expect(instants(head.state)).toEqual(foldOf(await history('a')));
  });
};

/** What nothing that is said next leads out of the figures that are exact. */
const standing = launched(undefined, { launchSpeed: 0 });

const exoticTimes = [
  '2022-02-02T19:39:05Z',
  '2022-02-02t19:39:05z',
  '2022-02-02T19:39:05.8Z',
  '2022-02-02T19:39:05.80Z',
  '2022-02-02T19:39:05.000000000Z',
  '2022-02-02T19:39:05.86337+01:00',
  '2022-02-02T19:39:05.999999999-23:59',
  '2024-02-29T23:59:59.001-00:00',
  '2016-12-31T23:59:60Z',
  '2017-01-01T00:59:60.5+01:00',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+00:01',
  '0001-01-01T00:00:00Z',
  '2106-02-07T06:28:15Z',
  '2106-02-07T06:28:16Z',
  '9999-12-31T23:59:59.999999999Z',
];

const exoticTexts = [
  'A',
  ' ',
  '"quoted" \\ back',
  "Robert'); DROP TABLE events;--",
  'line\nfeed\ttab\u0001\u001f',
  'naïve café, сокол, 火箭',
  '\ud7ff\ue000\uffff\u{10000}\u{10ffff}',
  '🚀'.repeat(128),
  '__proto__',
  'null',
  '%_*',
  '$1 ?1 :a @a',
  'x'.repeat(256),
];

const exoticFigures = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];

const anyReports = (time?: string): (RocketEvent & RocketReport)[] => [
  launched(time),
  faster(2 ** 53 - 1, time),
  slower(7, time),
  newMission('MARS', time),
  exploded('🚀', time),
];

const exotic: Readonly<Record<string, readonly RocketEvent[]>> = {
  'all kinds of times': exoticTimes.flatMap((time) => anyReports(time)),
  'all kinds of texts': exoticTexts.flatMap((text): RocketEvent[] => [
    newMission(text),
    exploded(text),
    launched(undefined, { type: text, mission: text }),
  ]),
  'all kinds of figures': exoticFigures.flatMap((by): RocketEvent[] => [
    faster(by),
    slower(by),
    launched(undefined, { launchSpeed: by }),
  ]),
  'every rule broken': refusalRules.flatMap((rule) =>
    anyReports().map(({ time, ...message }): RocketEvent => {
      return { type: 'MessageRefused', data: { rule, message }, time };
    }),
  ),
  'all kinds of skips': [
    skipped(2, 2, { time: '2022-02-02T19:39:05.86337+01:00' }),
    skipped(2, 2 ** 53 - 1),
    skipped(2, 3, { by: { who: 'operator' } }),
    ...exoticTexts.map((text) => skipped(2, 3, { by: { who: 'operator', key: text }, why: text })),
  ],
};

const isReport = (event: RocketEvent): event is RocketEvent & RocketReport =>
  event.type !== 'MessageRefused' && event.type !== 'MessagesSkipped';

/** Overwrites whatever can be overwritten. */
const deface = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    deface(inner);
    if (typeof inner !== 'object') Reflect.set(value, key, 'defaced');
  }
};
