import { spawnSync } from 'node:child_process';
import { describeWithPrometheus } from '../../../support/describe-with-prometheus.js';
import { everyMetric } from '../../../support/every-metric.js';
import { httpStores } from '../../../support/http-stores.js';
import { faster, launched, message } from '../../../support/messages.js';
import { startService } from '../../../support/test-service.js';

/** What the tool of Prometheus itself has against a text. */
const complaints = (text: string): string => {
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text });
  return `${stdout.toString()}${stderr.toString()}${status === 0 ? '' : `exit ${status}`}`;
};

describeWithPrometheus('promtool', () => {
  it('has complaints where there are any', () => {
    expect(complaints('# TYPE rockets_seconds_total gauge\nrockets_seconds_total 1\n')).toContain('_total');
  });

  it('has none against all that can be told', async () => {
    expect(complaints(await everyMetric().text())).toBe('');
  });

  it.each(httpStores)('has none against what a service over the store $store tells', async ({ env }) => {
    const service = await startService(env());
    for (const [number, report] of [launched(), faster(1)].entries()) {
      await service.send(message(number + 1, report));
    }
    expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
    const text = await (await fetch(`${service.url}/metrics`)).text();
    await service.stop();
    expect(text).toContain('rockets_events 2\n');
    expect(complaints(text)).toBe('');
  });
});
