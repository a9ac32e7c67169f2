import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fleet, wireForm } from '../support/producers.js';
import { startProcess, type RealProcess } from '../support/real-process.js';
import { SseClient } from '../support/sse-client.js';

const directory = mkdtempSync(join(tmpdir(), 'rockets-lost-'));
const file = join(directory, 'rockets.db');
let service: RealProcess | undefined;
afterEach(() => service?.end('SIGKILL'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('a service whose file is replaced under it takes nothing more, and says so', async () => {
  service = await startProcess({ EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' });
  const { url, port } = service;
  const reader = await SseClient.open(`${url}/events`);
  const fleet = new Fleet(8, 1);
  await fleet.fly(port, () => fleet.acknowledged >= 200);
  copyFileSync(file, `${file}.copy`);
  renameSync(`${file}.copy`, file);

  await fleet.fly(port, () => fleet.refusals.length >= 50);
  const taken = fleet.acknowledged;
  expect(fleet.unexpected).toEqual([]);
  expect(JSON.parse(fleet.refusals.at(-1)!)).toMatchObject({
    type: '/problems/store-unavailable',
    status: 503,
    detail: expect.stringContaining(`${file} was removed or replaced`),
  });
  for (const path of ['/readyz', '/health', '/rockets', '/gaps', '/events?limit=1']) {
    expect([path, (await fetch(url + path)).status]).toEqual([path, 503]);
  }
  expect((await fetch(`${url}/livez`)).status).toBe(200);

  // What was taken before was told to whoever listened.
  const { channel, sent, acknowledged } = fleet.producers[0]!;
  let last = 0;
  while (acknowledged.has(last + 1)) last++;
  const numbers = (): number[] =>
    (reader.named('message') as { channel: string; number: number }[])
      .filter((event) => event.channel === channel)
      .map(({ number }) => number);
  await reader.until(() => reader.ended || numbers().length >= last);
  expect(numbers().slice(0, last)).toEqual(Array.from({ length: last }, (_, i) => i + 1));

  const body = wireForm(channel, sent.at(-1)!);
  expect((await fetch(`${url}/messages`, { method: 'POST', body })).status).toBe(503);
  expect(fleet.acknowledged).toBe(taken);
  expect(await service.end('SIGTERM')).toBe(0);
});
