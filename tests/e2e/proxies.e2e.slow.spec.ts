import { mkdtempSync, rmSync } from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { OwnServer } from '../support/postgres-server.js';
import { checkProxy, Proxy, proxyNames } from '../support/proxy.js';
import {
  freePort,
  messageText,
  postMessage,
  startProcess,
  type RealProcess,
} from '../support/real-process.js';
import { SseClient } from '../support/sse-client.js';

let folder: string;
let server: OwnServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-'));
  server = await OwnServer.start();
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

it.each(proxyNames)('%s finds nothing wrong with its file in deploy/', (name) => {
  expect(checkProxy(name, folder)).toMatchObject({ code: 0 });
});

describe.each(proxyNames)('through %s, as deploy/ has it', (name) => {
  let instances: RealProcess[];
  let proxy: Proxy;
  let url: string;

  const start = (port: number): Promise<RealProcess> =>
    startProcess({
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      LOG_LEVEL: 'error',
      DRAIN_DELAY: '3s',
      PORT: String(port),
    });

  beforeAll(async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    instances = await Promise.all(ports.map(start));
    proxy = await Proxy.start(name, folder, ports);
    ({ url } = proxy);
  });
  afterAll(async () => {
    await proxy.end();
    await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
  });

  /** No other test of this file speaks of it. */
  const rocket = (of: string): string => `${name}-${of}`;

  it('an event is read before the next one is reported, whichever instance took it', async () => {
    const client = await SseClient.open(`${url}/events?after=latest`);
    await client.untilNamed('caught-up');
    expect(client.headers).toMatchObject({ 'content-type': expect.stringContaining('text/event-stream') });
    for (const [i, instance] of instances.entries()) {
      expect((await postMessage(instance.url, messageText(1, rocket(`live-${i}`)))).status).toBe(202);
      await client.untilNamed('message', i + 1);
    }
    client.break();
  });

  it('lines of NDJSON are worked off while the stream that brings them goes on', async () => {
    const channel = rocket('stream');
    const { sending, answered } = streamTo(url);
    for (let number = 1; number <= 3; number++) {
      sending.write(`${messageText(number, channel)}\n`);
      await untilVersion(url, channel, number);
    }
    sending.end(messageText(4, channel));
    const answer = await answered;
    expect([answer.statusCode, JSON.parse(await text(answer))]).toMatchObject([
      200,
      { received: 4, applied: 4 },
    ]);
    // Where it was answered before its end, nginx would close a connection that it said to keep.
    if (name === 'nginx') expect(answer.headers.connection).toBe('close');
  });

  it('a long body of NDJSON comes through, and comes back as NDJSON', async () => {
    const channel = rocket('long');
    const lines = Array.from({ length: 20_000 }, (_, i) => messageText(i + 1, channel));
    const headers = { 'Content-Type': 'application/x-ndjson', Accept: 'application/json' };
    const answer = await fetch(`${url}/messages`, { method: 'POST', body: lines.join('\n'), headers });
    expect(await answer.json()).toMatchObject({ received: 20_000, applied: 20_000 });
    const history = await fetch(`${url}/rockets/${channel}/events?limit=1000`, {
      headers: { Accept: 'application/x-ndjson' },
    });
    expect((await history.text()).trim().split('\n')).toHaveLength(1000);
  });

  it('a skip from the dashboard comes through, though nobody sends that again', async () => {
    const channel = rocket('skipped');
    expect((await postMessage(url, messageText(3, channel))).status).toBe(202);
    const skipped = await fetch(`${url}/rockets/${channel}/gaps/skip`, {
      method: 'POST',
      body: '{"upTo":2}',
      headers: { 'Content-Type': 'application/json', Origin: url },
    });
    expect(skipped.status).toBe(200);
  });

  it('a request has one id: of the sender, or else of the proxy', async () => {
    const named = await fetch(`${url}/rockets`, { headers: { 'X-Request-Id': 'mine-1' } });
    expect(named.headers.get('x-request-id')).toBe('mine-1');
    const unnamed = await fetch(`${url}/rockets`);
    expect(unnamed.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{32,36}$/);
  });

  it('a reader whose instance is killed goes on at another by Last-Event-ID, and misses nothing', async () => {
    const channel = rocket('resumed');
    const open = (headers = {}): Promise<SseClient> =>
      SseClient.open(`${url}/events?channel=${channel}`, headers);
    // At every instance one reads: whichever is killed, one of them has to go elsewhere.
    const readers = await Promise.all(instances.map(() => open()));
    expect((await postMessage(url, messageText(1, channel))).status).toBe(202);
    await Promise.all(readers.map((reader) => reader.untilNamed('message')));
    await instances[0]!.end('SIGKILL');
    const left = await Promise.race(readers.map((reader) => reader.until(({ ended }) => ended)));
    await untilTaken(url, messageText(2, channel));
    const again = await reopened(() => open({ 'Last-Event-ID': left.lastId }));
    await again.untilNamed('message');
    expect(again.named('message')).toMatchObject([{ channel, number: 2 }]);
    for (const reader of [...readers, again]) reader.break();
    instances[0] = await start(instances[0]!.port);
  });

  /** With each status what it says of when to come again. */
  const answersWhile = async (what: string, happens: () => Promise<unknown>): Promise<string[]> => {
    let over = false;
    const answers = new Set<string>();
    const send = async (channel: string): Promise<void> => {
      for (let number = 1; !over; number++) {
        const answer = await postMessage(url, messageText(number, channel));
        await answer.text();
        answers.add(`${answer.status} ${answer.headers.get('retry-after') ?? ''}`.trim());
      }
    };
    const sending = Array.from({ length: 8 }, (_, i) => send(rocket(`${what}-${i}`)));
    await delay(500);
    await happens();
    await delay(500);
    over = true;
    await Promise.all(sending);
    return [...answers].sort();
  };

  it('nobody who sends sees that an instance with a DRAIN_DELAY is stopped in order', async () => {
    const answers = await answersWhile('steady', async () => {
      expect(await instances[1]!.end('SIGTERM')).toBe(0);
    });
    expect(answers).toEqual(['202']);
    instances[1] = await start(instances[1]!.port);
  });

  it('who sends to an instance that is killed is told to come again later, or sees nothing', async () => {
    const answers = await answersWhile('killed', () => instances[2]!.end('SIGKILL'));
    expect(['202', ...(name === 'Caddy' ? ['503 1'] : [])]).toEqual(expect.arrayContaining(answers));
    instances[2] = await start(instances[2]!.port);
  });

  it.each([
    ['stopped in order', 'SIGTERM'],
    ['killed', 'SIGKILL'],
  ] as const)('who sends a stream to an instance that is %s is told amid his words', async (_how, signal) => {
    const channel = rocket(signal);
    const { sending, answered } = streamTo(url);
    sending.write(`${messageText(1, channel)}\n`);
    await untilVersion(url, channel, 1);
    // Whichever has it.
    await Promise.all(instances.map((instance) => instance.end(signal)));
    // Caddy reads 256 KiB more of what it can't pass on before it says so.
    const speaking = setInterval(() => sending.write(`${messageText(2, channel)}\n`.repeat(100)), 50);
    const { statusCode, headers } = await answered;
    clearInterval(speaking);
    expect([statusCode, headers['retry-after']]).toEqual([503, '1']);
    sending.destroy();
    instances = await Promise.all(instances.map(({ port }) => start(port)));
    await untilVersion(url, channel, 1);
  });

  it('where no instance is left, senders are told to come again later', async () => {
    await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
    for (const type of ['application/json', 'application/x-ndjson']) {
      const headers = { 'Content-Type': type };
      const body = messageText(1, rocket('late'));
      const answer = await fetch(`${url}/messages`, { method: 'POST', body, headers });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await answer.json()).toMatchObject({ type: '/problems/store-unavailable', status: 503 });
    }
  });
});

const streamTo = (url: string): { sending: ClientRequest; answered: Promise<IncomingMessage> } => {
  const headers = { 'Content-Type': 'application/x-ndjson', Accept: 'application/json' };
  const sending = request(`${url}/messages`, { method: 'POST', headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', resolve).once('error', reject);
  });
  return { sending, answered };
};

/** A test that waits in vain ends by the limit of the runner. */
const untilVersion = async (url: string, channel: string, version: number): Promise<void> => {
  for (;;) {
    const answer = await fetch(`${url}/rockets/${channel}`);
    const rocket = (await answer.json()) as { version?: number };
    if (answer.ok && rocket.version === version) return;
    await delay(20);
  }
};

const untilTaken = async (url: string, body: string): Promise<void> => {
  while ((await postMessage(url, body)).status !== 202) await delay(100);
};

const reopened = async (open: () => Promise<SseClient>): Promise<SseClient> => {
  for (;;) {
    const client = await open();
    if (client.status === 200) return client;
    client.break();
    await delay(100);
  }
};
