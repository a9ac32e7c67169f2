import { eventTypes, type RocketEvent } from '../../src/domain/rocket-event.js';
import type { SinkJson, SubscriptionJson } from './wire.js';

export type From = 'now' | 'start' | 'position';

export interface FilterForm {
  /** None means all. */
  readonly types: readonly RocketEvent['type'][];
  readonly channels: string;
}

export interface SinkForm {
  readonly kind: SinkJson['type'];
  readonly url: string;
  readonly topic: string;
  /** Of a batch: most events, and longest wait in milliseconds. */
  readonly events: string;
  readonly ms: string;
}

/** As somebody fills it in: all of it text. */
export interface SubscriptionForm extends FilterForm, SinkForm {
  readonly name: string;
  readonly from: From;
  readonly position: string;
  readonly secret: string;
}

export const emptyForm: SubscriptionForm = {
  name: '',
  kind: 'webhook',
  url: '',
  topic: '',
  events: '',
  ms: '',
  types: [],
  channels: '',
  from: 'now',
  position: '',
  secret: '',
};

export const formOf = ({ name, sink, types = [], channels = [] }: SubscriptionJson): SubscriptionForm => {
  const filter = { ...emptyForm, name, types, channels: channels.join('\n'), kind: sink.type };
  if (sink.type === 'kafka') return { ...filter, topic: sink.topic };
  const { url, batch } = sink;
  return { ...filter, url, ...(batch && { events: String(batch.events), ms: String(batch.ms) }) };
};

/** What is wrong with it, the service says. */
export const newSubscription = (form: SubscriptionForm): object => {
  const { name, kind, secret } = form;
  const types = typesIn(form);
  const channels = channelsIn(form);
  return {
    name: name.trim(),
    sink: sinkIn(form),
    from: fromIn(form),
    ...(types && { types }),
    ...(channels && { channels }),
    ...(kind === 'webhook' && secret.trim() !== '' && { secret: secret.trim() }),
  };
};

/** Only what is other than before: a sink that is named anew is tried anew. Undefined: nothing is. */
export const changesIn = (before: SubscriptionJson, form: SubscriptionForm): object | undefined => {
  const had = formOf(before);
  const wish = {
    ...(!isSame(typesIn(had), typesIn(form)) && { types: typesIn(form) ?? null }),
    ...(!isSame(channelsIn(had), channelsIn(form)) && { channels: channelsIn(form) ?? null }),
    ...(!isSame(sinkIn(had), sinkIn(form)) && { sink: sinkIn(form) }),
  };
  return Object.keys(wish).length === 0 ? undefined : wish;
};

export const fromIn = ({ from, position }: Pick<SubscriptionForm, 'from' | 'position'>): string =>
  from === 'position' ? position.trim() : from;

const typesIn = ({ types }: FilterForm): readonly string[] | undefined =>
  types.length === 0 ? undefined : eventTypes.filter((type) => types.includes(type));

const channelsIn = ({ channels }: FilterForm): readonly string[] | undefined => {
  const named = channels.split(/[\s,]+/).filter((channel) => channel !== '');
  return named.length === 0 ? undefined : named;
};

/** Of a batch that is half filled in, the service says what is missing. */
const sinkIn = ({ kind, url, topic, events, ms }: SinkForm): object =>
  kind === 'kafka'
    ? { type: kind, topic: topic.trim() }
    : {
        type: kind,
        url: url.trim(),
        ...((events !== '' || ms !== '') && { batch: { ...counted({ events, ms }) } }),
      };

const counted = (texts: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text.trim() !== '')
      .map(([name, text]) => [name, Number(text)]),
  );

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
