import type { SinkSettings } from '../../../application/ports/subscription-store.js';
import type { NewSubscription, SubscriptionWish } from '../../../application/subscriptions/subscriptions.js';
import { canonicalChannel, isChannel } from '../../../domain/channel.js';
import { eventTypes } from '../../../domain/rocket-event.js';
import { problemOfSecret } from '../../webhooks/secret.js';
import { BodyReader } from '../body-reader.js';
import { isObject } from '../json-body.js';

export const namePattern = /^(?!\.+$)[A-Za-z0-9._-]{1,64}$/;
export const topicPattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
export const MOST_CHANNELS = 1000;
export const LONGEST_URL = 2048;
export const MOST_IN_BATCH = 1000;
export const LONGEST_WAIT_MS = 60_000;
const LONGEST_POSITION = 128;

export const isSubscriptionName = (text: string): boolean => namePattern.test(text);

export const readNewSubscription = (body: unknown): NewSubscription => {
  const reader = new BodyReader(body);
  const name = reader.requiredText('name', isSubscriptionName, NAME);
  const types = typesIn(reader);
  const channels = channelsIn(reader);
  const from = fromIn(reader) ?? 'now';
  const sink = sinkIn(reader, reader.required('sink'));
  const secret = secretIn(reader);
  if (secret !== undefined && sink?.type === 'kafka')
    reader.refuse('secret', 'not-a-webhook', 'is only for webhooks: what goes to Kafka is not signed');
  finish(reader);
  return {
    name,
    ...(types && { types }),
    ...(channels && { channels }),
    from,
    sink: sink!,
    ...(secret !== undefined && { secret }),
  };
};

/** `null` takes a filter away. */
export const readSubscriptionWish = (body: unknown): SubscriptionWish => {
  const reader = new BodyReader(body);
  const state = reader.oneOf('state', ['running', 'paused']);
  const types = reader.value('types') === null ? null : typesIn(reader);
  const channels = reader.value('channels') === null ? null : channelsIn(reader);
  const given = reader.value('sink');
  const sink = given === undefined ? undefined : sinkIn(reader, given);
  const wish = {
    ...(state !== undefined && { state }),
    ...(types !== undefined && { types }),
    ...(channels !== undefined && { channels }),
    ...(sink !== undefined && { sink }),
  };
  if (isObject(body) && Object.keys(body).length === 0)
    reader.refuse('', 'missing', 'must name what is to be changed: state, types, channels or sink');
  finish(reader);
  return wish;
};

export const readReplay = (body: unknown): NewSubscription['from'] => {
  const reader = new BodyReader(body);
  reader.required('from');
  const from = fromIn(reader);
  finish(reader);
  return from!;
};

export const readSecret = (body: unknown): string | undefined => {
  const reader = new BodyReader(body);
  const secret = secretIn(reader);
  finish(reader);
  return secret;
};

/** Of one rocket, or of all. */
export const readRetry = (body: unknown): string | undefined => {
  const reader = new BodyReader(body);
  const channel = reader.text('channel', isChannel, CHANNEL);
  finish(reader);
  return channel === undefined ? undefined : canonicalChannel(channel);
};

export const readDrop = (body: unknown): { readonly channel: string; readonly upTo: number | undefined } => {
  const reader = new BodyReader(body);
  const channel = reader.requiredText('channel', isChannel, CHANNEL);
  const upTo = reader.integer('upTo', 1, Number.MAX_SAFE_INTEGER);
  finish(reader);
  return { channel: canonicalChannel(channel), upTo };
};

/** Where nothing is to be said. */
export const readNothing = (body: unknown): void => finish(new BodyReader(body));

const NAME = 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -, and not dots alone';
const CHANNEL = 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : -';

const finish = (reader: BodyReader): void => {
  reader.close();
  reader.finish();
};

const typesIn = (reader: BodyReader) =>
  reader.list(
    'types',
    eventTypes.length,
    (text) => eventTypes.find((type) => type === text),
    `must be one of ${eventTypes.join(', ')}`,
  );

const channelsIn = (reader: BodyReader): readonly string[] | undefined =>
  reader.list(
    'channels',
    MOST_CHANNELS,
    (text) => (isChannel(text) ? canonicalChannel(text) : undefined),
    CHANNEL,
  );

const fromIn = (reader: BodyReader): NewSubscription['from'] | undefined =>
  reader.text(
    'from',
    (text) => text !== '' && text.length <= LONGEST_POSITION,
    'must be start, now, or a position as events have it',
  );

const secretIn = (reader: BodyReader): string | undefined => {
  const given = reader.value('secret');
  if (given === undefined) return undefined;
  if (typeof given === 'string' && problemOfSecret(given) === undefined) return given;
  const mustBe = 'must be whsec_ and base64 of 24 to 64 bytes, as openssl rand -base64 32 prints it';
  reader.refuse('secret', typeof given === 'string' ? 'invalid' : 'wrong-type', mustBe);
  return undefined;
};

const sinkIn = (parent: BodyReader, given: unknown): SinkSettings | undefined => {
  if (given === undefined) return undefined;
  const reader = parent.within('sink', given);
  reader.required('type');
  const type = reader.oneOf('type', ['webhook', 'kafka']);
  if (type === undefined) return undefined;
  const sink = type === 'webhook' ? webhookIn(reader) : topicIn(reader);
  reader.close();
  return sink;
};

const webhookIn = (reader: BodyReader): SinkSettings => {
  const url = reader.requiredText(
    'url',
    (text) => text.length <= LONGEST_URL && URL.canParse(text),
    `must be a URL of at most ${LONGEST_URL} characters`,
  );
  const given = reader.value('batch');
  if (given === undefined) return { type: 'webhook', url };
  const bounds = reader.within('batch', given);
  for (const name of ['events', 'ms']) bounds.required(name);
  const events = bounds.integer('events', 1, MOST_IN_BATCH);
  const ms = bounds.integer('ms', 0, LONGEST_WAIT_MS);
  bounds.close();
  return { type: 'webhook', url, batch: { events: events ?? 1, ms: ms ?? 0 } };
};

const topicIn = (reader: BodyReader): SinkSettings => ({
  type: 'kafka',
  topic: reader.requiredText(
    'topic',
    (text) => topicPattern.test(text),
    'must be 1 to 249 characters of A-Z a-z 0-9 . _ -',
  ),
});
