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

/** `unit`: so much is one of what was counted, in the unit of the metric. */
export const histogram = (name: string, help: string, counted: Histogram, unit: number): Definition => ({
  name,
  type: 'histogram',
  help,
  of: 'instance',
  read: () => {
    let count = 0;
    const buckets = counted.counts.map((more, i) => {
      const bound = counted.bounds[i];
      const le = bound === undefined ? '+Inf' : bound * unit;
      return { metricName: `${name}_bucket`, labels: { le }, value: (count += more) };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: counted.sum * unit },
      { metricName: `${name}_count`, labels: {}, value: count },
    ];
  },
});
