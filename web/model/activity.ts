import type { ActivityJson } from './wire.js';

/** What a chart draws of a span of time; x in milliseconds, where each of its parts begins. */
export interface FleetSeries {
  readonly xs: number[];
  readonly eventsPerSecond: (number | null)[];
  readonly gaps: (number | null)[];
  readonly rulesBroken: (number | null)[];
}

/**
 * Where nobody counted (before `since`, and in a second that was not looked at yet) is not the same as nothing. The last part is still under way: what came in it is
 * divided by the seconds that have passed of it, or a busy fleet would always seem to slow down.
 */
export const fleetSeries = (activity: ActivityJson, since: string, now: number): FleetSeries => {
  const from = Date.parse(activity.from);
  const step = activity.seconds * 1000;
  const xs = activity.events.map((_events, index) => from + index * step);
  const counted = (index: number): boolean =>
    (xs[index] ?? 0) + step > Date.parse(since) &&
    (activity.gaps[index] !== null || (activity.events[index] ?? 0) > 0);
  return {
    xs,
    eventsPerSecond: activity.events.map((events, index) => {
      const passed = Math.min(step, Math.max(1000, now - (xs[index] ?? 0)));
      return counted(index) ? (events * 1000) / passed : null;
    }),
    gaps: [...activity.gaps],
    rulesBroken: activity.rulesBroken.map((broken, index) => (counted(index) ? broken : null)),
  };
};

/** Messages of a span by what became of them. */
export const arrivalsIn = ({ messages }: ActivityJson, outcome: keyof ActivityJson['messages']): number =>
  messages[outcome].reduce((sum, count) => sum + count, 0);

export const latest = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;

export const most = (values: readonly (number | null)[]): number =>
  values.reduce<number>((high, value) => Math.max(high, value ?? 0), 0);
