import { evolve, type Rocket } from '../../src/domain/rocket.js';
import { waitingIn } from './gaps.js';
import type { EventJson, GapJson, RocketJson } from './wire.js';

/** A rocket as the table shows it; times also as numbers, so that sorting thousands of rows stays cheap. */
export interface FleetRow extends RocketJson {
  readonly updatedMs: number | null;
}

/** Every rocket and every gap, kept current by folding the live feed with the domain's own `evolve`. */
export class Fleet {
  readonly #rows = new Map<string, FleetRow>();
  readonly #gaps = new Map<string, readonly GapJson[]>();

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
    this.#gaps.clear();
    for (const rocket of rockets) this.put(rocket);
    this.loadGaps(gaps);
  }

  /** All gaps there are. */
  loadGaps(gaps: readonly GapJson[]): void {
    const byRocket = new Map<string, GapJson[]>();
    for (const gap of gaps) {
      const own = byRocket.get(gap.channel);
      if (own === undefined) byRocket.set(gap.channel, [gap]);
      else own.push(gap);
    }
    for (const channel of this.#gaps.keys()) if (!byRocket.has(channel)) this.setGaps(channel, []);
    for (const [channel, own] of byRocket) this.setGaps(channel, own);
  }

  /** All gaps of one rocket, in order of number; what waits of it lies between them. */
  setGaps(channel: string, gaps: readonly GapJson[]): void {
    if (gaps.length === 0) this.#gaps.delete(channel);
    else this.#gaps.set(channel, gaps);
    const row = this.#rows.get(channel) ?? unheard(channel);
    const last = gaps.at(-1);
    const highestHeard = last === undefined ? row.version : last.to + last.waiting;
    this.#rows.set(channel, { ...row, highestHeard, waiting: waitingIn(gaps) });
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
}

const after = (row: FleetRow, event: EventJson): FleetRow => {
  const rocket = evolve(rocketOf(row), event);
  const refused = event.type === 'MessageRefused';
  const highestHeard = Math.max(row.highestHeard, event.number);
  return {
    channel: row.channel,
    ...figuresOf(rocket),
    updatedAt: refused ? row.updatedAt : event.time,
    updatedMs: refused ? row.updatedMs : millis(event.time),
    version: event.number,
    highestHeard,
    waiting: event.number === highestHeard ? 0 : row.waiting,
    late: row.late,
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
        speedChange: null,
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
        speedChange: rocket.speedChange,
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
    speed: row.speed,
    speedChange: row.speedChange,
  };
  if (row.status === 'flying') return { status: row.status, ...launched };
  return { status: row.status, ...launched, reason: row.reason ?? '', explodedAt: row.explodedAt ?? '' };
};

const unheard = (channel: string): FleetRow => ({
  channel,
  type: null,
  speed: null,
  speedChange: null,
  mission: null,
  status: 'awaiting-launch',
  reason: null,
  launchedAt: null,
  explodedAt: null,
  updatedAt: null,
  updatedMs: null,
  version: 0,
  highestHeard: 0,
  waiting: 0,
  late: 0,
  complete: true,
});

const millis = (time: string | null): number | null => (time === null ? null : Date.parse(time));
