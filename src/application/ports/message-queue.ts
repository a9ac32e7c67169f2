import type { RocketMessage } from '../../domain/rocket-message.js';

/** Where messages stand until somebody works them off, so that their senders need not wait for the store. */
export interface MessageQueue {
  /** A queue can fail in parts: messages of one lane are put together, and lanes do not wait for each other. */
  laneOf(message: RocketMessage): number;
  /**
   * Resolves when the queue holds all of them as safely as it can. When it rejects, nobody knows which of them it holds: to
   * put them once more is harmless. `traceparents`: of each of them, for whoever works it off. Rejects with `MessageTooLarge` when one of them is more than it takes, now and later.
   */
  put(messages: readonly RocketMessage[], traceparents?: readonly (string | undefined)[]): Promise<void>;
}

/** The queue does not take anything now; nothing of the call was acknowledged. */
export class QueueUnavailable extends Error {
  readonly code = 'queue-unavailable';
}

/** The queue takes no message of this size. */
export class MessageTooLarge extends Error {
  readonly code = 'body-too-large';
}
