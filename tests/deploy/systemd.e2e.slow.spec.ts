import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig, settingsInForce } from '../../src/config.js';
import { programOf } from '../support/programs.js';
import { freePort, messageText } from '../support/real-process.js';

jest.setTimeout(300_000);

const root = join(__dirname, '../..');
const file = join(root, 'deploy/systemd/rockets.service');
const lines = readFileSync(file, 'utf8').split('\n');
const all = (name: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
const the = (name: string): string => all(name).at(-1) ?? '';
const environment = Object.fromEntries(
  all('Environment').map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
) as Record<string, string>;

const docs = readFileSync(join(root, 'docs/deploying.md'), 'utf8');
/** What docs/deploying.md puts into /etc/rockets/rockets.env. */
const [, told = ''] = /goes what is secret[^`]*```ini\n([^`]*)```/.exec(docs) ?? [];
const toldSettings = Object.fromEntries(
  told
    .trim()
    .split('\n')
    .map((line) => line.split(/=(.*)/s).slice(0, 2)),
) as Record<string, string>;

const words = (text: string): readonly string[] => text.split(' ');

const analyze = (...args: readonly string[]): string =>
  execFileSync(programOf('systemd-analyze', 'systemd'), args, {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, SYSTEMD_COLORS: '0' },
  });

describe('the unit of systemd', () => {
  it('is one that systemd would take', () => {
    // What it starts need not be here.
    const copy = join(mkdtempSync(join(tmpdir(), 'rockets-unit-')), 'rockets.service');
    writeFileSync(copy, lines.join('\n').replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const { status, stdout, stderr } = spawnSync(programOf('systemd-analyze', 'systemd'), ['verify', copy], {
      encoding: 'utf8',
    });
    rmSync(dirname(copy), { recursive: true });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  it('exposes no more than docs/deploying.md says', () => {
    const [, score] =
      /Overall exposure level for rockets\.service: ([\d.]+)/.exec(
        analyze('security', '--offline=yes', '--no-pager', file),
      ) ?? [];
    const [, said] = /exposure level of \*\*([\d.]+)\*\*/.exec(docs) ?? [];
    expect(Number(score)).toBeGreaterThan(0);
    expect(said).toBe(score);
  });

  it('tells settings that there are, and waits for the end longer than they let it take', () => {
    const env = { ...environment, ...toldSettings };
    expect(Object.keys(toldSettings)).toContain('AUTH');
    const known = settingsInForce({}, false).map((line) => line.split('=')[0]);
    expect([...known, 'NODE_ENV']).toEqual(expect.arrayContaining(Object.keys(env)));
    const { drainDelayMs, shutdownTimeoutMs, maxConnections } = readConfig(env, false);
    const seconds = Number(/^(\d+)s$/.exec(the('TimeoutStopSec'))?.[1]);
    expect(seconds * 1000).toBeGreaterThan(drainDelayMs + shutdownTimeoutMs + 1000);
    expect(Number(the('LimitNOFILE'))).toBeGreaterThan(maxConnections);
  });
});

/** Every system call that the unit allows. */
const allowed = (): ReadonlySet<string> => {
  const sets = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of analyze('syscall-filter').split('\n')) {
    if (line.startsWith('@')) sets.set(line.trim(), (current = []));
    else if (/^ +[@\w]/.test(line)) current.push(line.trim());
  }
  const calls = (name: string): string[] =>
    name.startsWith('@') ? (sets.get(name) ?? []).flatMap(calls) : [name];
  const result = new Set<string>(calls('@default'));
  for (const filter of all('SystemCallFilter')) {
    const names = filter.replace(/^~/, '').split(' ').flatMap(calls);
    for (const name of names)
      if (filter.startsWith('~')) result.delete(name);
      else result.add(name);
  }
  return result;
};

const tests = (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'rockets-systemd-'));
  const nobody = 65534;
  let child: ChildProcess;
  let log = '';
  let port: number;
  let called: readonly string[];
  let code: number;
  const answers: number[] = [];

  /** As the unit starts it: what it may read and write, which rights it has, what it sees of the kernel. */
  beforeAll(async () => {
    port = await freePort();
    const state = join(folder, 'state');
    const [opt, configuration, units] = [join(folder, 'opt'), join(folder, 'etc'), join(folder, 'units')];
    mkdirSync(state, { mode: 0o700 });
    mkdirSync(units);
    const [, installs = ''] = /```sh\n(useradd [^`]*)```/.exec(docs) ?? [];
    const script = [
      ['/opt/rockets', opt],
      ['/etc/rockets', configuration],
      ['/etc/systemd/system', units],
    ]
      .reduce((text, [from = '', to = '']) => text.replaceAll(from, to), installs)
      .replace(/^useradd .*$/m, '')
      .replace('-g rockets', `-g ${nobody}`)
      .replace('chgrp rockets', `chgrp ${nobody}`);
    execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: root,
      stdio: 'pipe',
      env: { ...process.env, npm_config_prefer_offline: 'true' },
    });
    const more = words('keys create --name all --scope ingest,read --file').concat(
      join(configuration, 'keys.json'),
    );
    const key = execFileSync(process.execPath, [join(opt, 'dist/cli/rockets.js'), ...more], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    chownSync(state, nobody, nobody);
    const trace = join(state, 'trace');
    const [given = '', program = ''] = the('ExecStart').split(' ');
    const node = existsSync(given) ? given : process.execPath;
    const home = the('WorkingDirectory');
    const system = ['bin', 'sbin', 'lib', 'lib64'].map((name) => `--symlink usr/${name} /${name}`);
    const parents = ['/etc', '/opt', '/var', '/var/lib'].map((place) => `--dir ${place}`);
    const files = ['ld.so.cache', 'hosts', 'resolv.conf', 'passwd'].map(
      (name) => `--ro-bind-try /etc/${name} /etc/${name}`,
    );
    const places = [
      ...['--tmpfs / --ro-bind /usr /usr', ...system, ...parents, ...files],
      `--ro-bind ${opt} /opt/rockets --ro-bind ${configuration} /etc/rockets --bind ${state} ${home}`,
      `--perms 1777 --tmpfs /tmp --dev /dev --proc /proc --remount-ro / --chdir ${home}`,
      '--unshare-pid --die-with-parent --cap-add ALL',
    ];
    // ProcSubset=pid and ProtectProc=invisible.
    const around = ['sh', '-c', 'mount -t proc -o subset=pid,hidepid=2 proc /proc && exec "$@"', 'sh'];
    const rights = `--reuid=${nobody} --regid=${nobody} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs`;
    const settings = Object.entries({ ...environment, ...toldSettings, PORT: String(port) });
    const started = [
      ...words(`setpriv ${rights} strace -f -qq -c -o ${home}/trace env -i`),
      ...settings.map(([name, value]) => `${name}=${value}`),
      ...[node, program],
    ];
    child = spawn('bwrap', [...places.flatMap(words), ...around, ...started], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const ended = once(child, 'close').then(([status]) => Number(status));
    while (child.exitCode === null && !log.includes('is listening')) await delay(50);
    if (child.exitCode !== null) throw new Error(log);
    const url = `http://127.0.0.1:${port}`;
    const headers = { Authorization: `Bearer ${key.trim()}` };
    for (let number = 1; number <= 200; number++) {
      const body = messageText(number, `rocket-${number % 9}`);
      await fetch(`${url}/messages`, { method: 'POST', body, headers });
    }
    for (const path of ['/', '/docs', '/health', '/rockets', '/metrics', '/events']) {
      answers.push((await fetch(url + path, { headers })).status);
    }
    endInside(child, 'SIGTERM');
    code = await ended;
    called = readFileSync(trace, 'utf8')
      .split('\n')
      .flatMap((line) => /^ *[\d.]+ .* (\w+)$/.exec(line)?.[1] ?? [])
      .filter((name) => name !== 'total');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('starts, takes messages, and ends in order', () => {
    expect(log).toContain('"store":"sqlite"');
    expect(answers).toEqual([200, 200, 200, 200, 200, 200]);
    expect(log).toContain('stopped; everything acknowledged is stored');
    expect(code).toBe(0);
  });

  it('was installed as docs/deploying.md says, and is let see no more of its keys than it has to', () => {
    const { mode, uid, gid } = statSync(join(folder, 'etc/keys.json'));
    expect([mode & 0o777, uid, gid]).toEqual([0o640, 0, nobody]);
    expect(statSync(join(folder, 'etc/rockets.env')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'units/rockets.service'), 'utf8')).toBe(lines.join('\n'));
  });

  it('calls of the system what it may call', () => {
    expect(called).toEqual(expect.arrayContaining(['read', 'futex', 'fsync']));
    const may = allowed();
    expect(may.has('mount')).toBe(false);
    expect(called.filter((name) => !may.has(name))).toEqual([]);
  });
};

/** Told to the service, which is the last of the processes that stand around it. */
const endInside = (child: ChildProcess, signal: NodeJS.Signals): void => {
  let pid = Number(child.pid);
  for (;;) {
    const [next] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    if (next === undefined || next === '') break;
    pid = Number(next);
  }
  process.kill(pid, signal);
};

if (process.getuid?.() === 0) describe('the service, started as the unit says', tests);
else {
  it('the service was not started as the unit says', () => {
    const why = 'only root can give up the rights that the unit takes away';
    if (process.env['CI'] === 'true') throw new Error(why);
    process.stderr.write(`\nThe service was NOT started as deploy/systemd says: ${why}.\n\n`);
  });
}
