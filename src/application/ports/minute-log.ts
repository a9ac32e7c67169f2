/** Messages by what became of them, as `Counters` has them. */
export const outcomes = [
  'received',
  'applied',
  'refused',
  'buffered',
  'duplicate',
  'conflict',
  'invalid',
  'shed',
  'failed',
] as const;

/** What is counted beside the gaps: events recorded, those among them that say that a rule was broken, and messages. */
export const counted = ['events', 'rulesBroken', ...outcomes] as const;
export type Counted = (typeof counted)[number];

/** What happened in a span of time; `gaps`: how many were open at its end, unknown when nobody looked. */
export type Activity = Readonly<Record<Counted, number>> & { readonly gaps: number | null };

export interface Minute {
  /** Minutes since 1970, UTC. */
  readonly minute: number;
  readonly activity: Activity;
}

/**
 * What happened in each minute of the last day, by instance: kept where the events are kept, so that all instances tell
 * the same history of the fleet, also after a restart. Nothing depends on it but that.
 */
export interface MinuteLog {
  /** What an instance has counted in these minutes, in the place of what it noted of them before. */
  note(instance: string, minutes: readonly Minute[]): Promise<void>;
  /** The minutes from `since` on that other instances noted. */
  ofOthers(instance: string, since: number): Promise<Minute[]>;
}
