import { routeNeeds } from '../../../../src/infrastructure/http/route-needs.js';
import { everyMetric } from '../../../support/every-metric.js';

interface Told {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly string[];
}

/** What the text says of each metric, in the way a Prometheus reads it. */
const toldIn = (text: string): Told[] =>
  text
    .split(/^# HELP /m)
    .slice(1)
    .map((block) => {
      const [head = '', type = '', ...samples] = block.trim().split('\n');
      const space = head.indexOf(' ');
      return {
        name: head.slice(0, space),
        help: head.slice(space + 1),
        type: type.split(' ').at(-1)!,
        samples: samples.filter((line) => line !== ''),
      };
    });

/** All labels but those that histograms and summaries are made of, and how many values each can have. */
const bounds: Readonly<Record<string, number>> = {
  outcome: 9,
  status: 3 + 60,
  state: 5,
  subscription: 1000,
  partition: 10_000,
  method: 7,
  route: routeNeeds.length + 1,
  version: 2,
  node: 1,
  store: 1,
  // Of prom-client.
  type: 100,
  space: 20,
  kind: 4,
  major: 1,
  minor: 1,
  patch: 1,
};

describe('the names of metrics', () => {
  let all: Told[];
  beforeAll(async () => {
    all = toldIn(await everyMetric().text());
  });

  it('begin with whose they are', () => {
    expect(all.filter(({ name }) => !/^(rockets|process|nodejs)_[a-z0-9_]+$/.test(name))).toEqual([]);
  });

  it('end in _total for counters, and for nothing else', () => {
    const isCounter = ({ type }: Told): boolean => type === 'counter';
    expect(all.filter((one) => isCounter(one) !== one.name.endsWith('_total'))).toEqual([]);
  });

  it('have a type, a help that is a sentence of its own, and no other metric beside them', () => {
    expect(all.filter(({ type }) => !['counter', 'gauge', 'summary', 'histogram'].includes(type))).toEqual(
      [],
    );
    expect(all.filter(({ help }) => help.length < 10)).toEqual([]);
    const ours = all.filter(({ name }) => name.startsWith('rockets_'));
    expect(ours.filter(({ help }) => !/^[A-Z][^]*\.$/.test(help))).toEqual([]);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ help }) => help)).size).toBe(all.length);
  });

  it('tell times in seconds and sizes in bytes', () => {
    expect(all.filter(({ name }) => /_(ms|milliseconds?|minutes?|kb|mb|percent)(_|$)/.test(name))).toEqual(
      [],
    );
    const { definitions } = everyMetric();
    for (const unit of ['seconds', 'bytes']) {
      const named = definitions.filter(({ name }) => name.replace(/_total$/, '').endsWith(`_${unit}`));
      expect(named).toEqual(definitions.filter((one) => one.unit === unit));
      expect(named).not.toEqual([]);
    }
  });

  it('have no label that anybody could make up', () => {
    const labels = all.flatMap(({ samples }) =>
      [...samples.join('\n').matchAll(/(\w+)="/g)].map((m) => m[1]!),
    );
    const ofForm = new Set(['le', 'quantile']);
    expect([...new Set(labels)].filter((label) => !ofForm.has(label) && !(label in bounds))).toEqual([]);
    for (const { labels: declared = [] } of everyMetric().definitions) {
      expect(declared.filter((label) => label !== 'quantile' && !(label in bounds))).toEqual([]);
      const most = declared.reduce((product, label) => product * (bounds[label] ?? 3), 1);
      expect(most).toBeLessThan(20_000);
    }
  });

  it('have the labels that their definitions say', async () => {
    const metrics = everyMetric();
    const byName = new Map(toldIn(await metrics.text()).map((one) => [one.name, one]));
    for (const { name, labels = [], type } of metrics.definitions) {
      const { samples } = byName.get(name)!;
      const told = new Set(samples.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map((m) => m[1]!)));
      told.delete('le');
      if (samples.length > 0) expect([name, [...told]]).toEqual([name, [...labels]]);
      if (type === 'histogram') expect(samples.at(-2)).toMatch(/_sum \d/);
    }
  });
});
