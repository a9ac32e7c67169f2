import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  endUnderLoad,
  messageText,
  postMessage,
  runToEnd,
  startProcess,
  type RealProcess,
} from '../support/real-process.js';
import { callService } from '../support/subscription-flight.js';

/** What of a real process every change is to keep; the rest is in process.e2e.slow.spec.ts. */
describe('a running service', () => {
  let service: RealProcess;
  beforeAll(async () => {
    service = await startProcess({ LOG_FORMAT: 'text' });
  });
  afterAll(() => service.end('SIGKILL'));

  it('says where it listens, which store it has and what an acknowledgement is worth', () => {
    expect(service.log()).toContain(`url="${service.url}" store="memory"`);
    expect(service.log()).toContain('durability: ');
  });

  it('starts without a warning of Node about what it is made of', () => {
    expect(service.log()).not.toMatch(/warning/i);
  });

  it('takes a message and shows its rocket', async () => {
    const { status } = await postMessage(service.url, messageText(1, 'rocket'));
    expect(status).toBe(202);
    expect(await (await fetch(`${service.url}/rockets/rocket`)).json()).toMatchObject({
      speed: 500,
      version: 1,
    });
  });

  it('refuses to start twice on one port and says what to do', async () => {
    const { code, stderr } = await runToEnd([], { PORT: String(service.port), HOST: '127.0.0.1' });
    expect(code).toBe(1);
    expect(stderr).toContain('Another program uses this port');
    expect(stderr).not.toContain(' at ');
  });

  it('ends in order on SIGTERM, under load, with every answer sent', async () => {
    const { code, answered, statuses } = await endUnderLoad(service, 'SIGTERM');
    expect(code).toBe(0);
    expect(answered).toBeGreaterThan(0);
    expect(statuses).toEqual([202]);
    expect(service.log()).toContain('stopped; what was in memory is gone');
  });
});

describe('a service that is to be missed by its balancer first', () => {
  const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;
  /** Told to stop, and until then answering for itself. */
  const toldToStop = async (env: Readonly<Record<string, string>>) => {
    const service = await startProcess(env);
    expect(await statusOf(`${service.url}/readyz`)).toBe(200);
    const ended = service.end();
    while ((await statusOf(`${service.url}/readyz`)) === 200) await delay(10);
    return { service, ended };
  };

  it('is not ready at once, serves on for DRAIN_DELAY, and then stops by itself', async () => {
    // The delay is longer than the whole time that the end may take.
    const { service, ended } = await toldToStop({ DRAIN_DELAY: '4s', SHUTDOWN_TIMEOUT: '100ms' });
    expect(await statusOf(`${service.url}/livez`)).toBe(200);
    expect((await postMessage(service.url, messageText(1, 'rocket'))).status).toBe(202);
    expect(await statusOf(`${service.url}/rockets/rocket`)).toBe(200);
    expect(await ended).toBe(0);
    expect(service.log()).toContain('stopped; what was in memory is gone');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops at once on %s thereafter', async (signal) => {
    const { service, ended } = await toldToStop({ DRAIN_DELAY: '24h' });
    expect((await postMessage(service.url, messageText(1))).status).toBe(202);
    expect(await service.end(signal)).toBe(0);
    expect(await ended).toBe(0);
  });
});

describe('a service whose subscription cannot go on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rockets-rest-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rockets.db');
  const env = { EVENT_STORE: 'sqlite', SQLITE_FILE: file, WEBHOOK_ALLOW: '127.0.0.1' };

  it('ends in order on SIGTERM, and does not just cease while all there is to do is to wait', async () => {
    const first = await startProcess(env);
    const sink = { type: 'webhook', url: 'http://127.0.0.1:9999/' };
    await callService(first.url, '/subscriptions', { name: 'one', sink });
    await first.end();
    writeFileSync(`${file}-secrets`, 'damaged');
    for (const number of [1, 2, 3]) {
      const service = await startProcess(env);
      await postMessage(service.url, messageText(number));
      while (!service.log().includes('could not go on')) await delay(10);
      expect(await service.end('SIGTERM')).toBe(0);
      expect(service.log()).toContain('stopped; everything acknowledged is stored');
    }
  });
});

describe('the command line', () => {
  it('shows every setting', async () => {
    const { code, stdout } = await runToEnd(['-port', '9123', '--print-config']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['PORT=9123', 'WORKER_COUNT=3']));
  });

  it('names every setting that makes no sense', async () => {
    const { code, stderr } = await runToEnd([], { PORT: 'x', WORKER_COUNT: '0', GAP_TIMEOUT: 'soon' });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'PORT=x makes no sense: it must be an integer from 0 to 65535.',
      'WORKER_COUNT=0 makes no sense: it must be an integer from 1 to 64.',
      'GAP_TIMEOUT=soon makes no sense: it must be a duration as 500ms, 30s, 5m or 1h, at most 8760h, or off.',
    ]);
  });
});
