import fc from 'fast-check';
import { anyReport } from '../messages.js';

/** Few, so that what is drawn meets what is there. */
export const channels = ['a', 'b.', 'A', '193270a9-c9cf-404a-8f83-838e71d9ae67'];

const times = [
  '2026-10-01T12:00:00Z',
  '2022-02-02T19:39:05.86337+01:00',
  '1969-12-31T23:59:59.999999999-12:00',
];

const numbers = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_000_000, Number.MAX_SAFE_INTEGER) },
);

const messageOf = (channel: fc.Arbitrary<string>): fc.Arbitrary<object> =>
  fc
    .tuple(channel, numbers, fc.constantFrom(...times), anyReport, fc.boolean())
    .map(([of, messageNumber, messageTime, { type, data }, old]) => ({
      metadata: { channel: of, messageNumber, messageTime, messageType: type },
      [old ? 'content' : 'message']: data,
    }));

const skip: fc.Arbitrary<object> = fc.oneof(
  fc.record({ upTo: numbers }),
  fc.record({ from: numbers, to: numbers, why: fc.string({ unit: 'grapheme' }) }),
);

export const subscriptionNames = ['s1', 'S2', '_.-'];

const some = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 });
const wanted = {
  types: fc.option(some(['RocketLaunched', 'RocketExploded', 'MessageRefused'])),
  channels: fc.option(some(channels)),
  sink: fc.oneof(
    fc.record(
      {
        type: fc.constant('webhook'),
        url: fc.constantFrom('https://receiver.example/hook', 'http://inside.example/', 'http://[::1]:8080/'),
        batch: fc.record({ events: fc.nat(1001), ms: fc.nat(60_001) }),
      },
      { requiredKeys: ['type', 'url'] },
    ),
    fc.record({ type: fc.constant('kafka'), topic: fc.constantFrom('rockets.events', '..', 't') }),
  ),
};
const from = fc.constantFrom('start', 'now', 'elsewhere-1');
const secret = fc.constantFrom(`whsec_${'a'.repeat(32)}`, 'whsec_short');

/** What the routes of subscriptions are sent, by what stands behind the name. */
const subscriptionBodies: Readonly<Record<string, fc.Arbitrary<object>>> = {
  '': fc.record({ ...wanted, state: fc.constantFrom('running', 'paused') }, { requiredKeys: [] }),
  '/replay': fc.record({ from }),
  '/secret': fc.record({ secret }, { requiredKeys: [] }),
  '/test': fc.constant({}),
  '/parked/retry': fc.record({ channel: fc.constantFrom(...channels) }, { requiredKeys: [] }),
  '/parked/drop': fc.record(
    { channel: fc.constantFrom(...channels), upTo: numbers },
    { requiredKeys: ['channel'] },
  ),
};
const newSubscription = fc.record(
  { name: fc.constantFrom(...subscriptionNames), ...wanted, from, secret },
  { requiredKeys: ['name', 'sink'] },
);

/** Anything but what belongs there. */
const literal: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    '[]',
    '{}',
    '""',
    '-0',
    '0',
    '-1',
    '1.0',
    '1e0',
    '1.5',
    '+1',
    '01',
    '.5',
    'NaN',
  ),
  fc.constantFrom(
    '9007199254740991',
    '9007199254740992',
    '9007199254740990.9',
    '1e400',
    '-1e400',
    '1e-400',
    '1e999999',
  ),
  fc.constantFrom(
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude80"',
    '"\\x"',
    '"\t"',
    '"\u0000"',
    "'a'",
  ),
  fc.nat(300).map((length) => `"${'🚀'.repeat(length)}"`),
  fc.nat(40).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.nat(40).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.double().map(String),
  fc.json({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string(),
);

const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'by',
    'type',
    'channel',
    'message',
    'content',
    'metadata',
    'upTo',
    'from',
    'sink',
    'toString',
    '',
  ),
  fc.constantFrom('__proto__', 'constructor', 'prototype', '\u0000', 'a\u0000', '\ud800', '__proto__\u200b'),
  fc.string({ unit: 'binary' }),
);

type Edit = (text: string) => string;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: literal.map(
      (other): Edit =>
        () =>
          other,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(name, literal).map(
      ([field, value]): Edit =>
        (text) =>
          `${text},${JSON.stringify(field)}:${value}`,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Edit>(
      (text) => `[${text}]`,
      (text) => `${text},`,
      () => '',
    ),
  },
  { weight: 1, arbitrary: fc.constant<Edit>((text) => JSON.stringify(text)) },
);

/** The text of a value, in which some of the values, counted from the outside in, were put otherwise. */
const textOf = (value: unknown, edits: ReadonlyMap<number, Edit>, count = { values: 0 }): string => {
  const change = edits.get(count.values++);
  let text: string;
  if (typeof value !== 'object' || value === null) text = JSON.stringify(value);
  else {
    const fields = Object.entries(value).map(
      ([field, child]) => `${JSON.stringify(field)}:${textOf(child, edits, count)}`,
    );
    text = `{${fields.join(',')}}`;
  }
  return change === undefined ? text : change(text);
};

const edited = (value: fc.Arbitrary<object>): fc.Arbitrary<string> =>
  fc
    .tuple(value, fc.array(fc.tuple(fc.nat(9), edit), { minLength: 1, maxLength: 3 }))
    .map(([what, edits]) => textOf(what, new Map(edits)));

const cut = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(400), fc.nat(3), fc.string())
    .map(([whole, at, left, other]) => whole.slice(0, at) + other + whole.slice(at + left));

const jsonLike = (value: fc.Arbitrary<object>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: value.map((one) => JSON.stringify(one)) },
    { weight: 8, arbitrary: edited(value) },
    { weight: 2, arbitrary: cut(value.map((one) => JSON.stringify(one))) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );

export const messageText = jsonLike(messageOf(fc.constantFrom(...channels)));
export const skipText = jsonLike(skip);
export const newSubscriptionText = jsonLike(newSubscription);
export const subscriptionTexts = Object.entries(subscriptionBodies).map(
  ([act, body]) => [act, jsonLike(body)] as const,
);

/** Of one rocket: only its own messages are worked off in the same order everywhere. */
export const lineTexts: fc.Arbitrary<string> = fc
  .tuple(
    fc
      .constantFrom(...channels)
      .chain((channel) => fc.array(jsonLike(messageOf(fc.constant(channel))), { maxLength: 6 })),
    fc.constantFrom('\n', '\r\n', '\n\n', ' \n', '\r'),
  )
  .map(([lines, end]) => lines.join(end));

export const bytes: fc.Arbitrary<Buffer> = fc
  .oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300, max: 127 }))
  .map((some) => Buffer.from(some));
