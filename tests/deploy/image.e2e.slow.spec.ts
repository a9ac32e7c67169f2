import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { deployTool } from '../support/programs.js';
import { freePort, messageText, postMessage } from '../support/real-process.js';
import { stagesOf } from './dockerfile.js';
import { Image, nodeOf } from './image.js';

jest.setTimeout(900_000);

const run = promisify(execFile);
const root = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const MIB = 1024 * 1024;

const [base = ''] = stagesOf(read('deploy/Dockerfile')).map(({ from }) => from);
const [, nodeVersion = '', system = ''] = /^node:([\d.]+)-(\w+)$/.exec(base) ?? [];

/** Why nothing can be built here as the Dockerfile builds it. */
const obstacle = (): string | undefined => {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!release.includes(`VERSION_CODENAME=${system}`)) return `this is not Debian ${system}`;
  if (process.getuid?.() !== 0) return 'only root can give the volume to the user of the image';
  const missing = ['bwrap', 'strip', 'make', 'unshare'].filter((name) => !existsSync(`/usr/bin/${name}`));
  return missing.length > 0 ? `${missing.join(', ')}: not installed` : undefined;
};

interface Container {
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<number>;
}

const tests = (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'rockets-image-'));
  const volume = join(folder, 'volume');
  let image: Image;
  let files: readonly string[];
  let bytes: number;
  let packed: number;
  const containers: Container[] = [];

  beforeAll(async () => {
    image = new Image(root, 'deploy/Dockerfile', folder, nodeOf(nodeVersion, folder));
    await image.build();
    files = filesIn(image.root);
    bytes = files.reduce((sum, file) => sum + lstatSync(join(image.root, file)).size, 0);
    const { stdout } = await run('bash', ['-c', 'tar -C "$0" -c . | gzip | wc -c', image.root]);
    packed = Number(stdout);
    mkdirSync(volume);
    // A new volume has what the image has at its place, and whose it is.
    const { uid, gid } = lstatSync(join(image.root, image.settings.volume));
    chownSync(volume, uid, gid);
  });
  afterEach(() => {
    for (const { child, signal } of containers.splice(0)) if (child.exitCode === null) signal('SIGKILL');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = async (env: Readonly<Record<string, string>>): Promise<Container> => {
    const port = await freePort();
    const child = image.start(volume, { PORT: String(port), ...env });
    let log = '';
    child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const ended = once(child, 'exit').then(([code]) => Number(code));
    // Docker, too, sends its signals from outside, to the first process.
    const signal = (name: NodeJS.Signals): void => {
      const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
      if (first !== undefined && first !== '') process.kill(Number(first), name);
    };
    const container = { url: `http://127.0.0.1:${port}`, child, log: () => log, signal, ended };
    containers.push(container);
    while (child.exitCode === null && !(await isAlive(container.url))) await delay(50);
    return container;
  };

  /** What Docker would say of it. */
  const health = async ({ url }: Pick<Container, 'url'>): Promise<number> => {
    const { entry, health: probe } = image.settings;
    expect(probe.slice(0, entry.length)).toEqual(entry);
    const child = image.start(volume, { ROCKETS_URL: url }, probe.slice(entry.length));
    return Number((await once(child, 'exit'))[0]);
  };

  it('says of itself what package.json says', () => {
    const { version, license, name } = JSON.parse(read('package.json')) as Record<string, string>;
    const prefix = 'org.opencontainers.image';
    expect(image.settings.labels).toMatchObject({
      [`${prefix}.title`]: name,
      [`${prefix}.version`]: version,
      [`${prefix}.licenses`]: license,
    });
  });

  it('is as large as docs/deploying.md says, unpacked and packed', () => {
    const [, unpackedText, packedText] = /(\d+) MiB, (\d+) MiB packed/.exec(read('docs/deploying.md')) ?? [];
    console.info(`the image: ${(bytes / MIB).toFixed(1)} MiB, ${(packed / MIB).toFixed(1)} MiB packed`);
    expect(Math.abs(bytes / MIB - Number(unpackedText))).toBeLessThan(4);
    expect(Math.abs(packed / MIB - Number(packedText))).toBeLessThan(4);
  });

  it('has no shell, no source, no tool, and nothing its user may change but the volume', () => {
    const names = new Set(files.map((file) => file.replace(/^.*\//, '')));
    expect(
      ['sh', 'bash', 'busybox', 'npm', 'npx', 'apt-get', 'tsc'].filter((name) => names.has(name)),
    ).toEqual([]);
    expect(files.filter((file) => file.endsWith('.ts'))).toEqual([]);
    const [user] = image.settings.user.split(':').map(Number);
    const open = files.filter((file) => {
      const status = lstatSync(join(image.root, file));
      // Everybody may everything with a link, which gives nobody anything.
      return !status.isSymbolicLink() && ((status.mode & 0o6002) !== 0 || status.uid === user);
    });
    expect(open).toEqual([]);
    expect(lstatSync(join(image.root, image.settings.volume)).uid).toBe(user);
    expect(user).toBeGreaterThan(0);
  });

  it('does not start before somebody said who may', async () => {
    const { ended, log } = await start({});
    expect(await ended).toBe(1);
    expect(log()).toContain('AUTH= makes no sense: it must be said when NODE_ENV=production');
  });

  it('starts, is probed, takes a message, drains, ends, and starts again with what it stored', async () => {
    const { stopSignal } = image.settings;
    const first = await start({ AUTH: 'none', DRAIN_DELAY: '24h' });
    expect(first.log()).toContain('"pid":1,"store":"sqlite"');
    expect(await health(first)).toBe(0);
    expect((await postMessage(first.url, messageText(1, 'rocket'))).status).toBe(202);
    first.signal(stopSignal);
    while ((await fetch(`${first.url}/readyz`)).ok) await delay(20);
    expect(await health(first)).toBe(1);
    expect((await postMessage(first.url, messageText(2, 'rocket'))).status).toBe(202);
    first.signal(stopSignal);
    expect(await first.ended).toBe(0);
    expect(first.log()).toContain('stopped; everything acknowledged is stored');
    expect(await health(first)).toBe(1);

    const second = await start({ AUTH: 'none' });
    expect(await (await fetch(`${second.url}/rockets/rocket`)).json()).toMatchObject({
      version: 2,
      speed: 510,
    });
    second.signal(stopSignal);
    expect(await second.ended).toBe(0);
    const verify = image.start(volume, {}, ['dist/cli/rockets.js', 'verify']);
    expect(Number((await once(verify, 'exit'))[0])).toBe(0);
  });

  it('has all that its pages load', async () => {
    const { url, signal, ended } = await start({ AUTH: 'none', EVENT_STORE: 'memory' });
    for (const page of ['/', '/docs', '/problems/overloaded']) {
      const html = await (await fetch(url + page, { headers: { Accept: 'text/html' } })).text();
      const loaded = [...html.matchAll(/(?:src|href)="(\/[^"]+\.\w+)"/g)].map(([, file]) => file ?? '');
      expect(loaded.length).toBeGreaterThan(0);
      for (const file of loaded) expect([file, (await fetch(url + file)).status]).toEqual([file, 200]);
    }
    signal('SIGTERM');
    expect(await ended).toBe(0);
  });

  it.each([
    [
      'PostgreSQL',
      { EVENT_STORE: 'postgres', DATABASE_URL: 'postgres://127.0.0.1:9/rockets' },
      /ECONNREFUSED/,
    ],
    ['Kafka', { KAFKA_BROKERS: '127.0.0.1:9' }, /is listening/],
    [
      'a collector of traces',
      { TRACING: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
      /is listening/,
    ],
  ])('has what it takes to speak with %s', async (_name, env, said) => {
    const { log, signal, ended, url } = await start({ AUTH: 'none', ...env });
    expect(log()).toMatch(said);
    await postMessage(url, messageText(1, 'another'));
    signal('SIGTERM');
    expect(await ended).toBe(0);
    expect(log()).not.toMatch(/cannot find|MODULE_NOT_FOUND/i);
  });

  it.each(['', 'keys'])('is asked for its commands, too (%s)', async (command) => {
    const child = image.start(volume, {}, ['dist/cli/rockets.js', command, '--help'].filter(Boolean));
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(said).toContain('Usage: rockets');
  });
};

/** Those that are no folders, from the root on. */
const filesIn = (folder: string, under = ''): string[] =>
  readdirSync(join(folder, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    return entry.isDirectory() ? filesIn(folder, path) : [path];
  });

const isAlive = (url: string): Promise<boolean> =>
  fetch(`${url}/livez`).then(
    ({ ok }) => ok,
    () => false,
  );

it('the Dockerfile has nothing that hadolint would do otherwise', async () => {
  const { stdout } = await run(deployTool('hadolint'), ['deploy/Dockerfile'], { cwd: root });
  expect(stdout).toBe('');
});

const why = obstacle();
if (why === undefined) describe('the image, built without Docker', tests);
else {
  it('the image was not built on this machine', () => {
    if (process.env['CI'] === 'true') throw new Error(why);
    process.stderr.write(`\nThe image was NOT built as deploy/Dockerfile says: ${why}.\n\n`);
  });
}
