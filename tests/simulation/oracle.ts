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
export type Entry =
  | { readonly number: number; readonly told: Told }
  | { readonly number: number; readonly skippedFrom: number; readonly time: string };

export interface Sight {
  version: number;
  status: 'awaiting-launch' | 'flying' | 'exploded';
  complete: boolean;
  updatedAt: string | null;
  speed: number;
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
    if (sight.status === 'awaiting-launch') sight.status = 'flying';
    return {
      type: 'MessagesSkipped',
      data: { from: entry.skippedFrom, to: entry.number },
      time: entry.time,
    };
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
  const speed = speedAfter(sight, type, data);
  if (speed > BigInt(Number.MAX_SAFE_INTEGER) || speed < -BigInt(Number.MAX_SAFE_INTEGER)) {
    return 'speed-out-of-range';
  }
  return sight.complete && speed < 0n ? 'speed-below-zero' : undefined;
};

const speedAfter = (sight: Sight, type: string, data: Told['data']): bigint => {
  const speed = BigInt(sight.speed);
  if (type === 'RocketSpeedIncreased') return speed + BigInt(Number(data.by));
  if (type === 'RocketSpeedDecreased') return speed - BigInt(Number(data.by));
  return speed;
};

const take = (sight: Sight, type: string, data: Told['data'], time: string): void => {
  if (type === 'RocketLaunched') {
    sight.status = 'flying';
    sight.type = data.type;
    sight.mission = data.mission;
    sight.speed = Number(data.launchSpeed);
    sight.launchedAt = time;
  } else if (type === 'RocketMissionChanged') {
    sight.mission = data.newMission;
  } else if (type === 'RocketExploded') {
    sight.status = 'exploded';
    sight.reason = data.reason;
    sight.explodedAt = time;
  } else {
    sight.speed = Number(speedAfter(sight, type, data));
  }
};

/** Deep equality of plain JSON values, whatever the order of keys. */
export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return (
    left.length === right.size && left.every(([key, value]) => right.has(key) && equal(value, right.get(key)))
  );
};
