import type { ParkedSequence, Subscription } from '../../src/application/ports/subscription-store.js';
import { noonMillis } from './builders.js';

/** A subscription as it is made, with all that is not said here. */
export const subscriptionOf = (
  name: string,
  parts: Partial<Subscription> & Pick<Subscription, 'position'>,
): Subscription => ({
  name,
  revision: 0,
  sink: { type: 'webhook', url: 'https://example.com/hook' },
  createdAt: noonMillis,
  isPaused: false,
  replays: 0,
  delivered: 0,
  retried: 0,
  ...parts,
});

export const parkedOf = (
  channel: string,
  parts: Partial<ParkedSequence> & Pick<ParkedSequence, 'position'>,
): ParkedSequence => ({
  channel,
  number: 1,
  since: noonMillis,
  tries: 1,
  nextTryAt: noonMillis + 250,
  what: '500',
  ...parts,
});
