import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OwnServer } from '../support/postgres-server.js';
import { Proxy, withPorts } from '../support/proxy.js';
import {
  freePort,
  messageText,
  postMessage,
  startProcess,
  type RealProcess,
} from '../support/real-process.js';

const root = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

let folder: string;
let server: OwnServer;
/** Where the proxy is, and the instances behind it. */
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
  const [, named = ''] = /haproxy -f (\S+)/.exec(lines) ?? [];
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(config, withPorts(read(named), ports));
  const script = withPorts(lines, ports)
    .replace(/postgres:\/\/\S+/, server.url)
    .replace(named, config)
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

/** Those that send a message again to another instance. */
describe.each(['HAProxy', 'nginx'] as const)('behind %s, as deploy/ has it', (name) => {
  let proxy: Proxy;
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
    proxy = await Proxy.start(name, folder, ports.slice(1));
    ({ url } = proxy);
  });
  afterEach(async () => {
    await proxy.end();
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
});
