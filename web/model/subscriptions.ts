import { durationText, figure, plural, shortTime, unknown } from './format.js';
import type { SubscriptionJson, SubscriptionState, TestJson } from './wire.js';
import { eventWords } from './wording.js';

export const stateWords: Readonly<Record<SubscriptionState, string>> = {
  running: 'Running',
  paused: 'Paused',
  failing: 'Failing',
};

export const lagText = ({ lag }: SubscriptionJson): string =>
  // Nobody counts further.
  lag.isMore === true ? `${figure(lag.events)}+ events` : plural(lag.events, 'event');

/** How long the first of them waits. */
export const lagTimeText = ({ lag }: SubscriptionJson): string =>
  lag.events === 0 ? unknown : durationText(lag.seconds * 1000);

export const sinkText = ({ sink }: SubscriptionJson): string =>
  sink.type === 'webhook' ? sink.url : `Kafka topic ${sink.topic}`;

export const batchText = ({ sink }: SubscriptionJson): string | undefined =>
  sink.type === 'webhook' && sink.batch !== undefined
    ? `up to ${plural(sink.batch.events, 'event')} together, after at most ${figure(sink.batch.ms)} ms`
    : undefined;

export const filterText = ({ types, channels }: SubscriptionJson): string => {
  const what = types?.map((type) => eventWords[type]).join(', ') ?? 'Every event';
  if (channels === undefined) return `${what} of every rocket`;
  return `${what} of ${channels.length === 1 ? String(channels[0]) : plural(channels.length, 'rocket')}`;
};

const times = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** In the words of the service, with its times as this page has them. */
export const waitsText = ({ waitsFor }: SubscriptionJson, at: number): string =>
  waitsFor.replace(times, (time) => `${shortTime(time, at)} UTC`);

export const errorText = ({ lastError }: SubscriptionJson, at: number): string =>
  lastError === undefined ? unknown : `${shortTime(lastError.at, at)}: ${lastError.what}`;

/** What the receiver answered to a test event. */
export const testText = ({ answer, what, afterSeconds }: TestJson): string => {
  const said = what === undefined ? '' : `: ${what}`;
  const later = afterSeconds === undefined ? '' : ` It asks to be left alone for ${figure(afterSeconds)} s.`;
  switch (answer) {
    case 'yes':
      return 'The receiver took the test event.';
    case 'again':
      return `The test event did not get through${said}.${later}`;
    case 'no':
      return `The receiver refused the test event${said}.`;
    case 'gone':
      return `The receiver wants nothing more${said}.`;
  }
};

/** One thing that is wrong with what was typed, and where: a JSON pointer into what was sent. */
export interface Fault {
  readonly pointer?: string;
  readonly message: string;
}

/** What is wrong with one field of a form, be it with all of it or with a part. */
export const faultAt = (faults: readonly Fault[], pointer: string): string | undefined =>
  faults.find((fault) => standsIn(fault, pointer))?.message;

/** What no field on the form can show. */
export const faultsElsewhere = (faults: readonly Fault[], pointers: readonly string[]): readonly string[] =>
  faults
    .filter((fault) => !pointers.some((pointer) => standsIn(fault, pointer)))
    .map(({ message }) => message);

const standsIn = ({ pointer = '' }: Fault, field: string): boolean =>
  pointer === field || pointer.startsWith(`${field}/`);
