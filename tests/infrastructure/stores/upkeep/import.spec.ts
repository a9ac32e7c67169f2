import { compileCheck } from '../../../../src/infrastructure/http/messages/compiled-check.js';
import { MessageDto } from '../../../../src/infrastructure/http/messages/message-dto.js';
import { InvalidInput } from '../../../../src/infrastructure/http/messages/message-reader.js';
import { parseStrictJson } from '../../../../src/infrastructure/http/messages/strict-json.js';
import { Import, NoExport } from '../../../../src/infrastructure/stores/upkeep/import.js';
import { InMemorySubscriptionStore } from '../../../../src/infrastructure/stores/memory/in-memory-subscription-store.js';
import { memoryStore } from '../../../support/memory-store.js';

const isMessage = compileCheck(MessageDto);
const parse = (text: string): unknown => {
  const value = parseStrictJson(text);
  return value instanceof InvalidInput ? undefined : value;
};

const importing = async (lines: readonly string[]) => {
  const { store, directory } = memoryStore();
  const subscriptions = new InMemorySubscriptionStore(store, store.storeId);
  const isSubscription = (value: unknown): boolean => (value as { name: string }).name !== 'not allowed';
  const work = new Import(
    store,
    { parse, isMessage, isSubscription },
    {
      beginning: store.beginning,
      create: (subscription, secrets) => subscriptions.create(subscription, secrets),
      save: (subscription, change) => subscriptions.save(subscription, change),
      positionOf: async ({ channel, number }) =>
        (await store.read(channel, { after: number - 1, limit: 1 })).find((event) => event.number === number)
          ?.position,
    },
  );
  for (const line of lines) await work.take(line);
  return { store, directory, subscriptions, imported: await work.finish() };
};

const time = '2026-10-01T15:39:42+02:00';
const faster = { type: 'RocketSpeedIncreased', time, data: { by: 7 } };
const launch = {
  type: 'RocketLaunched',
  time,
  data: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
};
const refusal = { rule: 'already-launched', message: { type: launch.type, data: launch.data } };
const skip = { from: 1, to: 3, by: { who: 'operator' }, why: 'lost' };

const all = [
  { kind: 'rockets-export', version: 1 },
  { kind: 'rocket', channel: 'b', heardAt: 60 },
  { kind: 'rocket', channel: 'a', heardAt: 50 },
  { kind: 'event', channel: 'a', number: 1, ...launch, recordedAt: 10 },
  { kind: 'event', channel: 'a', number: 2, type: 'MessageRefused', time, data: refusal, recordedAt: 20 },
  { kind: 'event', channel: 'b', number: 3, type: 'MessagesSkipped', time, data: skip, recordedAt: 30 },
  { kind: 'event', channel: 'b', number: 4, ...faster, recordedAt: 30 },
  { kind: 'waiting', channel: 'a', number: 5, ...faster, receivedAt: 40 },
  { kind: 'waiting', channel: 'a', number: 6, ...faster, receivedAt: 40 },
  { kind: 'listened', ms: 1000 },
  { kind: 'waiting', channel: 'a', number: 9, ...faster, receivedAt: 50 },
  { kind: 'listened', ms: 1500 },
  { kind: 'late', channel: 'b', number: 2, ...faster, receivedAt: 60 },
  { kind: 'late', channel: 'b', number: 3, ...launch, receivedAt: 60 },
  { kind: 'end', rockets: 2, events: 4, waiting: 3, late: 2 },
] as const;
const lines = all.map((line) => JSON.stringify(line));

/** Where lines of a kind stand. */
const [rocket, launched, refused, skipped, waiting, late, end] = [1, 3, 4, 5, 7, 12, 14];

