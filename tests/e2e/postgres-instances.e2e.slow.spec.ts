import { Agent, get } from 'node:http';
import { OwnServer } from '../support/postgres-server.js';
import { post, type Answer } from '../support/producers.js';
import { messageText, startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { SseClient } from '../support/sse-client.js';
import { thorough } from '../support/thorough.js';

const INSTANCES = 4;
const SENDERS = 16;
/** As many of them as there is time for. */
const PAIRS = thorough ? 100_000 : 2000;
const MOST_MS = 110_000;
/** A rocket is written to so often, then comes the next one: new ones are to be found, too. */
const WRITES = 500;

const random = seededRandom(16);
const below = (count: number): number => Math.floor(random() * count);

let server: OwnServer;
let instances: RealProcess[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 4 * SENDERS });

beforeAll(async () => {
  server = await OwnServer.start();
  const env = { EVENT_STORE: 'postgres', DATABASE_URL: server.url, LOG_LEVEL: 'silent' };
  instances = await Promise.all(Array.from({ length: INSTANCES }, () => startProcess(env)));
});
afterAll(async () => {
  agent.destroy();
  await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
  await server.remove();
});

/** A connection that was kept may be closed just when it is used again. */
const again = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let left = 5; ; left--) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
};

const send = (instance: RealProcess, channel: string, number: number): Promise<Answer> =>
  again(() => post(agent, instance.port, messageText(number, channel)));

const read = <T>(port: number, path: string): Promise<T> => again(() => readOnce<T>(port, path));

const readOnce = <T>(port: number, path: string): Promise<T> =>
  new Promise((resolve, reject) => {
    get({ agent, port, host: '127.0.0.1', path }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text) as T));
    }).on('error', reject);
  });

interface Shown {
  readonly channel: string;
  readonly version: number;
}

it('what one instance has acknowledged every other shows, in the rocket, its history and the listing', async () => {
  let pairs = 0;
  const stale: string[] = [];
  const began = Date.now();
  const write = async (sender: number): Promise<void> => {
    for (let sent = 0; pairs < PAIRS && Date.now() - began < MOST_MS; sent++) {
      const channel = `rocket-${sender}-${Math.floor(sent / WRITES)}`;
      const number = (sent % WRITES) + 1;
      const writer = below(INSTANCES);
      const { status } = await send(instances[writer]!, channel, number);
      expect(status).toBe(202);
      // Each of the others is asked for one thing, at the same time.
      const first = below(INSTANCES - 1);
      const others = [0, 1, 2].map((i) => instances[(writer + 1 + ((first + i) % 3)) % INSTANCES]!.port);
      const [rocket, [event], [listed]] = await Promise.all([
        read<Shown>(others[0]!, `/rockets/${channel}`),
        read<{ number: number }[]>(others[1]!, `/rockets/${channel}/events?after=${number - 1}`),
        read<Shown[]>(others[2]!, `/rockets?q=${channel}&limit=1`),
      ]);
      const versions = [rocket.version, event?.number, listed?.channel === channel && listed.version];
      if (versions.some((version) => version !== number)) stale.push(`${channel} ${number}: ${versions}`);
      pairs += versions.length;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, (_, sender) => write(sender)));
  expect(stale).toEqual([]);
  expect(pairs).toBeGreaterThan(1000);
});

it('what one instance has acknowledged every other tells live', async () => {
  const feeds = await Promise.all(
    instances.map(({ url }) => SseClient.open(`${url}/events?after=latest&channel=live`)),
  );
  for (const feed of feeds) await feed.untilNamed('caught-up');
  for (let number = 1; number <= 20; number++) {
    const { status } = await send(instances[number % INSTANCES]!, 'live', number);
    expect(status).toBe(202);
    for (const feed of feeds) await feed.untilNamed('message', number);
  }
  const numbers = Array.from({ length: 20 }, (_, i) => ({ number: i + 1 }));
  for (const feed of feeds) {
    expect(feed.named('message')).toMatchObject(numbers);
    feed.break();
  }
});
