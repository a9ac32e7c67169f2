import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AlertDrill } from '../support/alert-drill.js';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';
import { OwnServer } from '../support/postgres-server.js';
import { post } from '../support/producers.js';
import { messageText, startProcess, type RealProcess } from '../support/real-process.js';
import { endedBy } from '../support/to-end.js';

jest.setTimeout(600_000);

const toEnd = endedBy(afterEach);

/** Many do something again and again, whatever comes of it; answers how to stop them. */
const again = (many: number, act: (one: number) => Promise<unknown>): (() => Promise<unknown>) => {
  let over = false;
  const repeat = async (one: number): Promise<void> => {
    while (!over) {
      await act(one).catch(() => undefined);
      await delay(20);
    }
  };
  const acting = Array.from({ length: many }, (_, one) => repeat(one));
  const stop = (): Promise<unknown> => {
    over = true;
    return Promise.all(acting);
  };
  toEnd.push(stop);
  return stop;
};

/** Rockets that report, each its next message when the last one was stored. */
const fly = (service: RealProcess, rockets: number, name: string): (() => Promise<unknown>) => {
  const agent = new Agent({ keepAlive: true });
  const stored = new Array<number>(rockets).fill(0);
  const stop = again(rockets, async (one) => {
    const { status } = await post(agent, service.port, messageText(stored[one]! + 1, `${name}-${one}`));
    if (status === 202) stored[one]!++;
  });
  return () => stop().finally(() => agent.destroy());
};

/** So many long messages of one rocket at once. */
const report = async (service: RealProcess, count: number): Promise<void> => {
  const lines = Array.from({ length: count - 1 }, (_, i) => {
    const text = messageText(i + 2, 'talkative').replace('SpeedIncreased', 'MissionChanged');
    return text.replace('"by":10', `"newMission":"${String(i).padEnd(256, '-')}"`);
  });
  const answer = await fetch(`${service.url}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: [messageText(1, 'talkative'), ...lines].join('\n'),
  });
  expect([answer.status, await answer.json()]).toMatchObject([200, { applied: count }]);
};

/** A live reader that has come to the end of the feed, and may be paused. What it is told it forgets. */
const follow = (service: RealProcess): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { Accept: 'text/event-stream' };
    const asked = get(`${service.url}/events?after=latest`, { headers, agent: false }, (answer) => {
      answer.on('error', () => undefined);
      answer.on('data', (chunk: Buffer) => {
        if (chunk.includes('event: caught-up')) resolve(answer);
      });
    });
    asked.on('error', reject);
    toEnd.push(() => asked.destroy());
  });

describeWithPrometheus('over PostgreSQL each alert about', () => {
  let server: OwnServer;
  let service: RealProcess;
  let drill: AlertDrill;

  const begin = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    server = await OwnServer.start();
    toEnd.push(() => server.remove());
    service = await startProcess({
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      LOG_FORMAT: 'text',
      ...env,
    });
    toEnd.push(() => service.end('SIGKILL'));
    // A store that is slow to answer makes a scrape take two seconds, and there has to be time for it.
    drill = await AlertDrill.start([`127.0.0.1:${service.port}`], 20);
    toEnd.push(() => drill.stop());
  };

  const session = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    toEnd.push(() => client.end().catch(() => undefined));
    return client;
  };

  /** Takes the lock again and again, for less time than a statement may wait for it. */
  const lock = async (what: string): Promise<() => Promise<void>> => {
    const client = await session();
    let isOver = false;
    const locking = (async () => {
      while (!isOver) {
        await client.query(`BEGIN; LOCK TABLE ${what}`);
        await delay(2500);
        await client.query('COMMIT');
      }
    })();
    const stop = (): Promise<void> => {
      isOver = true;
      return locking;
    };
    toEnd.push(stop);
    return stop;
  };

  it('a database that others hold up fires when it should, and ends', async () => {
    // Little room, so that it is soon full.
    await begin({ DATABASE_CONNECTIONS: '3', BUFFER_BYTES: String(40 * 1024), BODY_BYTES: '4096' });
    const land = fly(service, 10, 'steady');
    await drill.untilCalm();

    const writer = await session();
    await writer.query('BEGIN; CREATE TABLE of_others ()');
    // As some maintenance does: writers wait, readers do not.
    const unlock = await lock('rockets IN SHARE ROW EXCLUSIVE MODE');
    const crowd = fly(service, 300, 'crowd');
    const curious = again(50, async () => (await fetch(`${service.url}/rockets/steady-1/events`)).text());
    await drill.untilFired(
      'RocketsFeedHeldBack',
      'RocketsCommitSlow',
      'RocketsIngestSlow',
      'RocketsShedding',
      'RocketsBufferNearlyFull',
      'RocketsDatabasePoolBusy',
    );
    await Promise.all([unlock(), crowd(), curious()]);
    await writer.query('ROLLBACK');
    await drill.untilCalm();

    await server.kill();
    await drill.untilFired('RocketsStoreAway');
    await server.begin();
    await drill.untilCalm();
    await land();
  });

  it('readers who are behind fires when it should, and ends', async () => {
    await begin();
    const reader = await follow(service);
    // More than the connection and the end of the feed that is kept in memory hold: it has to be read from the database.
    reader.pause();
    await report(service, 50_000);
    const unlock = await lock('events IN ACCESS EXCLUSIVE MODE');
    reader.resume();
    await drill.untilFired('RocketsFeedLag');
    await unlock();
    await drill.untilCalm();
    expect(reader.destroyed).toBe(false);
  });
});
