import { evolve, type Rocket } from '../../src/domain/rocket.js';
import type { EventJson, GapJson, GapRange, RocketJson } from './wire.js';

/** A rocket as the table shows it; times also as numbers, so that sorting thousands of rows stays cheap. */
export interface FleetRow extends RocketJson {
  readonly updatedMs: number | null;
}

/** Every rocket and every gap, kept current by folding the live feed with the domain's own `evolve`. */
export class Fleet {
  readonly #rows = new Map<string, FleetRow>();
  readonly #gaps = new Map<string, GapJson[]>();

  get rows(): Iterable<FleetRow> {
    return this.#rows.values();
  }

  get size(): number {
    return this.#rows.size;
  }

  row(channel: string): FleetRow | undefined {
    return this.#rows.get(channel);
  }

  gapsOf(channel: string): readonly GapJson[] {
    return this.#gaps.get(channel) ?? [];
  }

  hasGap(channel: string): boolean {
    return this.#gaps.has(channel);
  }

  /** The gaps of each rocket that has any, in order of number. */
  gapsByRocket(): (readonly GapJson[])[] {
    return [...this.#gaps.values()];
  }

  load(rockets: readonly RocketJson[], gaps: readonly GapJson[]): void {
    this.#rows.clear();
    for (const rocket of rockets) this.put(rocket);
    this.loadGaps(gaps);
  }

  loadGaps(gaps: readonly GapJson[]): void {
    this.#gaps.clear();
    for (const gap of gaps) this.openGap(gap);
  }

  /** A fresh answer of the service replaces the row, unless the feed is already ahead of it. */
  put(rocket: RocketJson): void {
    const known = this.#rows.get(rocket.channel);
    if (known !== undefined && known.version > rocket.version) return;
    this.#rows.set(rocket.channel, { ...rocket, updatedMs: millis(rocket.updatedAt) });
  }

  /** False when events are missing in between: the caller has to fetch this rocket. */
  apply(event: EventJson): boolean {
    const before = this.#rows.get(event.channel) ?? unheard(event.channel);
    if (event.number <= before.version) return true;
    const first = event.type === 'MessagesSkipped' ? event.data.from : event.number;
    if (first > before.version + 1) return false;
    this.#rows.set(event.channel, after(before, event));
    return true;
  }

  openGap(gap: GapJson): void {
    const others = this.gapsOf(gap.channel).filter((known) => known.to < gap.from || known.from > gap.to);
    this.#gaps.set(
      gap.channel,
      [...others, gap].sort((a, b) => a.from - b.from),
    );
    const row = this.#rows.get(gap.channel) ?? unheard(gap.channel);
    this.#rows.set(gap.channel, {
      ...row,
      highestSeen: Math.max(row.highestSeen, gap.to + 1),
      pending: Math.max(row.pending, gap.waiting),
    });
  }

  closeGap(gap: GapRange): void {
    const left = this.gapsOf(gap.channel).filter((known) => known.to < gap.from || known.from > gap.to);
    if (left.length === 0) this.#gaps.delete(gap.channel);
    else this.#gaps.set(gap.channel, left);
  }
}

const after = (row: FleetRow, event: EventJson): FleetRow => {
  const rocket = evolve(rocketOf(row), event);
  const refused = event.type === 'MessageRefused';
  const highestSeen = Math.max(row.highestSeen, event.number);
  return {
    channel: row.channel,
    ...figuresOf(rocket),
    updatedAt: refused ? row.updatedAt : event.time,
    updatedMs: refused ? row.updatedMs : millis(event.time),
    version: event.number,
    highestSeen,
    pending: event.number === highestSeen ? 0 : row.pending,
  };
};

/** The part of a rocket's JSON that the fold decides. */
export const figuresOf = (rocket: Rocket) =>
  rocket.status === 'awaiting-launch'
    ? {
        status: rocket.status,
        complete: rocket.complete,
        type: null,
        speed: null,
        mission: null,
        reason: null,
        launchedAt: null,
        explodedAt: null,
      }
    : {
        status: rocket.status,
        complete: rocket.complete,
        type: rocket.type,
        speed: rocket.speed,
        mission: rocket.mission,
        reason: rocket.status === 'exploded' ? rocket.reason : null,
        launchedAt: rocket.launchedAt,
        explodedAt: rocket.status === 'exploded' ? rocket.explodedAt : null,
      };

const rocketOf = (row: FleetRow): Rocket => {
  if (row.status === 'awaiting-launch') return { status: row.status, complete: row.complete };
  const launched = {
    complete: row.complete,
    type: row.type,
    mission: row.mission,
    launchedAt: row.launchedAt,
    speed: row.speed ?? 0,
  };
  if (row.status === 'flying') return { status: row.status, ...launched };
  return { status: row.status, ...launched, reason: row.reason ?? '', explodedAt: row.explodedAt ?? '' };
};

const unheard = (channel: string): FleetRow => ({
  channel,
  type: null,
  speed: null,
  mission: null,
  status: 'awaiting-launch',
  reason: null,
  launchedAt: null,
  explodedAt: null,
  updatedAt: null,
  updatedMs: null,
  version: 0,
  highestSeen: 0,
  pending: 0,
  complete: true,
});

const millis = (time: string | null): number | null => (time === null ? null : Date.parse(time));
