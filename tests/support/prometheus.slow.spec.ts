import { setTimeout as delay } from 'node:timers/promises';
import { describeWithPrometheus } from './describe-with-prometheus.js';
import { Prometheus } from './prometheus.js';

describeWithPrometheus('a Prometheus of the tests', () => {
  const rules = {
    groups: [{ name: 'all', rules: [{ alert: 'One', expr: 'vector(1)', labels: { severity: 'page' } }] }],
  };

  it('answers what an expression says, and which alerts fire, with the files beside its settings', async () => {
    const settings = { global: { evaluation_interval: '200ms' }, rule_files: ['rules.yml'] };
    const prometheus = await Prometheus.start(settings, { 'rules.yml': JSON.stringify(rules) });
    try {
      expect(await prometheus.query('vector(2)')).toEqual([{ labels: {}, value: 2 }]);
      expect(await prometheus.query('scalar(vector(3))')).toEqual([{ labels: {}, value: 3 }]);
      while ((await prometheus.alerts()).length === 0) await delay(50);
      expect(await prometheus.alerts()).toEqual([
        expect.objectContaining({ state: 'firing', labels: { alertname: 'One', severity: 'page' } }),
      ]);
      await expect(prometheus.query('vector(')).rejects.toThrow('parse error');
    } finally {
      await prometheus.stop();
    }
    await expect(fetch(prometheus.url)).rejects.toThrow('fetch failed');
  });

  it('says why it does not start', async () => {
    await expect(Prometheus.start({ nonsense: 1 })).rejects.toThrow('field nonsense not found');
  });
});
