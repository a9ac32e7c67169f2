import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AlertDrill } from '../support/alert-drill.js';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';
import { OwnServer } from '../support/postgres-server.js';
import { post } from '../support/producers.js';
import { messageText, startProcess, type RealProcess } from '../support/real-process.js';
import { SseClient } from '../support/sse-client.js';

jest.setTimeout(600_000);

/** Last begun, first ended, whatever became of the test. */
const toEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

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

describeWithPrometheus('over PostgreSQL each alert about', () => {
  let server: OwnServer;
  let service: RealProcess;
  let drill: AlertDrill;

  beforeEach(async () => {
    server = await OwnServer.start();
    toEnd.push(() => server.remove());
    service = await startProcess({
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      DATABASE_CONNECTIONS: '3',
      BUFFER_BYTES: String(40 * 1024),
      BODY_BYTES: '4096',
      LOG_FORMAT: 'text',
    });
    toEnd.push(() => service.end('SIGKILL'));
    // A store that is slow to answer makes a scrape take two seconds.
    drill = await AlertDrill.start([`127.0.0.1:${service.port}`], 20);
    toEnd.push(() => drill.stop());
  });

  const session = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    toEnd.push(() => client.end().catch(() => undefined));
    return client;
  };

  it('a database that others hold up fires when it should, and ends', async () => {
    const land = fly(service, 10, 'steady');
    await drill.untilCalm();

    const writer = await session();
    await writer.query('BEGIN; CREATE TABLE of_others (); SELECT pg_current_xact_id()');
    const locker = await session();
    let isOver = false;
    const locking = (async () => {
      while (!isOver) {
        // As some maintenance does: writers wait, and give up after 5 seconds.
        await locker.query('BEGIN; LOCK TABLE rockets IN SHARE ROW EXCLUSIVE MODE');
        await delay(2500);
        await locker.query('COMMIT');
        await delay(100);
      }
    })();
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
    isOver = true;
    await Promise.all([locking, crowd(), curious()]);
    await writer.query('ROLLBACK');
    await drill.untilCalm();

    await server.kill();
    await drill.untilFired('RocketsStoreAway');
    await server.begin();
    await drill.untilCalm();
    await land();
  });
});

void SseClient;
