import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { everyMetric } from '../support/every-metric.js';
import { metricsPage } from './metrics-page.js';

const page = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');

/** Elsewhere than on Linux, prom-client does not find these out. */
const ofLinux = /^\| `process_(virtual|heap|open|max)_.*\n/gm;
const here = (text: string): string => (process.platform === 'linux' ? text : text.replace(ofLinux, ''));

describe('docs/metrics.md', () => {
  it('says what the metrics say: `make docs-metrics` writes it anew', () => {
    expect(here(page)).toBe(metricsPage(everyMetric()));
  });

  it('explains every metric that is told, once', async () => {
    const told = [...(await everyMetric().text()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    const explained = [...here(page).matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(explained.sort()).toEqual(told.sort());
  });
});
