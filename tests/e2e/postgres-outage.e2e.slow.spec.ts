import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { verifyDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { expectExact } from '../support/expect-rockets.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { Fleet, post, wireForm, type Producer } from '../support/producers.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { runs, thorough } from '../support/thorough.js';

let server: OwnServer;
let proxy: TcpProxy;
let service: RealProcess;

beforeAll(async () => {
  server = await OwnServer.start();
  proxy = await TcpProxy.to(server.port);
  service = await startProcess({
    EVENT_STORE: 'postgres',
    DATABASE_URL: proxy.through(server.url),
    LOG_LEVEL: 'silent',
  });
});
afterAll(async () => {
  await service.end('SIGKILL');
  await proxy.close();
  await server.remove();
});

const statusOf = async (path: string): Promise<number> => (await fetch(service.url + path)).status;

/** The same message again and again until the answer is this one; answers after how many milliseconds. */
const untilAnswered = async (status: number): Promise<number> => {
  for (const began = performance.now(); ;) {
    const answer = await postMessage(service.url, messageText(1, 'probe'));
    await answer.text();
    if (answer.status === status) return Math.round(performance.now() - began);
    expect([202, 503]).toContain(answer.status);
    if (performance.now() - began > 20_000) throw new Error(`no ${status} for 20 seconds`);
    await delay(5);
  }
};

/** Rockets report all the time, whatever is answered. */
const reporting = (fleet: Fleet) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: 15_000 });
  let over = false;
  const report = async (producer: Producer): Promise<void> => {
    while (!over) {
      const sent = producer.pick();
      const answer = await post(agent, service.port, wireForm(producer.channel, sent)).catch(() => undefined);
      if (answer?.status === 202) producer.acknowledge(sent.number);
      else if (answer?.status === 503) await delay(20);
      else if (service.child.exitCode !== null) return;
      else fleet.unexpected.push(`${answer?.status} ${answer?.body}`);
    }
  };
  const reports = fleet.producers.map(report);
  return async (): Promise<void> => {
    over = true;
    await Promise.all(reports);
    agent.destroy();
  };
};

const summary = (times: readonly number[]): string => {
  const sorted = [...times].sort((a, b) => a - b);
  return `median ${sorted[sorted.length >> 1]} ms, most ${sorted.at(-1)} ms`;
};

interface Fault {
  readonly name: string;
  readonly times: number;
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

const faults: Fault[] = [
  { name: 'stands still', times: runs(3, 20, 50), begin: () => server.pause(), end: () => server.goOn() },
  {
    name: 'is behind a line that swallows everything',
    times: runs(3, 20, 50),
    begin: () => proxy.swallow(),
    end: () => proxy.heal(),
  },
  { name: 'is down', times: runs(2, 40, 100), begin: () => server.kill(), end: () => server.begin() },
];

describe('while PostgreSQL', () => {
  it.each(faults)('$name the service says so within a second, and goes on when it is back', async (fault) => {
    const fleet = new Fleet(12, fault.times + fault.name.length, 0.2);
    const stop = reporting(fleet);
    const told: number[] = [];
    const recovered: number[] = [];
    for (let i = 0; i < fault.times; i++) {
      await delay(i % 4 === 0 ? 150 : 20);
      await fault.begin();
      told.push(await untilAnswered(503));
      expect([await statusOf('/livez'), await statusOf('/readyz')]).toEqual([200, 503]);
      const health = await fetch(`${service.url}/health`);
      expect(health.status).toBe(503);
      expect(await health.json()).toMatchObject({
        status: 'unavailable',
        detail: expect.stringMatching(/^PostgreSQL/) as string,
      });
      await fault.end();
      recovered.push(await untilAnswered(202));
    }
    expect(await statusOf('/readyz')).toBe(200);
    await stop();
    process.stdout.write(
      `${fault.times} times "${fault.name}": 503 after ${summary(told)}; 202 after ${summary(recovered)}\n`,
    );
    await fleet.finish(service.port);
    await expectExact(service.url, fleet);
    // A second is what it takes where nobody else has the machine.
    expect(Math.max(...told)).toBeLessThan(2500);
    expect(Math.max(...recovered)).toBeLessThan(5000);
  });

  it('loses connections the service decides anew what it was not answered, and doubles nothing', async () => {
    const fleet = new Fleet(12, 77, 0.2);
    const stop = reporting(fleet);
    const random = seededRandom(14);
    const many = runs(15, 100);
    for (let i = 0; i < many; i++) {
      proxy.cut(() => random() < 0.6);
      proxy.cutAfter(() => Math.floor(random() * 20_000));
      if (i % 3 === 0) await Promise.race([proxy.loseAnswerTo('commit_changes'), delay(2000)]);
      else await delay(random() * 80);
      expect(await statusOf('/livez')).toBe(200);
    }
    await stop();
    proxy.settle();
    expect(await untilAnswered(202)).toBeLessThan(5000);
    await fleet.finish(service.port);
    await expectExact(service.url, fleet);
    expect(fleet.acknowledged).toBeGreaterThan(many);
  });

  it('stands still for long and everybody goes on asking, the service takes no more memory', async () => {
    const memory = (): number => {
      const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.child.pid}/status`, 'utf8'))!;
      return Number(kilobytes) / 1024;
    };
    const fleet = new Fleet(64, 88, 0.2);
    const stop = reporting(fleet);
    await delay(2000);
    const before = memory();
    let most = before;
    let over = false;
    const asking = Array.from({ length: 16 }, async (_, i) => {
      while (!over) {
        const path = ['/rockets?limit=1000', '/events?limit=1000', '/fleet', '/gaps'][i % 4]!;
        await (await fetch(service.url + path)).text();
      }
    });
    server.pause();
    for (const until = Date.now() + (thorough ? 30_000 : 5000); Date.now() < until;) {
      most = Math.max(most, memory());
      await delay(100);
    }
    server.goOn();
    over = true;
    await Promise.all(asking);
    expect(await untilAnswered(202)).toBeLessThan(5000);
    await stop();
    process.stdout.write(
      `${Math.round(before)} MB before, ${Math.round(most)} MB at the most while it stood\n`,
    );
    await fleet.finish(service.port);
    await expectExact(service.url, fleet);
    expect(most - before).toBeLessThan(150);
  });

  it('has seen all of that, what it holds is whole', async () => {
    expect((await verifyDatabase(server.url)).damages).toEqual([]);
    const open = await runIn(
      server.url,
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()",
    );
    expect(open).toHaveLength(0);
  });

  it('stands still the service ends in order all the same', async () => {
    const stop = reporting(new Fleet(12, 99, 0.2));
    await delay(500);
    server.pause();
    const began = performance.now();
    expect(await service.end()).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    server.goOn();
    await stop();
  });
});