describe('an export', () => {
  it('makes the store it was made of', async () => {
    const { store, directory, imported } = await importing(lines);
    expect(imported).toEqual({ rockets: 2, events: 4, waiting: 3, late: 2, subscriptions: 0, parked: 0 });
    expect(await directory.find('a')).toMatchObject({ version: 2, highestHeard: 9, waiting: 3, heardAt: 50 });
    expect(await directory.find('b')).toMatchObject({
      version: 4,
      late: 2,
      heardAt: 60,
      rocket: { speedChange: 7 },
    });
    const { gaps } = await directory.gaps({ limit: 9 });
    expect(gaps).toEqual([
      { channel: 'a', from: 3, to: 4, since: 40, waiting: 2 },
      { channel: 'a', from: 7, to: 8, since: 50, waiting: 1 },
    ]);
    expect(await directory.overdueGaps(999, 9)).toEqual([{ channel: 'a', to: 4, since: 40 }]);
    const { events } = await store.readAll({ limit: 9 });
    expect(events.map(({ channel, number }) => `${channel}${number}`)).toEqual(['a1', 'a2', 'b3', 'b4']);
    expect(await store.listened(0)).toBe(1500);
  });

  const changed = (index: number, fields: object): string[] =>
    lines.with(index, JSON.stringify({ ...all[index], ...fields }));
  const twice = (index: number): string[] => lines.toSpliced(index, 0, lines[index]!);
  const without = (index: number): string[] => lines.toSpliced(index, 1);
  const notOne = 'it is not one of an export';

  it.each<[string, readonly string[], line: number, why: string]>([
    ['no JSON', lines.with(launched, '{"kind":'), launched, notOne],
    ['a name twice', lines.with(9, '{"kind":"listened","ms":1,"ms":2}'), 9, notOne],
    [
      'what no message may say',
      changed(launched, { data: { ...launch.data, mission: 'A\0' } }),
      launched,
      notOne,
    ],
    ['no object', lines.with(launched, '[]'), launched, notOne],
    ['no kind', changed(launched, { kind: undefined }), launched, notOne],
    ['a kind that every object has', changed(launched, { kind: 'toString' }), launched, notOne],
    ['a message', ['{"metadata":{},"message":{}}', ...lines], 0, notOne],
    ['a newer export', changed(0, { version: 2 }), 0, notOne],
    ['no beginning', without(0), 0, 'an export begins in another way'],
    ['two beginnings', twice(0), 1, 'an export begins in another way'],
    ['a channel that is none', changed(rocket, { channel: 'a b' }), rocket, notOne],
    [
      'a UUID in capitals',
      changed(rocket, { channel: '193270A9-C9CF-404A-8F83-838E71D9AE67' }),
      rocket,
      notOne,
    ],
    ['a rocket without a channel', changed(rocket, { channel: undefined }), rocket, notOne],
    ['a rocket that was never heard', changed(rocket, { heardAt: 'noon' }), rocket, notOne],
    ['a rocket twice', twice(rocket), rocket + 1, 'b is there twice'],
    ['a rocket that is missing', without(rocket), skipped - 1, 'there is no rocket b before it'],
    ['a type that is none', changed(launched, { type: 'RocketPainted' }), launched, notOne],
    ['data of another type', changed(launched, { data: { by: 1 } }), launched, notOne],
    ['data that is none', changed(launched, { data: [] }), launched, notOne],
    ['a time that is none', changed(launched, { time: 'noon' }), launched, notOne],
    ['a number that is none', changed(launched, { number: 0 }), launched, notOne],
    ['a moment that is none', changed(launched, { recordedAt: 1.5 }), launched, notOne],
    ['a rule that is none', changed(refused, { data: { ...refusal, rule: 'x' } }), refused, notOne],
    ['a refusal of nothing', changed(refused, { data: { rule: 'not-launched' } }), refused, notOne],
    ['a skip by nobody', changed(skipped, { data: { from: 1, to: 3 } }), skipped, notOne],
    ['a skip by somebody else', changed(skipped, { data: { ...skip, by: { who: 'x' } } }), skipped, notOne],
    ['a skip that ends elsewhere', changed(skipped, { data: { ...skip, to: 2 } }), skipped, notOne],
    ['a skip that begins behind its end', changed(skipped, { data: { ...skip, from: 4 } }), skipped, notOne],
    [
      'a skip with a long reason',
      changed(skipped, { data: { ...skip, why: 'x'.repeat(257) } }),
      skipped,
      notOne,
    ],
    ['a skip of a year 0', changed(skipped, { time: '0000-01-01T00:00:00Z' }), skipped, notOne],
    ['an event twice', twice(launched), launched + 1, 'a is at version 1, on which it does not follow'],
    [
      'an event that is missing',
      without(launched),
      launched,
      'a is at version 0, on which it does not follow',
    ],
    ['a message that waits twice', twice(waiting), waiting + 1, 'a has said 5 or something above it before'],
    [
      'what waits for nothing',
      changed(waiting, { number: 2 }),
      waiting,
      'a has said 2 or something above it before',
    ],
    ['an age that is none', changed(waiting, { since: -1 }), waiting, notOne],
    [
      'late what was not skipped',
      changed(late, { number: 4 }),
      late,
      'b did not skip 4, or something above it came late before',
    ],
    ['late what was late', twice(late), late + 1, 'b did not skip 2, or something above it came late before'],
    [
      'less listened than before',
      lines.toSpliced(late, 0, '{"kind":"listened","ms":1}'),
      late,
      'less had been listened than before',
    ],
    ['other counts', changed(end, { late: 7 }), end, 'it counts 7 late, and there were 2'],
    ['something behind the end', [...lines, lines[rocket]!], end + 1, 'the export has ended before'],
  ])('is refused with %s, and the line is named', async (_, wrong, line, why) => {
    await expect(importing(wrong)).rejects.toEqual(new NoExport(`line ${line + 1}: ${why}`));
  });

  it('is refused without its end', async () => {
    await expect(importing(lines.slice(0, -1))).rejects.toEqual(
      new NoExport('it was cut off behind line 14'),
    );
    await expect(importing([])).rejects.toEqual(new NoExport('there is nothing in it'));
  });
});

