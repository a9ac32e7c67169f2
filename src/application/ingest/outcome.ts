import type { RefusalRule } from '../../domain/rocket-event.js';

/** What became of one message. */
export interface Outcome {
  readonly outcome: OutcomeKind;
  readonly channel: string;
  readonly number: number;
  /** The channel's version after the batch this message was judged in. */
  readonly version: number;
  /** Only when `buffered`: the first range this message waits for. */
  readonly missing?: NumberRange;
  /** Only when `refused`. */
  readonly rule?: RefusalRule | 'arrived-after-skip';
}

export const outcomeKinds = ['applied', 'refused', 'buffered', 'duplicate', 'conflict'] as const;
export type OutcomeKind = (typeof outcomeKinds)[number];

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}
