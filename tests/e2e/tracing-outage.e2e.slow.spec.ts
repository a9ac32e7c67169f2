import { setTimeout as delay } from 'node:timers/promises';
import { freePort, messageText, postMessage, startProcess } from '../support/real-process.js';
import { SpanReceiver } from '../support/span-receiver.js';
import { endedBy } from '../support/to-end.js';

const NEVER_MS = 20_000;
const MESSAGES = 200;

const toEnd = endedBy(afterEach);

const record = async (env: Readonly<Record<string, string>>) => {
  const service = await startProcess({ LOG_FORMAT: 'text', TRACING: 'otlp', TRACING_SAMPLE: '1', ...env });
  toEnd.push(() => service.end('SIGKILL'));
  let number = 0;
  const said = (text: string): number => service.log().split(text).length - 1;
  const report = async (): Promise<void> => {
    expect((await postMessage(service.url, messageText(++number))).status).toBe(202);
  };
  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    for (const began = performance.now(); !isSo(); await delay(20)) {
      if (performance.now() - began > 3 * NEVER_MS) throw new Error(`never ${what}: ${service.log()}`);
      await report();
    }
  };
  return { service, said, report, until };
};

const LOST = 'spans do not reach the collector';

describe('a service whose collector does not answer', () => {
  it.each(['away', 'hanging'])('(%s) goes on, says so once, and ends in time', async (how) => {
    const collector = await SpanReceiver.start();
    toEnd.push(() => collector.stop());
    collector.answer = 'hang';
    const endpoint = how === 'away' ? `http://127.0.0.1:${await freePort()}` : collector.url;
    const { service, said, report, until } = await record({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    await until(() => said(LOST) > 0, 'a word');
    for (let i = 0; i < MESSAGES; i++) await report();
    const began = performance.now();
    expect(await service.end('SIGTERM')).toBe(0);
    expect(performance.now() - began).toBeLessThan(NEVER_MS);
    expect(said(LOST)).toBe(1);
  });

  it('sends on once there is one, and says how much was lost', async () => {
    const port = await freePort();
    const { said, until } = await record({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    await until(() => said(LOST) > 0, 'a word');
    const collector = await SpanReceiver.start(port);
    toEnd.push(() => collector.stop());
    await until(() => said('spans reach the collector again') > 0, 'well again');
    expect(collector.named('ingest message').length).toBeGreaterThan(0);
    expect(said(LOST)).toBe(1);
  });
});
