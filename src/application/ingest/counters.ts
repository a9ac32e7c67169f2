import type { outcomes } from '../ports/minute-log.js';
import { outcomeKinds, type OutcomeKind } from './outcome.js';

/**
 * Everything that is counted, in one place. `received` is the sum of all others: nothing vanishes silently.
 * `failed` counts messages that were not stored and were answered so.
 */
export class Counters {
  readonly messages: Record<(typeof outcomes)[number], number> = {
    received: 0,
    applied: 0,
    refused: 0,
    buffered: 0,
    duplicate: 0,
    conflict: 0,
    invalid: 0,
    shed: 0,
    failed: 0,
  };

  settled(outcome: OutcomeKind): void {
    this.messages.received++;
    this.messages[outcome]++;
  }

  /** `invalid`: not a message; `shed`: no room; `failed`: the store did not take it. */
  turnedAway(why: 'invalid' | 'shed' | 'failed'): void {
    this.messages.received++;
    this.messages[why]++;
  }
}

export const noOutcomes = (): Record<OutcomeKind, number> =>
  Object.fromEntries(outcomeKinds.map((kind) => [kind, 0])) as Record<OutcomeKind, number>;
