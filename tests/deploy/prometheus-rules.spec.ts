import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertRules, delivered, timesAsFast, notDrilled } from '../support/alert-rules.js';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/alerts.md'), 'utf8');
const rules = alertRules();
const names = rules.map(({ name }) => name);

/** What is tried of each alert with made figures: whether it fires in each look at it, one after the other. */
const tried = new Map(
  delivered('rules.test.yml')
    .split(/^ {2}- name: /m)
    .slice(1)
    .map((test) => {
      const looks = [...test.matchAll(/alertname: (\w+)\n +exp_alerts:( \[\])?/g)];
      expect(new Set(looks.map(([, alert]) => alert))).toEqual(new Set([test.split('\n')[0]]));
      return [test.split('\n')[0]!, looks.map(([, , nothing]) => nothing === undefined)];
    }),
);

describe('each alert', () => {
  it('has a name of its own', () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is tried with made figures: it is quiet, it fires, and it ends', () => {
    expect([...tried.keys()]).toEqual(names);
    for (const [name, looks] of tried) {
      expect([name, looks[0], looks.includes(true), looks.at(-1)]).toEqual([name, false, true, false]);
    }
  });

  it.each(rules)('says how bad $name is, what there is, and where to read on', ({ name, text }) => {
    expect(text).toMatch(/^ {10}severity: (critical|warning)$/m);
    expect(text).toMatch(/^ {10}summary: \S/m);
    expect(text).toMatch(/^ {10}description: \S/m);
    expect(text).toContain(`runbook_url: docs/alerts.md#${name.toLowerCase()}\n`);
  });

  it('has a section that says what it means, what to look at and to do, and how it ends; no section is without one', () => {
    const sections = page.split(/^### (?=Rockets)/m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(
      [...names].sort((one, other) => page.indexOf(`### ${one}\n`) - page.indexOf(`### ${other}\n`)),
    );
    for (const section of sections) {
      const words = [...section.matchAll(/^\*\*(.+?):\*\*/gm)].map(([, word]) => word);
      expect([section.split('\n')[0], words]).toEqual([
        section.split('\n')[0],
        words.length === 3 ? ['Means', 'Look and do', 'Ends'] : ['Means', 'Look', 'Do', 'Ends'],
      ]);
    }
  });

  it('is named wherever the page names one', () => {
    const named = [...page.matchAll(/\bRockets[A-Z]\w+/g)].map(([name]) => name);
    expect([...new Set(named)].filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('the figures in the rules', () => {
  const metrics = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
  const [, fleet = ''] = metrics.split(/^## Of /m);
  const namesIn = (text: string): string[] =>
    [...text.matchAll(/^\| `(\w+)` /gm)].flatMap(([, name]) => name ?? []);

  it('are all measured', () => {
    const measured = new Set(namesIn(metrics));
    const used = [delivered('rules.yml'), delivered('rules.test.yml'), page].flatMap((text) =>
      [...text.matchAll(/(?<!:)\b(?:rockets|process|nodejs)_[a-z]\w*/g)].map(([name]) => name),
    );
    const isMeasured = (name: string): boolean =>
      measured.has(name.replace(/_(bucket|sum|count)$/, '')) ||
      // The beginning of several, in what the page looks for.
      [...measured].some((one) => one.startsWith(name.replace(/_?$/, '_')));
    expect(new Set(used).size).toBeGreaterThan(20);
    expect(used.filter((name) => !isMeasured(name))).toEqual([]);
  });

  it('are not added up where every instance tells the same', () => {
    const rules = delivered('rules.yml');
    const names = namesIn(fleet);
    expect(names.length).toBeGreaterThan(5);
    const all = names.flatMap((name) => rules.match(new RegExp(`(?<!:)\\b${name}\\b`, 'g')) ?? []);
    const greatest = names.flatMap(
      (name) => rules.match(new RegExp(`max by \\([\\w, ]+\\) \\(${name}\\b`, 'g')) ?? [],
    );
    expect(greatest).toHaveLength(all.length);
  });
});

describe('the drills with a real Prometheus', () => {
  it('make every alert fire', () => {
    const drills = ['memory', 'postgres', 'kafka'].map((name) =>
      readFileSync(join(__dirname, `prometheus-${name}.slow.spec.ts`), 'utf8'),
    );
    const fired = drills.flatMap((text) =>
      [...text.matchAll(/untilFired\(([^)]*)\)/g)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []),
    );
    expect(fired.sort()).toEqual([...new Set(fired)]);
    expect(fired).toEqual([...names].filter((name) => !(name in notDrilled)).sort());
  });
});

describe('the time of the drills', () => {
  it('goes so many times as fast in all that is said of time', () => {
    const rule = 'for: 5m\ndelta(x[30m]) > 10 + 0.1 * y or z[1h] offset 2h > 0.5 * 60 + 600';
    expect(timesAsFast(rule, 60)).toBe(
      'for: 5000ms\ndelta(x[30000ms]) > 10 + 0.1 * y or z[60000ms] offset 120000ms > 0.5 * 1 + 600',
    );
    expect(timesAsFast(rule, 20)).toContain('for: 15000ms');
    expect(timesAsFast(rule, 20)).toContain('> 0.5 * 3 + 600');
  });

  it('leaves nothing in the rules that is said otherwise', () => {
    const durations = delivered('rules.yml').match(/\[[^\]]*\d[^\]]*\]|\bfor: .*/g) ?? [];
    expect(durations.filter((text) => !/^(\[\d+[mh]\]|for: \d+m)$/.test(text))).toEqual([]);
  });
});

describe('the settings of Prometheus', () => {
  it('load the rules that lie beside them, for the job that they look for', () => {
    const settings = delivered('prometheus.yml');
    expect(settings).toMatch(/^rule_files:\n {2}- rules\.yml$/m);
    expect(existsSync(join(root, 'deploy/prometheus/rules.yml'))).toBe(true);
    expect(settings).toMatch(/job_name: rockets$/m);
  });
});
