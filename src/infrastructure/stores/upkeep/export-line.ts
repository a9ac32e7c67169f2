import { canonicalChannel, isChannel } from '../../../domain/channel.js';
import { maxWhyCharacters, refusalRules, type RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import type { ParkedSequence, Subscription } from '../../../application/ports/subscription-store.js';

/** What a store holds, a line each; all times of ours are UTC milliseconds. */
export type ExportLine =
  | { readonly kind: 'rockets-export'; readonly version: 1 }
  | { readonly kind: 'rocket'; readonly channel: string; readonly heardAt: number }
  | ({ readonly kind: 'event'; readonly recordedAt: number } & Said<RocketEvent>)
  /** `since`: when the gap before it was opened, where another message did that. */
  | ({ readonly kind: 'waiting'; readonly receivedAt: number; readonly since?: number } & Said<RocketReport>)
  | ({ readonly kind: 'late'; readonly receivedAt: number } & Said<RocketReport>)
  /** For how long a service had listened when the gaps before what follows were opened; the last one: in all. */
  | { readonly kind: 'listened'; readonly ms: number }
  /** Without what signs its webhooks, and without what is found out anew. `after`: up to which event it has come. */
  | ({ readonly kind: 'subscription'; readonly after: EventName | null } & Omit<
      Subscription,
      'revision' | 'position' | 'replays' | 'failing'
    >)
  /** Of the subscription before it. `at`: the event on which it stands. */
  | ({ readonly kind: 'parked'; readonly at: EventName | null } & Omit<ParkedSequence, 'position'>)
  /** Without it an export is not complete; it counts subscriptions only where there are any. */
  | ({ readonly kind: 'end' } & Readonly<Record<Counted, number>> & Partial<SubscriptionCounted>);

export type Counted = 'rockets' | 'events' | 'waiting' | 'late';

export type SubscriptionCounted = Readonly<Record<'subscriptions' | 'parked', number>>;

export interface EventName {
  readonly channel: string;
  readonly number: number;
}

interface Said<Of extends { readonly type: string; readonly data: object }> {
  readonly channel: string;
  readonly number: number;
  readonly time: string;
  readonly type: Of['type'];
  readonly data: Of['data'];
}

/** What senders may say is a rule of those who read it from them; nothing else may reach a store by another way. */
export interface MessageRules {
  /** The value of a JSON text; undefined for a text that senders may not use. */
  readonly parse: (text: string) => unknown;
  /** Whether this would be taken from a sender. */
  readonly isMessage: (value: unknown) => boolean;
  /** Whether this would be taken from an operator. */
  readonly isSubscription: (value: unknown) => boolean;
}

/** Reads the lines of an export; undefined for any other. */
export const exportLineReader = ({
  parse,
  ...rules
}: MessageRules): ((text: string) => ExportLine | undefined) => {
  const checks = checksOf(rules);
  return (text) => {
    const line = parse(text);
    if (!isObject(line)) return undefined;
    const { kind, channel } = line;
    if (typeof kind !== 'string' || !Object.hasOwn(checks, kind)) return undefined;
    if (channel !== undefined && !isRocket(channel)) return undefined;
    return checks[kind as ExportLine['kind']](line) ? (line as unknown as ExportLine) : undefined;
  };
};

type Fields = Readonly<Record<string, unknown>>;
type Check = (line: Fields) => boolean;

const checksOf = ({
  isMessage,
  isSubscription,
}: Omit<MessageRules, 'parse'>): Readonly<Record<ExportLine['kind'], Check>> => {
  const isReport = ({ channel, number, time }: Fields, { type, data }: Fields): boolean =>
    isMessage({
      metadata: { channel, messageNumber: number, messageTime: time, messageType: type },
      message: data,
    });
  const isEvent: Check = (line) => {
    const { type, data } = line;
    if (!isObject(data)) return false;
    if (type === 'MessagesSkipped') return isReport(line, anyReport) && isSkip(data, line['number']);
    if (type !== 'MessageRefused') return isReport(line, line);
    const { rule, message } = data;
    return isOneOf(refusalRules, rule) && isObject(message) && isReport(line, message);
  };
  return {
    'rockets-export': ({ version }) => version === 1,
    rocket: ({ channel, heardAt }) => channel !== undefined && isCount(heardAt),
    event: (line) => isCount(line['recordedAt']) && isEvent(line),
    waiting: (line) => isCount(line['receivedAt']) && isCount(line['since'] ?? 0) && isReport(line, line),
    late: (line) => isCount(line['receivedAt']) && isReport(line, line),
    listened: ({ ms }) => isCount(ms),
    subscription: ({ name, types, channels, sink, ...line }) =>
      isSubscription(withoutGaps({ name, types, channels, sink })) &&
      [types, channels].every((list) => list === undefined || Array.isArray(list)) &&
      (channels === undefined || (channels as readonly unknown[]).every(isRocket)) &&
      isProgress(line),
    parked: ({ number, since, tries, nextTryAt, what, at, channel }) =>
      channel !== undefined &&
      [number, tries].every(isCount) &&
      isTime(since) &&
      (nextTryAt === undefined || isTime(nextTryAt)) &&
      typeof what === 'string' &&
      isEventName(at),
    end: (line) => ['rockets', 'events', 'waiting', 'late'].every((counted) => isCount(line[counted])),
  };
};

const withoutGaps = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const isProgress: Check = ({ createdAt, isPaused, pausedAs, after, delivered, retried, lastError }) =>
  [delivered, retried].every(isCount) &&
  isTime(createdAt) &&
  typeof isPaused === 'boolean' &&
  ['undefined', 'string'].includes(typeof pausedAs) &&
  isEventName(after) &&
  (lastError === undefined ||
    (isObject(lastError) && isTime(lastError['at']) && typeof lastError['what'] === 'string'));

const isEventName = (value: unknown): boolean =>
  value === null || (isObject(value) && isRocket(value['channel']) && isCount(value['number']));

/** Stands in for what a skipped range would have said. */
const anyReport: Fields = { type: 'RocketSpeedIncreased', data: { by: 0 } };

const isSkip = ({ from, to, by, why }: Fields, number: unknown): boolean =>
  isCount(from) && from > 0 && from <= Number(to) && to === number && isSkipper(by) && isReason(why);

const isSkipper = (by: unknown): boolean => isObject(by) && isOneOf(['operator', 'timeout'], by['who']);

const isReason = (why: unknown): boolean =>
  why === undefined || (typeof why === 'string' && why !== '' && [...why].length <= maxWhyCharacters);

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOneOf = (values: readonly string[], value: unknown): boolean => values.some((one) => one === value);

const isRocket = (channel: unknown): boolean =>
  typeof channel === 'string' && isChannel(channel) && canonicalChannel(channel) === channel;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Behind that there is no date. */
const LAST_TIME = 8.64e15;

const isTime = (value: unknown): boolean => isCount(value) && value <= LAST_TIME;
