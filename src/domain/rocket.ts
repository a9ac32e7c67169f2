import type { RefusalRule, RocketEvent } from './rocket-event.js';
import type { RocketMessage, RocketReport } from './rocket-message.js';

interface Known {
  /** False for ever once a range of messages was skipped: from then on something may be missing from the figures. */
  readonly complete: boolean;
}

interface Launched extends Known {
  /** Null when the launch itself lies in a skipped range. */
  readonly type: string | null;
  readonly mission: string | null;
  readonly launchedAt: string | null;
  /** Null while no launch was heard: then nobody knows the speed, and `speedChange` is the sum of the changes heard. */
  readonly speed: number | null;
  readonly speedChange: number | null;
}

export type Rocket =
  | ({ readonly status: 'awaiting-launch' } & Known)
  | ({ readonly status: 'flying' } & Launched)
  | ({ readonly status: 'exploded'; readonly reason: string; readonly explodedAt: string } & Launched);

export type FlyingRocket = Extract<Rocket, { status: 'flying' }>;

export const rocketStatuses = [
  'awaiting-launch',
  'flying',
  'exploded',
] as const satisfies readonly Rocket['status'][];

export const initialRocket: Rocket = { status: 'awaiting-launch', complete: true };

/** The fold of a rocket's history up to `version`, and when it last changed. */
export interface RocketState {
  readonly version: number;
  readonly rocket: Rocket;
  /** Time of the last event that was not a refusal: the instant as the rocket gave it. */
  readonly updatedAt: string | null;
}

export const initialState: RocketState = { version: 0, rocket: initialRocket, updatedAt: null };

/** The state after one more event of the history, which stands at `number`. */
export const record = (state: RocketState, number: number, event: RocketEvent): RocketState => ({
  version: number,
  rocket: evolve(state.rocket, event),
  updatedAt: event.type === 'MessageRefused' ? state.updatedAt : event.time,
});

/** Total and silent: whatever stands in the history can be folded, in order, without a rule being asked again. */
export const evolve = (rocket: Rocket, event: RocketEvent): Rocket => {
  switch (event.type) {
    case 'RocketLaunched':
      return {
        status: 'flying',
        complete: rocket.complete,
        type: event.data.type,
        mission: event.data.mission,
        launchedAt: event.time,
        speed: event.data.launchSpeed,
        speedChange: null,
      };
    case 'RocketSpeedIncreased':
      return rocket.status === 'flying' ? faster(rocket, event.data.by) : rocket;
    case 'RocketSpeedDecreased':
      return rocket.status === 'flying' ? faster(rocket, -event.data.by) : rocket;
    case 'RocketMissionChanged':
      return rocket.status === 'flying' ? { ...rocket, mission: event.data.newMission } : rocket;
    case 'RocketExploded':
      return rocket.status === 'flying'
        ? { ...rocket, status: 'exploded', reason: event.data.reason, explodedAt: event.time }
        : rocket;
    case 'MessagesSkipped':
      return rocket.status === 'awaiting-launch' ? unheardLaunch : { ...rocket, complete: false };
    case 'MessageRefused':
      return rocket;
  }
};

/** Decides what one message, next in number, means for the rocket. A broken rule is an event like any other. */
export const decide = (message: RocketMessage, rocket: Rocket): RocketEvent => {
  const { report, time } = message;
  const rule = brokenRule(report, rocket);
  return rule === undefined
    ? factOf(report, time)
    : { type: 'MessageRefused', data: { rule, message: report }, time };
};

export const replay = (events: Iterable<RocketEvent>, from: Rocket = initialRocket): Rocket => {
  let rocket = from;
  for (const event of events) rocket = evolve(rocket, event);
  return rocket;
};

const brokenRule = (report: RocketReport, rocket: Rocket): RefusalRule | undefined => {
  if (rocket.status === 'exploded') return 'rocket-exploded';
  if (report.type === 'RocketLaunched') return hasLaunched(rocket) ? 'already-launched' : undefined;
  if (rocket.status === 'awaiting-launch') return 'not-launched';
  if (report.type === 'RocketSpeedIncreased') return brokenSpeedRule(rocket, report.data.by);
  if (report.type === 'RocketSpeedDecreased') return brokenSpeedRule(rocket, -report.data.by);
  return undefined;
};

/** A rocket that flies because its first messages were skipped may still report the launch we never heard. */
const hasLaunched = (rocket: Rocket): boolean => rocket.status === 'flying' && rocket.launchedAt !== null;

const brokenSpeedRule = (rocket: FlyingRocket, by: number): RefusalRule | undefined => {
  const figure = (rocket.speed ?? rocket.speedChange ?? 0) + by;
  if (!Number.isSafeInteger(figure)) return 'speed-out-of-range';
  // The figure of an incomplete rocket leaves out what we did not hear, so it may be negative.
  return figure < 0 && rocket.complete ? 'speed-below-zero' : undefined;
};

const factOf = (report: RocketReport, time: string): RocketEvent => {
  switch (report.type) {
    case 'RocketLaunched':
      return { type: report.type, data: report.data, time };
    case 'RocketSpeedIncreased':
    case 'RocketSpeedDecreased':
      return { type: report.type, data: report.data, time };
    case 'RocketMissionChanged':
      return { type: report.type, data: report.data, time };
    case 'RocketExploded':
      return { type: report.type, data: report.data, time };
  }
};

/** Spelled out instead of spread: this is the one allocation of almost every message. */
const faster = (rocket: FlyingRocket, by: number): Rocket => ({
  status: 'flying',
  complete: rocket.complete,
  type: rocket.type,
  mission: rocket.mission,
  launchedAt: rocket.launchedAt,
  speed: rocket.speed === null ? null : rocket.speed + by,
  speedChange: rocket.speedChange === null ? null : rocket.speedChange + by,
});

const unheardLaunch: Rocket = {
  status: 'flying',
  complete: false,
  type: null,
  mission: null,
  launchedAt: null,
  speed: null,
  speedChange: 0,
};
