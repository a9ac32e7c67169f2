import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/kafka/kafka-service.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/alerts.md'), 'utf8');
const text = page.slice(page.indexOf('## What to ask first'));
const commands = [...new Set([...text.matchAll(/^ {4}(\S.*)$/gm)].flatMap(([, command]) => command ?? []))];

/** What looks at other programs than ours, which need not be on this machine. */
const ofOthers = /^(psql|journalctl|kubectl|df|expr:) /;
/** What only looks at Kafka: tests/e2e/kafka-rejected.e2e.slow.spec.ts runs it. */
const ofKafka = 'rockets rejected list';
/** What finds nothing where all is well, or where there is no PostgreSQL and no Kafka. */
const finds = (command: string): boolean => !/rockets_database_|rockets_kafka_|status="5/.test(command);

let folder: string;
let service: RealProcess;
let receiver: WebhookReceiver;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-page-'));
  receiver = await WebhookReceiver.start();
  // It dislikes one rocket.
  receiver.fateOf = (events) => (events.some(({ subject }) => subject === 'apollo-11') ? 400 : 'yes');
  service = await startProcess({
    WEBHOOK_ALLOW: '127.0.0.1',
    SUBSCRIPTION_PATIENCE: '1s',
    LOG_LEVEL: 'error',
  });
  const made = await fetch(`${service.url}/subscriptions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'billing', from: 'start', sink: { type: 'webhook', url: receiver.url } }),
  });
  expect(made.status).toBe(201);
  for (const number of [1, 3, 91]) await postMessage(service.url, messageText(number, 'apollo-11'));
  await postMessage(service.url, messageText(1, 'apollo-12'));
  await postMessage(service.url, messageText(2, 'apollo-12').replace(':10', ':-1'));
  await eventually(
    'parked',
    async () => (await fetch(`${service.url}/subscriptions/billing/parked`)).json() as Promise<unknown[]>,
    (parked) => parked.length === 1,
  );
});
afterAll(async () => {
  await service.end();
  await receiver.close();
  rmSync(folder, { recursive: true });
});

const run = (command: string): Promise<{ readonly code: number; readonly said: string }> => {
  const ours = `rockets() { ${process.execPath} ${join(root, 'dist/cli/rockets.js')} "$@"; }`;
  const env = { PATH: process.env['PATH'], ROCKETS_URL: service.url };
  return new Promise((resolve) => {
    const child = execFile(
      'bash',
      ['--norc', '-c', `${ours}; ${command}`],
      { cwd: folder, env },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
    child.stdin!.end();
  });
};

describe('the commands of the page of the alerts, from top to bottom', () => {
  const tried = commands.filter((command) => !ofOthers.test(command) && command !== ofKafka);

  it('are there', () => expect(tried.length).toBeGreaterThan(20));

  it.each(tried)('%s', async (command) => {
    const { code, said } = await run(command.replace('http://localhost:8088', service.url));
    if (!finds(command)) return expect([code, said]).toEqual([1, '']);
    expect([code, said]).toEqual([0, said]);
    if (!/^export |> /.test(command)) expect(said).not.toBe('');
  });
});
