import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/real-process.js';
import { demonstrate, inThousands, run, say, start, startService, stop, untilRecorded } from './demo.js';
import { ownBalancer, ownDatabase } from './several.js';

/**
 * `make demo-cluster`: rockets report to three instances over one PostgreSQL, behind a balancer; one instance is killed, one
 * stands still for a while, and at the end every instance is asked about every rocket.
 */
const MESSAGES = 18_000;
/** Longer than every time-out: those of the service, of the database and of who sends. */
const PAUSE_MS = 12_000;

const rockets = ['--max-messages', String(MESSAGES), '--rockets', '50'];
const disorder = ['--concurrency-level', '16', '--shuffle', '100', '--duplicates', '0.1'];

demonstrate(async (folder) => {
  const database = await ownDatabase(folder);
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const settings = { EVENT_STORE: 'postgres', DATABASE_URL: database };
  const instances = await Promise.all(ports.map((port) => startService(port, settings)));
  say(`three instances of the service run over one PostgreSQL, at ports ${ports.join(', ')}`);

  const url = await ownBalancer(ports, 'instance');
  say(`the balancer is at ${url}: any message may reach any instance`);

  const reader = new Reader(url);
  const launch = run(['launch', `${url}/messages`, ...rockets, ...disorder, '--rate', '1000', '--verify']);
  const before = await untilRecorded(ports[2], MESSAGES * 0.15);
  await stop(instances[0]!, 'SIGKILL');
  say(`killed instance 1 with SIGKILL when ${before} messages were recorded; the rockets go on reporting`);
  await untilRecorded(ports[2], MESSAGES * 0.25);
  instances[1]!.kill('SIGSTOP');
  say(
    `paused instance 2 with SIGSTOP, for ${PAUSE_MS / 1000} s, longer than every time-out; one of three is left`,
  );
  await delay(PAUSE_MS / 2);
  instances[0] = await startService(ports[0], settings);
  say('started instance 1 again');
  await delay(PAUSE_MS / 2);
  instances[1]!.kill('SIGCONT');
  say('let instance 2 go on: it still believes what was true before');
  await launch;

  for (const [i, one] of ports.entries()) {
    await expectAllKnown(`http://127.0.0.1:${one}/messages`);
    say(
      `instance ${i + 1} took all of it once more: ${inThousands(MESSAGES)} duplicates, 50 of 50 rockets exact`,
    );
  }
  const breaks = await reader.expectAll();
  say(
    `a reader of the live feed heard ${inThousands(MESSAGES)} events, each once and in its rocket's order; its connection broke ${breaks} times`,
  );
  await run(['verify', '--database', database]);
  await Promise.all(instances.map((instance) => stop(instance, 'SIGTERM')));
  say('nothing lost, nothing twice, every rocket exact at every instance');
});

/** Sends the same messages again, to one instance, and compares all that it says with what was sent. */
const expectAllKnown = async (url: string): Promise<void> => {
  const args = ['launch', url, ...rockets, '--ndjson', '--verify', '--json', '--log-level', 'error'];
  const launch = start('cli/rockets.js', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const report = await text(launch.stdout!);
  const { outcomes, verified } = JSON.parse(report) as { outcomes: object; verified?: { exact: number } };
  const found = JSON.stringify({ outcomes, exact: verified?.exact });
  if (found !== JSON.stringify({ outcomes: { duplicate: MESSAGES }, exact: 50 })) {
    throw new Error(`${url} holds something else than was sent: ${report}`);
  }
};

/** Follows the live feed through the balancer from its beginning, as `rockets tail` does. */
class Reader {
  private readonly versions = new Map<string, number>();
  private readonly wrong: string[] = [];
  private heard = 0;
  private breaks = 0;

  constructor(url: string) {
    const args = ['tail', '--url', url, '--after', 'start', '--json'];
    const tail = start('cli/rockets.js', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(tail.stdout!).on('line', (line) => this.take(line));
    createInterface(tail.stderr!).on('line', (line) => {
      if (line.includes('connecting again')) this.breaks++;
    });
    void once(tail, 'exit').then(() => this.wrong.push('the reader has ended'));
  }

  async expectAll(): Promise<number> {
    for (let left = 500; this.heard < MESSAGES && left > 0; left--) await delay(20);
    if (this.heard === MESSAGES && this.wrong.length === 0) return this.breaks;
    throw new Error(`the live feed told ${this.heard} of ${MESSAGES} events; ${this.wrong.join('; ')}`);
  }

  private take(line: string): void {
    const { channel, number } = JSON.parse(line) as { channel: string; number: number };
    const before = this.versions.get(channel) ?? 0;
    if (number !== before + 1) this.wrong.push(`message ${number} of ${channel} came after ${before}`);
    this.versions.set(channel, number);
    this.heard++;
  }
}
