import type { Gauge, Registry } from 'prom-client';
import type { Histogram } from '../../../application/histogram.js';

/** What a metric shows; undefined: nothing, as it is not known now. */
export type Values = number | undefined | readonly Sample[];

export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram, whose samples have names of their own. */
  readonly metricName?: string;
}

export interface Definition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary' | 'histogram';
  readonly help: string;
  /** What one of it is. */
  readonly unit: string;
  readonly labels?: readonly string[];
  /** Of the whole fleet, and so the same at every instance; or of this one alone. */
  readonly of: 'fleet' | 'instance';
  readonly read: () => Values;
}

/** Nothing is kept in prom-client's own form: what is counted elsewhere is read when somebody asks. */
export const register = (registry: Registry, { name, type, help, read }: Definition): void => {
  const get = async () => {
    const values = read() ?? [];
    return {
      name,
      help,
      type,
      values: typeof values === 'number' ? [{ labels: {}, value: values }] : values,
    };
  };
  // All that a registry asks of a metric.
  registry.registerMetric({ name, get } as unknown as Gauge);
};

/** What was counted in some unit, and is told in one that is `times` as large. */
export const samplesOf = (name: string, { bounds, counts, sum }: Histogram, times: number): Sample[] => {
  let count = 0;
  const buckets = counts.map((more, i) => {
    const bound = bounds[i];
    const le = bound === undefined ? '+Inf' : bound / times;
    return { metricName: `${name}_bucket`, labels: { le }, value: (count += more) };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: sum / times },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
};

export const inSeconds = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : ms / 1000;
