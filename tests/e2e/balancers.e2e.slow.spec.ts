import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OwnServer } from '../support/postgres-server.js';
import {
  freePort,
  messageText,
  postMessage,
  startProcess,
  type RealProcess,
} from '../support/real-process.js';
import { SseClient } from '../support/sse-client.js';

const root = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const programOf = (name: string, debian: string): string => {
  const found = [`/usr/sbin/${name}`, `/usr/local/sbin/${name}`, `/usr/local/bin/${name}`].find(existsSync);
  if (found === undefined) throw new Error(`${name} is not installed: apt-get install ${debian}`);
  return found;
};

let folder: string;
let server: OwnServer;
/** Where the balancer is, and the instances behind it. */
let ports: readonly number[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-'));
  server = await OwnServer.start();
  ports = await Promise.all(Array.from({ length: 4 }, freePort));
});
afterEach(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

/** With ports that are free, instead of those that people read. */
const asRun = (text: string): string =>
  [8088, 8091, 8092, 8093].reduce((all, port, i) => all.replaceAll(String(port), String(ports[i])), text);

const put = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const haproxy = (): [string, ...string[]] => [
  programOf('haproxy', 'haproxy'),
  '-f',
  put('haproxy.cfg', asRun(read('examples/balancer/haproxy.cfg'))),
];

const nginx = (): [string, ...string[]] => {
  const ours = put('rockets.conf', asRun(read('examples/balancer/nginx.conf')));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ');
  const all = `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${folder}/pid; error_log stderr crit;
    events {} http { access_log off; ${temporary} include ${ours}; }`;
  return [programOf('nginx', 'nginx-light'), '-p', folder, '-c', put('nginx.conf', all), '-e', 'stderr'];
};

const run = (
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((resolve) => {
    execFile(program, args, { cwd: root, env: { PATH: process.env['PATH'] } }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });

it('the lines of the README run three instances behind HAProxy, and their rockets are exact', async () => {
  const [, lines = ''] = /```sh\n(export EVENT_STORE=postgres[^`]*)```/.exec(read('README.md')) ?? [];
  expect(lines.trim().split('\n').length).toBeLessThanOrEqual(10);
  const [, , config = ''] = haproxy();
  const script = asRun(lines)
    .replace(/postgres:\/\/\S+/, server.url)
    .replace('examples/balancer/haproxy.cfg', config)
    .replace('--max-messages=20000', `--max-messages=4000 --url=http://localhost:${ports[0]}`);
  const { said } = await run('bash', [
    '-euo',
    'pipefail',
    '-c',
    `trap 'kill $(jobs -p); wait' EXIT; ${script}`,
  ]);
  expect(said).toContain('20 of 20 rockets exact');
  expect(said).toContain('the database is right: 20 rockets, 4,000 events');
});

describe.each([
  ['HAProxy', haproxy],
  ['nginx', nginx],
])('behind %s, as examples/balancer has it', (_name, command) => {
  let balancer: ChildProcess;
  let url: string;
  let instances: RealProcess[];

  const start = (port: number): Promise<RealProcess> =>
    startProcess({
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      PORT: String(port),
      LOG_LEVEL: 'error',
    });

  beforeEach(async () => {
    instances = await Promise.all(ports.slice(1).map(start));
    const [program, ...args] = command();
    balancer = spawn(program, args, { stdio: 'inherit' });
    url = `http://127.0.0.1:${ports[0]}`;
    const isUp = (): Promise<boolean> =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isUp())) {
      expect(balancer.exitCode).toBeNull();
      await delay(50);
    }
  });
  afterEach(async () => {
    if (balancer.kill('SIGTERM')) await once(balancer, 'exit');
    await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
  });

  it('rockets are exact though one instance is killed, one paused and one stopped in order', async () => {
    const options = ['--max-messages=20000', '--concurrency-level=16', '--shuffle=100', '--duplicates=0.1'];
    const launch = run(process.execPath, [
      join(root, 'dist/cli/rockets.js'),
      'launch',
      `${url}/messages`,
      '--rate=1200',
      '--verify',
      ...options,
    ]);
    const [killed, paused, stopped] = instances as [RealProcess, RealProcess, RealProcess];
    await delay(1500);
    await killed.end('SIGKILL');
    await delay(1500);
    instances[0] = await start(killed.port);
    paused.child.kill('SIGSTOP');
    await delay(8000);
    paused.child.kill('SIGCONT');
    await delay(1500);
    expect(await stopped.end('SIGTERM')).toBe(0);
    const { code, said } = await launch;
    expect([code, said]).toEqual([0, expect.stringContaining('20 of 20 rockets exact')]);
  });

  it.each([
    ['stopped in order', 'SIGTERM', 0],
    ['killed', 'SIGKILL', 'SIGKILL'],
  ] as const)('nobody who sends sees that an instance is %s', async (_how, signal, ending) => {
    const [first] = instances as [RealProcess];
    let over = false;
    const statuses = new Map<number, number>();
    const send = async (channel: string): Promise<void> => {
      for (let number = 1; !over; number++) {
        const { status } = await postMessage(url, messageText(number, channel));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const sending = Array.from({ length: 16 }, (_, i) => send(`rocket-${i}`));
    await delay(1000);
    expect(await first.end(signal)).toBe(ending);
    await delay(1000);
    over = true;
    await Promise.all(sending);
    expect([...statuses.keys()]).toEqual([202]);
  });

  it('the live feed comes through at once, whichever instance took the message', async () => {
    const client = await SseClient.open(`${url}/events?after=latest`);
    await client.untilNamed('caught-up');
    for (const [i, instance] of instances.entries()) {
      expect((await postMessage(instance.url, messageText(1, `rocket-${i}`))).status).toBe(202);
      await client.untilNamed('message', i + 1);
    }
    client.break();
  });

  it('a long body of NDJSON comes through, and a skip from the dashboard does', async () => {
    const body = Array.from({ length: 20_000 }, (_, i) => messageText(i + (i === 0 ? 1 : 2), 'rocket')).join(
      '\n',
    );
    const headers = { 'Content-Type': 'application/x-ndjson', Accept: 'application/json' };
    const answer = await fetch(`${url}/messages`, { method: 'POST', body, headers });
    expect(await answer.json()).toMatchObject({ received: 20_000, applied: 1, buffered: 19_999 });
    const skipped = await fetch(`${url}/rockets/rocket/gaps/skip`, {
      method: 'POST',
      body: '{"from":2,"to":2}',
      headers: { 'Content-Type': 'application/json', Origin: url },
    });
    expect(skipped.status).toBe(200);
  });
});
