import { hasGaps, type RocketTotals } from '../../../application/ports/rocket-directory.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { Rocket } from '../../../domain/rocket.js';
import type { StoredRocket } from './rocket-rows.js';
import { sumOf, type Cell } from './rows.js';
import { StoreDamaged } from './store-errors.js';

/** By how much the figures change. `type` and `mission` count rockets by name, `event` events by type. */
export type Deltas = Map<string, number>;

/** Those with an index of their own: so few that they are found without a look at all others. */
export const rareTypes = ['RocketLaunched', 'RocketExploded', 'MessageRefused', 'MessagesSkipped'] as const;
export type RareType = (typeof rareTypes)[number];

/** Of events that are found through an index it is known how many there are. */
export const countEvent = (deltas: Deltas, { type }: RocketEvent): void => {
  if (rareTypes.some((rare) => rare === type)) addTo(deltas, `event ${type}`, 1);
};

export const addTo = (deltas: Deltas, name: string, by: number): void => {
  if (by !== 0) deltas.set(name, (deltas.get(name) ?? 0) + by);
};

export const countChange = (deltas: Deltas, before: StoredRocket, after: StoredRocket): void => {
  const count = (name: string, by: number): void => addTo(deltas, name, by);
  if (before.revision === 0) count('rockets', 1);
  count('waiting', after.waiting - before.waiting);
  count('late', after.late - before.late);
  count('with-gaps', Number(hasGaps(after)) - Number(hasGaps(before)));
  if (before.revision > 0 && sameNames(before.rocket, after.rocket)) return;
  for (const [name, by] of [...namesOf(before, -1), ...namesOf(after, 1)]) count(name, by);
};

const sameNames = (one: Rocket, other: Rocket): boolean => {
  if (one === other) return true;
  if (one.status !== other.status || one.complete !== other.complete) return false;
  if (one.status === 'awaiting-launch' || other.status === 'awaiting-launch') return true;
  return one.type === other.type && one.mission === other.mission;
};

const namesOf = ({ rocket, revision }: StoredRocket, by: number): [string, number][] => {
  if (revision === 0) return [];
  const names: [string, number][] = [[rocket.status, by]];
  if (!rocket.complete) names.push(['incomplete', by]);
  if (rocket.status === 'awaiting-launch') return names;
  if (rocket.type !== null) names.push([`type ${rocket.type}`, by]);
  if (rocket.mission !== null) names.push([`mission ${rocket.mission}`, by]);
  return names;
};

export const totalColumns = 'kind, name, count, sum';

export interface TotalRow {
  readonly kind: string;
  readonly name: string;
  readonly count: number;
  readonly sum: number;
}

/** By so much a figure's checksum grows with each that is counted: SQL can move both at once. */
export const SUM_OF_ONE = 99_991;

/** `type` and `mission` count rockets by name, `event` events by type; everything else is a figure of the fleet. */
export const totalCells = (total: string, count: number): Cell[] => {
  const kind = ['type', 'mission', 'event'].find((one) => total.startsWith(`${one} `)) ?? 'fleet';
  const name = kind === 'fleet' ? total : total.slice(kind.length + 1);
  return [kind, name, count, sumOf([kind, name]) + count * SUM_OF_ONE];
};

export const totalOf = ({ kind, name, count, sum }: TotalRow): readonly [total: string, count: number] => {
  const total = kind === 'fleet' ? name : `${kind} ${name}`;
  if (String(totalCells(total, count)) === String([kind, name, count, sum])) return [total, count];
  throw new StoreDamaged(`damaged: the number of "${total}" does not match its checksum`);
};

/** The figures of the fleet, each known by its name. */
export const figuresOf = (figure: (name: string) => number, events: number): RocketTotals => ({
  rockets: figure('rockets'),
  byStatus: {
    'awaiting-launch': figure('awaiting-launch'),
    flying: figure('flying'),
    exploded: figure('exploded'),
  },
  incomplete: figure('incomplete'),
  withGaps: figure('with-gaps'),
  gaps: figure('gaps'),
  events,
  rulesBroken: figure('event MessageRefused'),
  waiting: figure('waiting'),
  late: figure('late'),
});
