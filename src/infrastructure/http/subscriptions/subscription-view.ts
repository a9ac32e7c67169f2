import type { Delivered } from '../../../application/ports/sink.js';
import type { ParkedSequence, SinkSettings } from '../../../application/ports/subscription-store.js';
import type { SubscriptionReport } from '../../../application/subscriptions/subscriptions.js';

/** Whether this instance delivers to sinks of a kind; another one may all the same. */
export type DeliversHere = (type: SinkSettings['type']) => boolean;

export const subscriptionView = (report: SubscriptionReport, deliversHere: DeliversHere) => {
  const { subscription, lag, parked, isKept } = report;
  const { name, types, channels, sink, position, delivered, retried } = subscription;
  const { lastError, pausedAs, failing } = subscription;
  return {
    name,
    state: stateOf(report),
    ...(types && { types }),
    ...(channels && { channels }),
    sink,
    position,
    lag: { events: lag.events, ...(lag.isMore && { isMore: true }), seconds: Math.round(lag.ms) / 1000 },
    waitsFor: waitsFor(report, deliversHere),
    delivered,
    retried,
    ...parked,
    ...(lastError && { lastError: { at: isoText(lastError.at), what: lastError.what } }),
    ...(pausedAs !== undefined && { pausedAs }),
    ...(failing && { nextTryAt: isoText(failing.nextTryAt) }),
    createdAt: isoText(subscription.createdAt),
    kept: isKept,
  };
};

export type SubscriptionState = 'running' | 'paused' | 'failing';

const stateOf = ({ subscription: { isPaused, failing } }: SubscriptionReport): SubscriptionState => {
  if (isPaused) return 'paused';
  return failing === undefined ? 'running' : 'failing';
};

/** In words, the one thing that has to come next. */
const waitsFor = (report: SubscriptionReport, deliversHere: DeliversHere): string => {
  const { subscription, lag, parked } = report;
  const { isPaused, pausedAs, failing, sink } = subscription;
  if (isPaused) return pausedAs === undefined ? 'an operator' : `an operator: ${pausedAs}`;
  if (failing) return `the receiver, which is tried again at ${isoText(failing.nextTryAt)}`;
  if (lag.events > 0) return deliversHere(sink.type) ? 'its turn' : 'an instance that delivers';
  if (parked.givenUp > 0) return `an operator, who says what becomes of ${rockets(parked.givenUp)}`;
  if (parked.parked > 0) return `the receiver, to take what it refused of ${rockets(parked.parked)}`;
  return 'events';
};

const rockets = (count: number): string => `${count} rocket${count === 1 ? '' : 's'}`;

export const parkedView = (one: ParkedSequence) => {
  const { channel, number, position, since, tries, nextTryAt, what } = one;
  return {
    channel,
    number,
    position,
    since: isoText(since),
    tries,
    ...(nextTryAt !== undefined && { nextTryAt: isoText(nextTryAt) }),
    what,
  };
};

export const testView = (told: Delivered) => ({
  delivered: told.kind === 'yes',
  answer: told.kind,
  ...(told.kind !== 'yes' && { what: told.what }),
  ...(told.kind === 'again' && told.afterMs !== undefined && { afterSeconds: told.afterMs / 1000 }),
});

const isoText = (millis: number): string => new Date(millis).toISOString();
