import type { RocketReport } from './rocket-message.js';

/** The business rules a message can break. Stored with the event and shown to clients. */
export type RefusalRule =
  'already-launched' | 'not-launched' | 'speed-out-of-range' | 'speed-below-zero' | 'rocket-exploded';

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
  | { readonly type: 'MessagesSkipped'; readonly data: { readonly from: number; readonly to: number } }
);

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
