import { instantKey } from '../../sort-key.js';
import { sumOf, type Cell } from '../checksum.js';
import type { RocketRow } from './rocket-row.js';

/** The row of a rocket, from which its history is folded on. */
export type Tail = { -readonly [K in keyof RocketRow]: RocketRow[K] };

export const newTail = (channel: string): Tail => {
  const launch = { type: null, mission: null, launched_at: null, launched_key: null, speed: null };
  const end = { reason: null, exploded_at: null, updated_at: null, updated_key: null, latest: null };
  const counters = { highest: 0, pending: 0, events: 0, position: 0, chain: 0, sum: 0 };
  return {
    channel,
    revision: 0,
    version: 0,
    status: 'awaiting-launch',
    complete: 1,
    ...launch,
    ...end,
    ...counters,
  };
};

/** `state` as `stateCells` gives it. */
export const applyState = (tail: Tail, state: readonly Cell[]): void => {
  const [version, status, complete, type, mission, launchedAt, speed, reason, explodedAt, updatedAt] = state;
  tail.version = version as number;
  tail.status = status as RocketRow['status'];
  tail.complete = complete as number;
  tail.type = type as string | null;
  tail.mission = mission as string | null;
  if (tail.launched_at !== launchedAt) {
    tail.launched_at = launchedAt as string | null;
    tail.launched_key = tail.launched_at && instantKey(tail.launched_at);
  }
  tail.speed = speed as number | null;
  tail.reason = reason as string | null;
  tail.exploded_at = explodedAt as string | null;
  tail.updated_at = updatedAt as string | null;
};

/** Everything but the checksum, in column order; the checksum is renewed, and what changes too often to be kept up to date. */
export const sealed = (tail: Tail): Cell[] => {
  tail.updated_key = tail.updated_at && instantKey(tail.updated_at);
  const cells: Cell[] = [
    tail.channel,
    tail.revision,
    tail.version,
    tail.status,
    tail.complete,
    tail.type,
    tail.mission,
    tail.launched_at,
    tail.launched_key,
    tail.speed,
    tail.reason,
    tail.exploded_at,
    tail.updated_at,
    tail.updated_key,
    tail.latest,
    tail.highest,
    tail.pending,
    tail.events,
    tail.position,
    tail.chain,
  ];
  tail.sum = sumOf(cells);
  return cells;
};

/** What is indexed or rarely changes, and is written only when it did. */
export const listedFields = (tail: Tail): string =>
  // As JSON: a mission may be called "null" and have line breaks in its name.
  JSON.stringify([tail.status, tail.complete, tail.type, tail.mission, tail.launched_at, tail.reason]);
