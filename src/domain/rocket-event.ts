import type { RocketReport } from './rocket-message.js';

/** The business rules a message can break. Stored with the event and shown to clients. */
export const refusalRules = [
  'already-launched',
  'not-launched',
  'speed-out-of-range',
  'speed-below-zero',
  'rocket-exploded',
] as const;
export type RefusalRule = (typeof refusalRules)[number];

/**
 * What we record. One message number leaves exactly one event; `MessagesSkipped` stands at number `to` for the
 * whole range. Stored as written: renaming a type or a field is a data migration.
 */
export type RocketEvent = { readonly time: string } & (
  | RocketReport
  | {
      readonly type: 'MessageRefused';
      readonly data: { readonly rule: RefusalRule; readonly message: RocketReport };
    }
  | { readonly type: 'MessagesSkipped'; readonly data: SkippedRange }
);

export interface SkippedRange {
  readonly from: number;
  readonly to: number;
  readonly by: Skipper;
  /** What the operator gave as the reason, at most `maxWhyCharacters` of them. */
  readonly why?: string;
}

/** `key` names the key the operator came with, once there are keys. */
export type Skipper =
  | { readonly who: 'operator'; readonly key?: string }
  /** Nobody: the gap stayed open for longer than `GAP_TIMEOUT`. */
  | { readonly who: 'timeout' };

export const maxWhyCharacters = 256;

export const eventTypes = [
  'RocketLaunched',
  'RocketSpeedIncreased',
  'RocketSpeedDecreased',
  'RocketMissionChanged',
  'RocketExploded',
  'MessageRefused',
  'MessagesSkipped',
] as const satisfies readonly RocketEvent['type'][];

/** What the rocket said in the message this event records; a skipped range said nothing. */
export const reportOf = (event: RocketEvent): RocketReport | undefined => {
  if (event.type === 'MessagesSkipped') return undefined;
  return event.type === 'MessageRefused' ? event.data.message : event;
};