describe('the subscriptions of an export', () => {
  const webhook = { type: 'webhook', url: 'https://example.com/', batch: { events: 9, ms: 9 } };
  const said = { createdAt: 7, isPaused: false, delivered: 8, retried: 9 };
  const told = [
    { kind: 'subscription', name: 'all', ...said, sink: webhook, after: { channel: 'b', number: 3 } },
    {
      kind: 'parked',
      channel: 'a',
      number: 2,
      at: { channel: 'a', number: 2 },
      since: 1,
      tries: 2,
      what: '4xx',
    },
    { kind: 'parked', channel: 'b', number: 4, at: null, since: 1, tries: 2, nextTryAt: 3, what: '' },
    {
      kind: 'subscription',
      name: 'some',
      ...said,
      types: ['RocketLaunched'],
      channels: ['a'],
      sink: { type: 'kafka', topic: 't' },
      isPaused: true,
      pausedAs: 'gone',
      lastError: { at: 1, what: 'gone' },
      after: null,
    },
  ];
  const counted = { ...all[end], subscriptions: 2, parked: 2 };
  const exportOf = (some: readonly object[], last: object = counted): string[] => [
    ...lines.slice(0, -1),
    ...[...some, last].map((line) => JSON.stringify(line)),
  ];

  it('stand on the events on which they stood, and webhooks wait for a secret', async () => {
    const { store, subscriptions, imported } = await importing(exportOf(told));
    expect(imported).toMatchObject({ subscriptions: 2, parked: 2 });
    const { events } = await store.readAll({ limit: 9 });
    const [, a2, b3] = events.map(({ position }) => position);
    const [one, other] = await subscriptions.list({ limit: 9 });
    expect(one).toMatchObject({ name: 'all', ...said, isPaused: true, sink: webhook, position: b3 });
    expect(one!.pausedAs).toContain('give it a secret');
    expect(await subscriptions.secrets('all')).toEqual([]);
    const kept = { ...told[3], kind: undefined, after: undefined };
    expect(other).toEqual({ ...kept, revision: other!.revision, replays: 0, position: store.beginning });
    const parked = { since: 1, tries: 2 };
    expect(await subscriptions.parked('all', { limit: 9 })).toEqual([
      { channel: 'a', number: 2, position: a2, ...parked, what: '4xx' },
      { channel: 'b', number: 4, position: store.beginning, ...parked, nextTryAt: 3, what: '' },
    ]);
  });

  const changed = (index: number, fields: object): string[] =>
    exportOf(told.with(index, { ...told[index]!, ...fields } as (typeof told)[number]));
  const notOne = 'it is not one of an export';
  const elsewhere = { channel: 'a', number: 77 };
  const UUID = '193270a9-c9cf-404a-8f83-838e71d9ae67';

  it.each<[string, readonly string[], line: number, why: string]>([
    ['what no operator may say', changed(0, { name: 'not allowed' }), 0, notOne],
    ['a count that is none', changed(0, { delivered: -1 }), 0, notOne],
    ['no state', changed(0, { isPaused: 1 }), 0, notOne],
    ['a place that is none', changed(0, { after: 7 }), 0, notOne],
    ['no place', changed(0, { after: undefined }), 0, notOne],
    ['an error that is none', changed(0, { lastError: 'x' }), 0, notOne],
    ['a time that no date has', changed(0, { createdAt: 8.64e15 + 1 }), 0, notOne],
    ['an error at such a time', changed(0, { lastError: { at: 8.64e15 + 1, what: 'x' } }), 0, notOne],
    ['no list of types', changed(0, { types: null }), 0, notOne],
    ['no list of rockets', changed(0, { channels: null }), 0, notOne],
    ['rockets as no event names them', changed(0, { channels: [UUID.toUpperCase()] }), 0, notOne],
    ['since a time that no date has', changed(1, { since: 8.64e15 + 1 }), 1, notOne],
    ['a next try at such a time', changed(1, { nextTryAt: 8.64e15 + 1 }), 1, notOne],
    ['a next try at no time', changed(1, { nextTryAt: null }), 1, notOne],
    ['no reason', changed(1, { what: undefined }), 1, notOne],
    ['a rocket that is none', changed(1, { channel: 'a b' }), 1, notOne],
    ['a number that is none', changed(1, { number: 'x' }), 1, notOne],
    [
      'an event that is not there',
      changed(0, { after: elsewhere }),
      0,
      'there is no event 77 of a before it',
    ],
    ['one inside a range', changed(0, { after: { channel: 'b', number: 2 } }), 0, 'there is no event 2 of b'],
    ['what is parked nowhere', changed(1, { at: elsewhere }), 1, 'there is no event 77 of a before it'],
    ['one twice', exportOf([told[0]!, ...told]), 1, 'all is there twice'],
    ['what nobody parked', exportOf(told.slice(1)), 0, 'there is no subscription before it'],
    ['one too few', exportOf(told.slice(0, 3)), 3, 'it counts 2 subscriptions, and there were 1'],
    ['one too many parked', exportOf(told.toSpliced(1, 1)), 3, 'it counts 2 parked, and there were 1'],
    ['nothing counted', exportOf(told, all[end]), 4, 'it counts 0 subscriptions, and there were 2'],
  ])('are refused with %s, and the line is named', async (_, wrong, line, why) => {
    await expect(importing(wrong)).rejects.toThrow(`line ${end + line + 1}: ${why}`);
  });
});
