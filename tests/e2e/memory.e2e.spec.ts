import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';

const MIB = 1024 * 1024;
const LIMIT = 8 * MIB;
let service: RealProcess;
const sockets: Socket[] = [];

beforeEach(async () => {
  service = await startProcess({ LOG_LEVEL: 'warn', BUFFER_BYTES: String(LIMIT) });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await service.end('SIGKILL');
});

const head = (line: string, headers: string): string => `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const ndjson = 'Content-Type: application/x-ndjson\r\n';

/** Sends, and leaves it open whether more will come; answers what was said to it so far. */
const send = (text: string | Buffer, reads = true): Promise<() => string> =>
  new Promise((resolve) => {
    let said = '';
    const socket = connect(service.port, '127.0.0.1', () => socket.write(text, () => resolve(() => said)));
    socket.on('error', () => resolve(() => said));
    if (reads) socket.on('data', (data) => (said += data.toString()));
    sockets.push(socket);
  });

const memory = (): number => {
  const status = readFileSync(`/proc/${service.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
};

/** By how many MiB the process grew at the most while that was done, and for a moment after. */
const growth = async (run: () => Promise<unknown>): Promise<number> => {
  const before = memory();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, memory())), 20);
  await run();
  await delay(500);
  clearInterval(watch);
  return most - before;
};

const inTurn = async (count: number, run: (i: number) => Promise<unknown>): Promise<void> => {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await run(i);
  };
  await Promise.all(Array.from({ length: 50 }, one));
};

const health = async () =>
  (await (await fetch(`${service.url}/health`)).json()) as {
    buffer: { bytes: number; limit: number };
    messages: { shed: number; applied: number };
  };

/** Whoever behaves is served, and how full it is can be seen. */
const expectServed = async (): Promise<void> => {
  for (let number = 1; number <= 20; number++)
    expect((await postMessage(service.url, messageText(number))).status).toBe(202);
  const rockets = (await (await fetch(`${service.url}/rockets`)).json()) as { version: number }[];
  expect(rockets).toMatchObject([{ version: 20 }]);
  const { buffer } = await health();
  expect(buffer.limit).toBe(LIMIT);
  expect(buffer.bytes).toBeLessThanOrEqual(LIMIT);
};

const part = 'x'.repeat(60_000);

describe.each([
  ['bodies', 'Content-Length: 65000\r\n'],
  ['lines of streams', `${ndjson}Content-Length: 9999999\r\n`],
])('%s that never end', (_what, headers) => {
  it('take no more than BUFFER_BYTES, and those beyond are told so', async () => {
    const answers: (() => string)[] = [];
    const refusedBy = (): string[] => answers.map((said) => said()).filter((said) => said.includes(' 503 '));
    const grown = await growth(async () => {
      await inTurn(3000, async () => answers.push(await send(head('POST /messages', headers) + part)));
      while (refusedBy().length < 2500) await delay(50);
    });
    expect(grown).toBeLessThan(120);
    const refused = refusedBy();
    for (const said of refused) {
      expect(said).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 1\r\n.*BUFFER_BYTES is 8388608/s);
    }
    expect((await health()).messages.shed).toBeGreaterThanOrEqual(refused.length);
    await expectServed();
  });
});

describe('bodies in pieces of one byte', () => {
  it('take no more memory than their bytes', async () => {
    const pieces = '1\r\nx\r\n'.repeat(30_000);
    const request = head('POST /messages', 'Transfer-Encoding: chunked\r\n') + pieces;
    const grown = await growth(async () => {
      await Promise.all(Array.from({ length: 40 }, () => send(request)));
      while ((await health()).buffer.bytes < 40 * 30_000) await delay(50);
    });
    expect(grown).toBeLessThan(120);
    await expectServed();
  });
});

describe('streams of lines about which much could be said', () => {
  it('are told of them in little', async () => {
    await service.end('SIGKILL');
    service = await startProcess({ LOG_LEVEL: 'warn', BUFFER_BYTES: String(32 * MIB) });
    const name = 'k'.repeat(30_000);
    const body = `{"${name}":{"a":1,"a":2}}\n`.repeat(500);
    const request = head('POST /messages', `${ndjson}Content-Length: ${body.length}\r\n`) + body;
    let answers: (() => string)[] = [];
    const grown = await growth(async () => {
      answers = await Promise.all(Array.from({ length: 20 }, () => send(request)));
      while (!answers.every((said) => said().endsWith('}'))) await delay(50);
    });
    expect(grown).toBeLessThan(150);
    for (const said of answers) expect(said()).toContain('"invalid":500');
  });
});

describe('requests for long pages, sent one behind the other by clients that never read', () => {
  it('are begun one at a time', async () => {
    const mission = '\u{1F680}'.repeat(200);
    const lines = Array.from({ length: 1000 }, (_, i) =>
      messageText(i + 1, 'filler').replace('{"by":10}', `{"newMission":"${i} ${mission}"}`),
    );
    const body = lines.join('\n').replaceAll('RocketSpeedIncreased', 'RocketMissionChanged');
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const filled = await fetch(`${service.url}/messages`, { method: 'POST', headers, body });
    expect(await filled.json()).toMatchObject({ applied: 1000 });
    const requests = head('GET /events?limit=1000', '').repeat(100);
    const grown = await growth(async () => {
      await Promise.all(Array.from({ length: 10 }, () => send(requests, false)));
      await delay(1500);
    });
    expect(grown).toBeLessThan(150);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
  });
});
