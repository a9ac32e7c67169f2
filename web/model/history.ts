import { evolve, initialRocket, type Rocket } from '../../src/domain/rocket.js';
import type { EventJson } from './wire.js';

export interface Step {
  readonly event: EventJson;
  /** The rocket after the event. */
  readonly rocket: Rocket;
}

/** What one rocket reported, with the state after each event, so that the slider answers at once. */
export class RocketHistory {
  readonly #steps: Step[] = [];

  get steps(): readonly Step[] {
    return this.#steps;
  }

  get version(): number {
    return this.#steps.at(-1)?.event.number ?? 0;
  }

  /** Takes what comes next and ignores the rest: pages and the live feed may overlap. */
  append(events: readonly EventJson[]): void {
    let rocket = this.#steps.at(-1)?.rocket ?? initialRocket;
    for (const event of events) {
      if (!this.#isNext(event)) continue;
      rocket = evolve(rocket, event);
      this.#steps.push({ event, rocket });
    }
  }

  /** The last step at or before a version; a version inside a skipped range shows what stood before it. */
  at(version: number): Step | undefined {
    let low = 0;
    let high = this.#steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#steps[middle]?.event.number ?? Infinity) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#steps[low - 1];
  }

  #isNext(event: EventJson): boolean {
    const first = event.type === 'MessagesSkipped' ? event.data.from : event.number;
    return first === this.version + 1;
  }
}

export type ChartAxis = 'time' | 'number';

export interface Mark {
  readonly x: number;
  readonly kind: 'launch' | 'mission' | 'explosion' | 'skip';
  readonly label: string;
}

export interface SpeedChart {
  readonly xs: number[];
  readonly speeds: (number | null)[];
  readonly versions: number[];
  readonly marks: Mark[];
}

/** Clocks on rockets lie, a chart's axis may not run backwards: a time earlier than the one before it is drawn at that one. */
export const speedChart = (steps: readonly Step[], axis: ChartAxis): SpeedChart => {
  const chart: SpeedChart = { xs: [], speeds: [], versions: [], marks: [] };
  let x = -Infinity;
  for (const { event, rocket } of steps) {
    if (event.type === 'MessageRefused') continue;
    x = axis === 'number' ? event.number : Math.max(x, Date.parse(event.time));
    chart.xs.push(x);
    chart.speeds.push(rocket.status === 'awaiting-launch' ? null : rocket.speed);
    chart.versions.push(event.number);
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

/** Index of the last drawn point at or before a version, or -1. */
export const pointAt = (chart: SpeedChart, version: number): number =>
  chart.versions.findLastIndex((drawn) => drawn <= version);
