/**
 * What a rocket must be after its messages, told a second time in other words. It shares nothing with `src/domain`,
 * not even a type: a mistake there can't be repeated here by reuse.
 */
export interface Said {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export const saidBy = ({ type, data }: { readonly type: string; readonly data: object }): Said => ({
  type,
  data: { ...data },
});

export interface Told extends Said {
  readonly time: string;
}

/** One entry of a history: a message that took its number, or a range that was given up. */
export type Entry = { readonly number: number; readonly told: Told } | Skipped;

export interface Skipped {
  /** The last number of the range. */
  readonly number: number;
  readonly skippedFrom: number;
  readonly by: object;
  readonly why: string | undefined;
  readonly time: string;
}

export interface Sight {
  version: number;
  status: 'awaiting-launch' | 'flying' | 'exploded';
  complete: boolean;
  updatedAt: string | null;
  /** Null from a skipped launch on, until a launch is heard after all. */
  speed: number | null;
  /** What was heard of changes while the speed is unknown. */
  speedChange: number | null;
  type: unknown;
  mission: unknown;
  reason: unknown;
  launchedAt: string | null;
  explodedAt: string | null;
}

export const unseen = (): Sight => ({
  version: 0,
  status: 'awaiting-launch',
  complete: true,
  updatedAt: null,
  speed: 0,
  speedChange: null,
  type: null,
  mission: null,
  reason: null,
  launchedAt: null,
  explodedAt: null,
});

/** Moves `sight` on by one entry and answers the event that must stand in the history for it. */
export const follow = (sight: Sight, entry: Entry): Told => {
  sight.version = entry.number;
  if ('skippedFrom' in entry) {
    sight.complete = false;
    sight.updatedAt = entry.time;
    if (sight.status === 'awaiting-launch') {
      sight.status = 'flying';
      sight.speed = null;
      sight.speedChange = 0;
    }
    const { number, skippedFrom, by, why, time } = entry;
    const data = { from: skippedFrom, to: number, by, ...(why === undefined ? {} : { why }) };
    return { type: 'MessagesSkipped', data, time };
  }
  const { type, data, time } = entry.told;
  const objection = objectionTo(sight, type, data);
  if (objection !== undefined) {
    return { type: 'MessageRefused', data: { rule: objection, message: { type, data } }, time };
  }
  sight.updatedAt = time;
  take(sight, type, data, time);
  return { type, data, time };
};

const objectionTo = (sight: Sight, type: string, data: Told['data']): string | undefined => {
  if (sight.status === 'exploded') return 'rocket-exploded';
  const isLaunch = type === 'RocketLaunched';
  if (sight.status === 'awaiting-launch') return isLaunch ? undefined : 'not-launched';
  if (isLaunch) return sight.launchedAt === null ? undefined : 'already-launched';
  const figure = figureAfter(sight, type, data);
  if (figure > BigInt(Number.MAX_SAFE_INTEGER) || figure < -BigInt(Number.MAX_SAFE_INTEGER)) {
    return 'speed-out-of-range';
  }
  return sight.complete && figure < 0n ? 'speed-below-zero' : undefined;
};

/** The speed, or what is known of its changes. */
const figureAfter = ({ speed, speedChange }: Sight, type: string, data: Told['data']): bigint => {
  const figure = BigInt(speed === null ? Number(speedChange) : speed);
  if (type === 'RocketSpeedIncreased') return figure + BigInt(Number(data.by));
  if (type === 'RocketSpeedDecreased') return figure - BigInt(Number(data.by));
  return figure;
};

const take = (sight: Sight, type: string, data: Told['data'], time: string): void => {
  if (type === 'RocketLaunched') {
    sight.status = 'flying';
    sight.type = data.type;
    sight.mission = data.mission;
    sight.speed = Number(data.launchSpeed);
    sight.speedChange = null;
    sight.launchedAt = time;
  } else if (type === 'RocketMissionChanged') {
    sight.mission = data.newMission;
  } else if (type === 'RocketExploded') {
    sight.status = 'exploded';
    sight.reason = data.reason;
    sight.explodedAt = time;
  } else {
    const figure = Number(figureAfter(sight, type, data));
    if (sight.speed === null) sight.speedChange = figure;
    else sight.speed = figure;
  }
};

/** Deep equality of plain JSON values, whatever the order of keys. */
export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (!isComposed(a) || !isComposed(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !equal(a[key], b[key])) return false;
  return true;
};

const isComposed = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
