import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboard, metricsIn, queriesOf, type GridPos, type Query } from '../support/grafana-dashboard.js';

const text = (name: string): string => readFileSync(join(__dirname, '../..', name), 'utf8');

const { uid, schemaVersion, templating, panels } = dashboard();
const queries = queriesOf(dashboard());
const shown = panels.filter(({ type }) => type !== 'row');

/** What a panel has to be drawn in, by what it asks. */
const unitFor = ({ expr }: Query): string => {
  if (/_seconds_(?:total|sum)\{/.test(expr)) return 'share';
  if (/increase\(|_messages_(?:sum|bucket)\{/.test(expr)) return 'number';
  if (/_seconds_bucket\{/.test(expr)) return 's';
  if (/ \/ /.test(expr)) return 'share';
  if (/rate\(/.test(expr)) return 'a second';
  if (/_seconds\{/.test(expr)) return 's';
  return /_bytes\{/.test(expr) ? 'bytes' : 'number';
};

const units: Readonly<Record<string, string>> = {
  percentunit: 'share',
  'count:msg/s': 'a second',
  reqps: 'a second',
  ops: 'a second',
  s: 's',
  bytes: 'bytes',
  none: 'number',
  short: 'number',
};

/** What docs/metrics.md says of each, section by section. */
const documented = text('docs/metrics.md')
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/^\| `(\w+)` +\| (\w+)/gm)].map(([, name, type]) => ({
      name: name!,
      isCounted: type === 'counter' || type === 'histogram',
      isOfFleet: section.startsWith('Of the whole fleet'),
    })),
  );

const metric = /\b((?:rockets|process|nodejs)_\w+)\{/g;

describe('the dashboard for Grafana', () => {
  it('is one that Grafana 11 and 12 take, at an address that does not change', () => {
    expect([uid, schemaVersion]).toEqual(['rockets', 39]);
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    const types = new Set(panels.map(({ type }) => type));
    expect(types).toEqual(new Set(['row', 'stat', 'state-timeline', 'timeseries', 'heatmap', 'table']));
  });

  it('begins with what tells whether all is well', () => {
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Is all well',
      'Messages',
      'Latency',
      'Store and commits',
      'Gaps and waiting',
      'Feed',
      'Subscriptions',
      'Kafka',
      'HTTP',
      'Process',
    ]);
    expect(panels[0]!.type).toBe('row');
  });

  it('has panels that fill their lines, in their order, and lie over nobody, each with an id of its own', () => {
    const places = panels.flatMap(({ gridPos }) => placesOf(gridPos));
    expect(places.filter((place, i) => places.indexOf(place) !== i)).toEqual([]);
    const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
    expect(places.length).toBe(24 * height);
    const starts = panels.map(({ gridPos: { x, y } }) => y * 24 + x);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('says of each panel what it shows, and asks the Prometheus that is chosen', () => {
    for (const { title, description, datasource, targets = [] } of shown) {
      expect([title, description]).toEqual([title, expect.stringMatching(/^\S.{20,}\.$/)]);
      expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
      expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C', 'D'].slice(0, targets.length));
      expect([title, targets.length]).not.toEqual([title, 0]);
    }
  });

  it('says of each figure that stands alone from where on it is bad', () => {
    const alone = shown.filter(({ type }) => type === 'stat');
    expect(alone.length).toBe(12);
    for (const { title, fieldConfig } of alone) {
      const values = fieldConfig!.defaults.thresholds!.steps.map(({ value }) => value);
      expect([title, values[0], values]).toEqual([title, null, values.toSorted((a, b) => a! - b!)]);
    }
  });

  it('draws each figure in the unit of what it asks', () => {
    const wrong = queries.filter((query) => units[query.unit!] !== unitFor(query));
    expect(wrong.map(({ name, unit }) => `${name}: ${unit}`)).toEqual([]);
  });

  it('asks of the instances that are chosen alone', () => {
    for (const { name, expr } of queries) {
      for (const [, one] of expr.matchAll(metric))
        expect([name, expr]).toEqual([
          name,
          expect.stringContaining(`${one}{job="$job",instance=~"$instance"`),
        ]);
    }
  });

  it('shows every metric that the service has of its own, and none that is not documented', () => {
    const asked = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
    const names = documented.map(({ name }) => name);
    expect([...asked].filter((name) => !names.includes(name))).toEqual([]);
    const own = names.filter((name) => name.startsWith('rockets_'));
    expect(own.length).toBeGreaterThan(30);
    expect(own.filter((name) => !asked.has(name))).toEqual([]);
  });

  it('adds up no figures that each instance has of the same store', () => {
    const names = documented.filter(({ isOfFleet }) => isOfFleet).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(10);
    const rightly = new RegExp(`max(?: by \\(\\w+\\) )?\\((?:${names.join('|')})\\{`, 'g');
    const wrong = queries.filter(({ expr }) => {
      const left = metricsIn(expr.replaceAll(rightly, ''));
      return left.some((name) => names.includes(name));
    });
    expect(wrong.map(({ name, expr }) => `${name}: ${expr}`)).toEqual([]);
  });

  it('takes rates of counters, and only of them', () => {
    const counted = documented.filter(({ isCounted }) => isCounted).map(({ name }) => name);
    const wrong = queries.filter(({ expr }) =>
      [...expr.matchAll(new RegExp(`(\\w*)\\(?${metric.source}`, 'g'))].some(
        ([, around, name]) =>
          /^(?:rate|increase)$/.test(around!) !== metricsIn(name!).some((one) => counted.includes(one)),
      ),
    );
    expect(wrong.map(({ name, expr }) => `${name}: ${expr}`)).toEqual([]);
  });

  it('is found by the provisioning, which asks as often as Prometheus looks', () => {
    const interval = /scrape_interval: (\w+)/.exec(text('deploy/prometheus/prometheus.yml'))![1];
    const source = text('deploy/grafana/provisioning/datasources/prometheus.yml');
    expect(source).toContain(`timeInterval: ${interval}\n`);
    expect(text('deploy/grafana/provisioning/dashboards/rockets.yml')).toContain(
      'path: /etc/grafana/dashboards',
    );
  });
});

const placesOf = ({ x, y, w, h }: GridPos): readonly string[] => {
  expect([x >= 0, x + w <= 24, w > 0, h > 0]).toEqual([true, true, true, true]);
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
};
