import { dashboard, queriesOf, type GridPos, type Query } from '../support/grafana-dashboard.js';

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

/** The same at every instance, since the store is: added up, they would be counted as often as there are instances. */
const ofTheFleet =
  'rockets_(?:rockets|silent_rockets|events|waiting_messages|late_messages|gaps|oldest_gap_age_seconds|feed_held_back_seconds|subscription\\w*)';

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

  it('adds up no figures that each instance has of the same store', () => {
    const fleets = queries.filter(({ expr }) => new RegExp(`${ofTheFleet}\\{`).test(expr));
    const rightly = new RegExp(`max(?: by \\(\\w+\\) )?\\(${ofTheFleet}\\{`, 'g');
    expect(fleets.length).toBeGreaterThan(10);
    for (const { name, expr } of fleets) {
      const left = expr.replaceAll(rightly, '');
      expect([name, left]).toEqual([name, expect.not.stringMatching(`${ofTheFleet}\\{`)]);
    }
  });

  it('takes rates of counters, and only of them', () => {
    for (const { name, expr } of queries) {
      for (const [, around, one] of expr.matchAll(new RegExp(`(\\w*)\\(?${metric.source}`, 'g')))
        expect([name, /^(?:rate|increase)$/.test(around!)]).toEqual([
          name,
          /_(?:total|bucket|sum|count)$/.test(one!),
        ]);
    }
  });
});

const placesOf = ({ x, y, w, h }: GridPos): readonly string[] => {
  expect([x >= 0, x + w <= 24, w > 0, h > 0]).toEqual([true, true, true, true]);
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
};
