import { evolve, initialRocket, type Rocket } from '../../src/domain/rocket.js';
import type { EventJson, RocketJson } from './wire.js';

export interface Step {
  readonly event: EventJson;
  /** The rocket after the event. */
  readonly rocket: Rocket;
}

/** What one rocket reported, with the state after each event, for the chart and the list: from a version on. */
export class RocketHistory {
  readonly #steps: Step[] = [];

  constructor(
    /** Events up to here are not loaded. */
    readonly after = 0,
    private readonly before: Rocket = initialRocket,
  ) {}

  get steps(): readonly Step[] {
    return this.#steps;
  }

  get version(): number {
    return this.#steps.at(-1)?.event.number ?? this.after;
  }

  get lastPosition(): string | undefined {
    return this.#steps.at(-1)?.event.position;
  }

  /** Takes what comes next and ignores the rest: pages may overlap. */
  append(events: readonly EventJson[]): void {
    let rocket = this.#steps.at(-1)?.rocket ?? this.before;
    for (const event of events) {
      if (!this.#isNext(event)) continue;
      rocket = evolve(rocket, event);
      this.#steps.push({ event, rocket });
    }
  }

  #isNext(event: EventJson): boolean {
    const first = event.type === 'MessagesSkipped' ? event.data.from : event.number;
    return first <= this.version + 1 && event.number > this.version;
  }
}

/** A state that the service told, as the fold goes on from it. */
export const rocketFrom = (state: RocketJson): Rocket => {
  const { status, complete, type, mission, launchedAt, speed, speedChange } = state;
  if (status === 'awaiting-launch') return { status, complete };
  const known = { complete, type, mission, launchedAt, speed, speedChange };
  if (status === 'flying') return { status, ...known };
  return { status, ...known, reason: state.reason ?? '', explodedAt: state.explodedAt ?? '' };
};

/** Index of the last step at or before a version, or -1; a version inside a skipped range has the one before it. */
export const stepAt = (steps: readonly Step[], version: number): number => {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.event.number ?? Infinity) <= version) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

export type ChartAxis = 'time' | 'version';

export interface Mark {
  readonly x: number;
  readonly kind: 'launch' | 'mission' | 'explosion' | 'skip';
  readonly label: string;
}

/** One point a step, so that a place on the slider, on the chart and in the history are the same place. */
export interface SpeedChart {
  readonly xs: number[];
  readonly speeds: (number | null)[];
  readonly marks: Mark[];
}

/** Clocks on rockets lie, a chart's axis may not run backwards: a time earlier than the one before it is drawn at that one. */
export const speedChart = (steps: readonly Step[], axis: ChartAxis): SpeedChart => {
  const chart: SpeedChart = { xs: [], speeds: [], marks: [] };
  let x = -Infinity;
  for (const { event, rocket } of steps) {
    x = axis === 'version' ? event.number : Math.max(x, Date.parse(event.time));
    chart.xs.push(x);
    chart.speeds.push(rocket.status === 'awaiting-launch' ? null : (rocket.speed ?? rocket.speedChange));
    const mark = markOf(event);
    if (mark !== undefined) chart.marks.push({ x, ...mark });
  }
  return chart;
};

const markOf = (event: EventJson): Omit<Mark, 'x'> | undefined => {
  if (event.type === 'RocketLaunched') return { kind: 'launch', label: event.data.mission };
  if (event.type === 'RocketMissionChanged') return { kind: 'mission', label: event.data.newMission };
  if (event.type === 'RocketExploded') return { kind: 'explosion', label: event.data.reason };
  if (event.type === 'MessagesSkipped') return { kind: 'skip', label: 'skipped' };
  return undefined;
};

/** Index of the last point at or before a place on the axis; the first one before all of them. */
export const pointAt = (xs: readonly number[], x: number): number => {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? Infinity) <= x) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};
