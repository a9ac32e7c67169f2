import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/real-process.js';
import { demonstrate, inThousands, recorded, run, say, startService, stop, untilRecorded } from './demo.js';

/**
 * `make demo-crash`: rockets report to a service on SQLite; half-way it is killed as by a power cut, started again,
 * and at the end every rocket is compared with what was sent.
 */
const MESSAGES = 20_000;

const launchOptions = [
  ['--max-messages', String(MESSAGES)],
  ['--concurrency-level', '16'],
  ['--rockets', '50'],
  ['--shuffle', '100'],
  ['--duplicates', '0.1'],
  ['--verify'],
].flat();

demonstrate(async (folder) => {
  const file = join(folder, 'rockets.db');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = { EVENT_STORE: 'sqlite', SQLITE_FILE: file };
  let service = await startService(port, settings);
  say(`started the service at port ${port}, with EVENT_STORE=sqlite`);
  const launch = run(['launch', `${url}/messages`, ...launchOptions]);
  const before = await untilRecorded(port, MESSAGES / 2);
  await stop(service, 'SIGKILL');
  say(`killed it with SIGKILL when ${before} messages were recorded; the rockets go on reporting`);
  await delay(500);
  const began = performance.now();
  service = await startService(port, settings);
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  say(
    `started it again: it answers after ${seconds} s and holds ${inThousands(await recorded(port))} messages`,
  );
  await launch;
  await stop(service, 'SIGTERM');
  await run(['verify', '--file', file]);
  say('nothing lost, nothing twice, every rocket exact');
});
