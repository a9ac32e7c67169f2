import fc from 'fast-check';
import type { RocketReport } from '../../src/domain/rocket-message.js';
import { exploded, faster, launched, missionChanged, slower } from './messages.js';

/** One request that changes something; what it means depends on all that came before. */
export type HistoryCommand =
  | { readonly kind: 'send'; readonly messages: readonly Sending[]; readonly ndjson: boolean }
  | { readonly kind: 'skip'; readonly channel: string; readonly body: object };

export interface Sending {
  readonly channel: string;
  readonly number: number;
  readonly report: RocketReport;
  readonly time: string;
}

/** Channels that are alike as far as they can be. */
export const awkwardChannels = ['a', 'a.', 'a.b', 'A', 'b:-_0', '193270a9-c9cf-404a-8f83-838e71d9ae67'];

/** In order of their bytes, which is neither that of UTF-16 nor that of any language. */
export const awkwardTexts = [
  '%',
  "'",
  'A',
  'Z',
  '\\',
  '_',
  'a',
  'e\u0301',
  'null',
  '\u007f',
  'é',
  '\u2028',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
];

const text = fc.constantFrom(...awkwardTexts);

const report: fc.Arbitrary<RocketReport> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(900), text, text)
      .map(([speed, type, mission]) => launched(speed, type, mission)),
  },
  { weight: 5, arbitrary: fc.nat(900).map(faster) },
  { weight: 4, arbitrary: fc.nat(900).map(slower) },
  { weight: 3, arbitrary: text.map(missionChanged) },
  { weight: 1, arbitrary: text.map(exploded) },
  { weight: 1, arbitrary: fc.constant(faster(Number.MAX_SAFE_INTEGER)) },
);

/** Clocks of rockets run back, stand still, use other zones and finer decimals. */
export const timesOfSending = [
  '2026-10-01T12:00:00Z',
  '2026-10-01T14:00:00.000000001+02:00',
  '2026-10-01t12:00:00.5z',
  '2026-10-01T12:00:00.123456789Z',
  '2026-09-30T23:59:59.9-12:00',
  '1969-12-31T23:59:59Z',
  '2016-12-31T23:59:60Z',
];

/** Mostly the next numbers of a few rockets, so that there is something to repeat, to wait for and to close. */
const sending = (channels: readonly string[], highest: number): fc.Arbitrary<Sending> =>
  fc.record(
    {
      channel: fc.constantFrom(...channels),
      number: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 1, max: highest }) },
        { weight: 1, arbitrary: fc.constantFrom(1_000_000, Number.MAX_SAFE_INTEGER) },
      ),
      report,
      time: fc.constantFrom(...timesOfSending),
    },
    { noNullPrototype: true },
  );

const said = (channel: string, number: number, what: RocketReport): HistoryCommand => ({
  kind: 'send',
  messages: [{ channel, number, report: what, time: timesOfSending[0]! }],
  ndjson: false,
});

/** Everything that can become of a message, once. */
const everyOutcome = (channel: string): HistoryCommand[] => [
  said(channel, 1, launched()),
  said(channel, 4, faster(1)),
  said(channel, 1, faster(1)),
  { kind: 'skip', channel, body: { upTo: 2, why: 'lost' } },
  said(channel, 2, faster(2)),
  said(channel, 2, faster(2)),
  said(channel, 2, faster(3)),
];

/** Any order, repeats, contradictions, gaps that are skipped, and what comes after that. */
export const histories = (channels: readonly string[], highest: number): fc.Arbitrary<HistoryCommand[]> => {
  const one = sending(channels, highest);
  const first = fc.constantFrom(...channels).map((channel) => said(channel, 1, launched()));
  const command = fc.oneof(
    {
      weight: 6,
      arbitrary: one.map((message): HistoryCommand => ({ kind: 'send', messages: [message], ndjson: false })),
    },
    { weight: 2, arbitrary: first },
    {
      weight: 3,
      arbitrary: fc
        .array(one, { minLength: 1, maxLength: 12 })
        .map((messages): HistoryCommand => ({ kind: 'send', messages, ndjson: true })),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...channels),
          fc.oneof(
            { weight: 2, arbitrary: fc.record({ upTo: fc.integer({ min: 1, max: highest }) }) },
            { weight: 1, arbitrary: fc.record({ upTo: fc.constant(Number.MAX_SAFE_INTEGER), why: text }) },
            {
              weight: 1,
              arbitrary: fc.record({
                from: fc.integer({ min: 1, max: 3 }),
                to: fc.integer({ min: 1, max: 3 }),
              }),
            },
          ),
        )
        .map(([channel, body]): HistoryCommand => ({ kind: 'skip', channel, body })),
    },
  );
  return fc
    .tuple(fc.constantFrom(...channels), fc.array(command, { maxLength: 40, size: 'max' }))
    .map(([channel, commands]) => [...everyOutcome(channel), ...commands]);
};
