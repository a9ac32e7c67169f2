import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readConfig, settingsInForce, type Environment } from '../../src/config.js';
import { version } from '../../src/version.js';
import { OwnServer } from '../support/postgres-server.js';
import { deployTool, programOf } from '../support/programs.js';
import { messageText, startProcess } from '../support/real-process.js';
import { settingsOf, stagesOf } from './dockerfile.js';

const root = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'rockets-compose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly networks: readonly string[] | Readonly<Record<string, { readonly ipv4_address: string } | null>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly read_only: boolean;
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, null>>;
}

/** As the parser has it that comes with yamllint, merges done. */
const parsed = (text: string): unknown => {
  const python = join(dirname(deployTool('yamllint')), 'python3');
  const script = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
  return JSON.parse(execFileSync(python, ['-c', script], { input: text, encoding: 'utf8' }));
};

const text = readFileSync(join(root, 'deploy/compose/compose.yaml'), 'utf8');
/** `${NAME:-standard}`, as nobody has set anything. */
const standards = [...text.matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(
  ([, name = '', value = '']) => [name, value] as const,
);
const { services, secrets, volumes } = parsed(text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')) as Compose;
const names = Object.keys(services);
const instances = names.filter((name) => services[name]?.image.startsWith('rockets:'));
const [instance] = instances.map((name) => services[name]);

/** deploy/ in a place where secrets may be made, beside what was built. */
const deployed = join(folder, 'deploy');
beforeAll(() => {
  cpSync(join(root, 'deploy'), deployed, { recursive: true });
  for (const name of ['dist', 'node_modules', 'package.json'])
    symlinkSync(join(root, name), join(folder, name));
});

const makeSecrets = () =>
  spawnSync(join(deployed, 'compose/make-secrets'), {
    env: { PATH: process.env['PATH'], ROCKETS: 'node ../../dist/cli/rockets.js' },
    encoding: 'utf8',
  });

const inCompose = (path: string): string => join(deployed, 'compose', path);

it('no linter finds anything wrong with what is YAML', () => {
  const folders = ['compose', 'prometheus', 'grafana'].map((name) => `deploy/${name}`);
  const { status, stdout } = spawnSync(
    deployTool('yamllint'),
    ['-c', 'deploy/.yamllint', '--strict', ...folders],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  expect([status, stdout]).toEqual([0, '']);
});

describe('the secrets', () => {
  let keys: readonly string[];
  beforeAll(() => {
    const { status, stdout, stderr } = makeSecrets();
    expect([status, stderr]).toEqual([0, expect.stringContaining('operator may read, operate')]);
    keys = stdout.trim().split('\n');
  });

  it('are made once, and are not made over', () => {
    expect(keys).toEqual([expect.stringMatching(/^rk_/), expect.stringMatching(/^rk_/)]);
    const { status, stderr } = makeSecrets();
    expect([status, stderr]).toEqual([1, expect.stringContaining('is there already')]);
    expect(statSync(inCompose('secrets')).mode & 0o077).toBe(0);
  });

  it('are all that is asked for', () => {
    const asked = names.flatMap((name) => services[name]?.secrets ?? []);
    expect(new Set(asked)).toEqual(new Set(Object.keys(secrets)));
    for (const { file } of Object.values(secrets))
      expect([file, existsSync(inCompose(file))]).toEqual([file, true]);
  });

  it('stay out of the repository, of packages and of images', () => {
    const git = spawnSync(
      'git',
      ['check-ignore', 'deploy/compose/secrets/rockets.env', 'deploy/compose/.env'],
      { cwd: root },
    );
    expect(git.status).toBe(0);
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(['!deploy/compose/secrets', '!deploy/compose/.env']));
    expect(readFileSync(join(root, '.dockerignore'), 'utf8')).not.toContain('deploy');
  });

  it('let one instance start as it is written, on PostgreSQL, and each key do what it is for', async () => {
    const server = await OwnServer.start();
    try {
      const [envFile = '', ...command] = instance?.command ?? [];
      const settings = join(folder, 'rockets.env');
      const made = readFileSync(inCompose('secrets/rockets.env'), 'utf8');
      writeFileSync(settings, made.replace(/postgres:\/\/\S+/, server.url));
      expect(envFile).toBe('--env-file=/run/secrets/rockets.env');
      expect(command).toEqual(['dist/main.js']);
      const file = inCompose('secrets/keys/keys.json');
      // The Kafka client needs a newer Node than this may be.
      const env = { ...instance?.environment, CONSUME: 'none', KAFKA_BROKERS: '', API_KEYS_FILE: file };
      const read = envFile.replace('/run/secrets/rockets.env', settings);
      const service = await startProcess(env, [], [process.execPath], undefined, read);
      const as = (key: string) => ({ headers: { Authorization: `Bearer ${key}` } });
      const post = { method: 'POST', body: messageText(1, 'rocket'), ...as(keys[0] ?? '') };
      expect((await fetch(`${service.url}/messages`, post)).status).toBe(202);
      expect((await fetch(`${service.url}/messages`, { ...post, headers: {} })).status).toBe(401);
      expect((await fetch(`${service.url}/rockets/rocket`, as(keys[1] ?? ''))).status).toBe(200);
      const scraper = readFileSync(inCompose('secrets/prometheus-key'), 'utf8').trim();
      expect(await (await fetch(`${service.url}/metrics`, as(scraper))).text()).toContain(
        'rockets_messages_total',
      );
      const { health } = settingsOf(stagesOf(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8')).at(-1)!);
      const probe = spawnSync('node', health.slice(1), {
        cwd: root,
        env: { PATH: process.env['PATH'], ROCKETS_URL: service.url },
      });
      expect(probe.status).toBe(0);
      expect(await service.end()).toBe(0);
    } finally {
      await server.remove();
    }
  });
});

describe('the services', () => {
  it('are three of ours, and each image has its version', () => {
    expect(instances).toEqual(['rockets-1', 'rockets-2', 'rockets-3']);
    for (const name of instances) expect(services[name]?.image).toBe(`rockets:${version()}`);
    for (const name of names) expect(services[name]?.image).toMatch(/:v?\d+\.\d+/);
  });

  it.each(names)('%s has few rights, bounds, and a log that does not fill the disk', (name) => {
    expect(services[name]).toMatchObject({
      restart: 'unless-stopped',
      // Kafka writes its own configuration.
      read_only: name !== 'kafka',
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      logging: { driver: 'local', options: { 'max-size': '20m', 'max-file': '5' } },
      deploy: {
        resources: { limits: { cpus: expect.any(String) as string, memory: expect.any(String) as string } },
      },
    });
    // Ours have that of the image.
    expect(services[name]?.healthcheck === undefined).toBe(instances.includes(name));
  });

  it.each(names)('%s mounts what is there', (name) => {
    for (const mount of services[name]?.volumes ?? []) {
      const [from = ''] = mount.split(':');
      if (from.startsWith('.')) expect([mount, existsSync(inCompose(from))]).toEqual([mount, true]);
      else expect(Object.keys(volumes)).toContain(from);
    }
  });

  it('are told settings that there are, and take them', () => {
    const known = settingsInForce({}, false).map((line) => line.split('=')[0]);
    const env = instance?.environment ?? {};
    expect(known).toEqual(expect.arrayContaining(Object.keys(env)));
    const secret = Object.fromEntries(
      readFileSync(inCompose('secrets/rockets.env'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    ) as Environment;
    expect(known).toEqual(expect.arrayContaining(Object.keys(secret)));
    const config = readConfig({ NODE_ENV: 'production', ...env, ...secret }, false);
    expect(config).toMatchObject({ eventStore: 'postgres', ingest: 'http', consume: 'kafka' });
    const grace = Number(/^(\d+)s$/.exec(instance?.stop_grace_period ?? '')?.[1]) * 1000;
    expect(grace).toBeGreaterThan(config.drainDelayMs + config.shutdownTimeoutMs + 1000);
  });

  it('differ in what .env.example says, and nothing else', () => {
    const example = readFileSync(join(root, 'deploy/compose/.env.example'), 'utf8');
    const listed = [...example.matchAll(/^#(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
    expect(new Map(listed as [string, string][])).toEqual(new Map(standards));
  });

  it('are reached from outside by nginx; what tells of them from this machine alone', () => {
    const published = Object.fromEntries(
      names.map((name) => [name, services[name]?.ports]).filter(([, ports]) => ports),
    );
    expect(published).toEqual({
      nginx: ['8088:8088'],
      prometheus: ['127.0.0.1:9090:9090'],
      grafana: ['127.0.0.1:3000:3000'],
    });
  });
});

describe('nginx', () => {
  it('asks the addresses of the instances, as its own program reads it', () => {
    const [, , line = ''] = services['nginx']?.command ?? [];
    const [change = ''] = line.split('&&');
    const target = join(folder, 'nginx');
    mkdirSync(target);
    const script = change
      .replace('/rockets.conf', inCompose('../nginx/rockets.conf'))
      .replace('/etc/nginx/conf.d', target);
    execFileSync('/bin/sh', ['-c', script]);
    const made = readFileSync(join(target, 'default.conf'), 'utf8');
    const asked = [...made.matchAll(/^ +server (\S+):8088 /gm)].map(([, address]) => address);
    const given = instances.map((name) => {
      const { networks } = services[name] ?? {};
      return networks !== undefined && 'rockets' in networks ? networks['rockets']?.ipv4_address : undefined;
    });
    expect(asked).toEqual(given);
    expect(made).not.toContain('127.0.0.1');
    const all = `pid ${target}/pid; events {} http { include ${target}/default.conf; }`;
    writeFileSync(join(target, 'nginx.conf'), all);
    const nginx = programOf('nginx', 'nginx-light');
    const { status, stderr } = spawnSync(
      nginx,
      ['-t', '-q', '-p', target, '-c', join(target, 'nginx.conf'), '-e', 'stderr'],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
  });
});

it('Prometheus reads its file, and asks each instance with its key', () => {
  const file = join(folder, 'prometheus.yml');
  const own = readFileSync(join(root, 'deploy/compose/prometheus.yml'), 'utf8');
  writeFileSync(file, own.replace('/run/secrets', inCompose('secrets')));
  cpSync(join(root, 'deploy/prometheus/rules.yml'), join(folder, 'rules.yml'));
  const { status, stderr } = spawnSync(programOf('promtool', 'prometheus'), ['check', 'config', file], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  type Scraped = { scrape_configs: { job_name: string; static_configs: object; authorization?: object }[] };
  const [ours] = (parsed(own) as Scraped).scrape_configs;
  const [plain] = (parsed(readFileSync(join(root, 'deploy/prometheus/prometheus.yml'), 'utf8')) as Scraped)
    .scrape_configs;
  expect(ours).toEqual({ ...plain, authorization: { credentials_file: '/run/secrets/prometheus-key' } });
  expect(ours?.static_configs).toEqual([{ targets: instances.map((name) => `${name}:8088`) }]);
});
