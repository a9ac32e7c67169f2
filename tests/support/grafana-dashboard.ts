import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(__dirname, '../../deploy/grafana/dashboards/rockets.json');

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: unknown;
  readonly gridPos: GridPos;
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
    };
  };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

export const dashboard = (): Dashboard => JSON.parse(readFileSync(file, 'utf8')) as Dashboard;

export interface Query extends Target {
  /** Row, panel and which of its queries, as a test names it. */
  readonly name: string;
  readonly row: string;
  readonly unit: string | undefined;
}

/** What its panels ask, in their order. */
export const queriesOf = ({ panels }: Dashboard): readonly Query[] => {
  let row = '';
  return panels.flatMap((panel) => {
    if (panel.type === 'row') row = panel.title;
    const { title, targets = [], fieldConfig } = panel;
    return targets.map((target) => ({
      ...target,
      name: `${row} / ${title} / ${target.refId}`,
      row,
      unit: fieldConfig?.defaults.unit,
    }));
  });
};

/** The metrics that an expression names; a histogram by its own name. */
export const metricsIn = (expression: string): readonly string[] => [
  ...new Set(
    [...expression.matchAll(/\b(?:rockets|process|nodejs)_\w+/g)].map(([name]) =>
      name.replace(/_(?:bucket|sum|count)$/, ''),
    ),
  ),
];

/** As Grafana asks, for all instances of a job and rates over so long. */
export const asAsked = (expression: string, job: string, interval: string): string =>
  expression.replaceAll('$__rate_interval', interval).replaceAll('$instance', '.+').replaceAll('$job', job);
