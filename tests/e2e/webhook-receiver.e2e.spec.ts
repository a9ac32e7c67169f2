import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import { CloudEvents } from '../../src/infrastructure/cloud-events.js';
import { AddressGuard } from '../../src/infrastructure/webhooks/address-guard.js';
import { makeSecret } from '../../src/infrastructure/webhooks/secret.js';
import { WebhookSink } from '../../src/infrastructure/webhooks/webhook-sink.js';
import { faster, launched, noonMillis } from '../support/builders.js';

const program = join(__dirname, '../../examples/webhook-receiver/receiver.mjs');
const secret = makeSecret();
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'rockets-receiver-'));
const file = join(folder, 'received.ndjson');
const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const startReceiver = async () => {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret, PORT: '0', FILE: file },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  while (!/listening on \d+\n/.test(log)) {
    if (child.exitCode !== null) throw new Error(`the receiver has ended: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const [, port] = /listening on (\d+)/.exec(log)!;
  return {
    url: `http://127.0.0.1:${port}/`,
    /** What it prints may come after what it answers. */
    says: async (text: string) => {
      while (!log.includes(text)) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

const sinkTo = (url: string, source = 'urn:rockets:store/1', signedWith = secret): WebhookSink =>
  new WebhookSink('mine', url, async () => [signedWith], {
    events: new CloudEvents(source),
    guard: new AddressGuard(['127.0.0.1']),
    clock: { now: () => Date.now() },
  });

const events = (from: number, to: number): StoredEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    position: `place-${from + i}`,
    channel: 'rocket-1',
    number: from + i,
    event: from + i === 1 ? launched() : faster(),
    recordedAt: noonMillis,
  }));

const kept = (): unknown[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: unknown }).id);

const yes = { kind: 'yes' };

it('the receiver of the example keeps each event once, however often it is told and killed', async () => {
  const first = await startReceiver();
  const sink = sinkTo(first.url);
  expect(await sink.deliver(events(1, 3), signal)).toEqual(yes);
  expect(await sink.deliver(events(2, 5), signal)).toEqual(yes);
  expect(await sink.test(signal)).toEqual(yes);
  await first.says('3 received, 3 new\n4 received, 2 new\n1 received, 0 new\n');
  await first.kill();
  expect(await sink.deliver(events(4, 8), signal)).toMatchObject({ kind: 'again' });
  await sink.close();

  // What was being written when it was killed.
  appendFileSync(file, '{"id":"rocket-1/6","sour');
  const second = await startReceiver();
  const again = sinkTo(second.url);
  expect(await again.deliver(events(4, 8), signal)).toEqual(yes);
  expect(kept()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((number) => `rocket-1/${number}`));

  // After a restore the same number may be another fact.
  const restored = sinkTo(second.url, 'urn:rockets:store/2');
  expect(await restored.deliver(events(8, 8), signal)).toEqual(yes);
  expect(kept()).toHaveLength(9);

  const stranger = sinkTo(second.url, 'urn:rockets:store/1', makeSecret());
  expect(await stranger.deliver(events(9, 9), signal)).toEqual({
    kind: 'no',
    what: '401 Unauthorized: The signature does not fit.',
  });
  expect(kept()).toHaveLength(9);
  for (const one of [again, restored, stranger]) await one.close();
  await second.kill();
});
