import { execFile } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';

jest.setTimeout(600_000);

const run = promisify(execFile);
const root = join(__dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const MIB = 1024 * 1024;

/** Nothing of what is needed has to be built, so no package gets to run anything. */
const quietly = ['--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];

const folder = mkdtempSync(join(tmpdir(), 'rockets-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const npm = async (directory: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await run('npm', args, { cwd: directory });
  return stdout;
};

const sizeOf = (path: string): number => {
  const status = lstatSync(path);
  if (!status.isDirectory()) return status.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
};

/** Each without a tool of development, and without anything of this folder. */
const ways: readonly (readonly [
  way: string,
  install: () => Promise<{ directory: string; program: string }>,
])[] = [
  [
    'the file of npm pack in an empty folder',
    async () => {
      const directory = join(folder, 'installed');
      mkdirSync(directory);
      const file = (
        await npm(root, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder)
      ).trim();
      await npm(directory, 'install', ...quietly, join(folder, file));
      return { directory, program: join(directory, 'node_modules/rockets') };
    },
  ],
  [
    'a copy of what was built',
    async () => {
      const directory = join(folder, 'copy');
      mkdirSync(directory);
      for (const name of ['dist', 'package.json', 'package-lock.json']) {
        cpSync(join(root, name), join(directory, name), { recursive: true });
      }
      await npm(directory, 'ci', ...quietly);
      return { directory, program: directory };
    },
  ],
];

describe.each(ways)('%s', (_way, install) => {
  let directory: string;
  let program: string;
  let service: RealProcess;
  beforeAll(async () => {
    ({ directory, program } = await install());
    const file = join(directory, 'data/rockets.db');
    service = await startProcess(
      { EVENT_STORE: 'sqlite', SQLITE_FILE: file },
      [],
      [],
      join(program, 'dist/main.js'),
    );
  });
  afterAll(async () => {
    expect(await service.end()).toBe(0);
  });

  it('takes a message and shows its rocket', async () => {
    expect((await postMessage(service.url, messageText(1, 'rocket'))).status).toBe(202);
    const rocket: unknown = await (await fetch(`${service.url}/rockets/rocket`)).json();
    expect(rocket).toMatchObject({ speed: 500, version: 1 });
  });

  it('does so with the store in memory as well', async () => {
    const other = await startProcess({}, [], [], join(program, 'dist/main.js'));
    expect((await postMessage(other.url, messageText(1, 'rocket'))).status).toBe(202);
    expect(await (await fetch(`${other.url}/health`)).json()).toMatchObject({ store: { name: 'memory' } });
    expect(await other.end()).toBe(0);
  });

  it('has what it takes to ask PostgreSQL', async () => {
    const env = { EVENT_STORE: 'postgres', DATABASE_URL: 'postgres://127.0.0.1:9/rockets' };
    const other = await startProcess(env, [], [], join(program, 'dist/main.js'));
    expect(other.log()).toMatch(/ECONNREFUSED.*waiting for it/);
    expect(await other.end()).toBe(0);
  });

  it('serves the dashboard and the pages about the API, and all that they load', async () => {
    for (const page of ['/', '/docs', '/problems/overloaded']) {
      const response = await fetch(service.url + page, { headers: { Accept: 'text/html' } });
      const html = await response.text();
      expect([page, response.status, html.slice(0, 15).toLowerCase()]).toEqual([
        page,
        200,
        '<!doctype html>',
      ]);
      const files = [...html.matchAll(/(?:src|href)="(\/[^"]+\.\w+)"/g)].map(([, file]) => file ?? '');
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) expect([file, (await fetch(service.url + file)).status]).toEqual([file, 200]);
    }
  });

  it('has the commands', async () => {
    const rockets = join(program, 'dist/cli/rockets.js');
    const health = await run(process.execPath, [rockets, 'health', '--url', service.url], { cwd: folder });
    expect(health.stdout).toMatch(/^status +ok\n/);
    const verified = await run(process.execPath, [rockets, 'verify'], { cwd: directory });
    expect(verified.stdout).toContain('data/rockets.db is right: 1 rocket');
  });

  it('says nothing but what it logs', () => {
    const lines = service.log().trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
  });

  it('takes less than 120 MiB', () => expect(sizeOf(directory)).toBeLessThan(120 * MIB));

  it('holds no source, no test and no tool', () => {
    const there = [...readdirSync(program), ...readdirSync(join(directory, 'node_modules'))];
    const tools = ['src', 'tests', 'web', 'typescript', 'jest', 'esbuild', 'eslint'];
    expect(tools.filter((name) => there.includes(name))).toEqual([]);
  });
});

it('everything that was installed, and what the dashboard is made of, is in the bill of materials', async () => {
  const { stdout } = await run(process.execPath, ['.ci/sbom.mjs'], { cwd: root, maxBuffer: 64 * MIB });
  const { components } = JSON.parse(stdout) as { components: { name: string; version: string }[] };
  const listed = new Set(components.map((component) => `${component.name}@${component.version}`));
  const installed = JSON.parse(
    readFileSync(join(folder, 'copy/node_modules/.package-lock.json'), 'utf8'),
  ) as {
    packages: Record<string, { version: string }>;
  };
  const there = Object.entries(installed.packages).map(
    ([path, { version: exact }]) => `${path.replace(/.*node_modules\//, '')}@${exact}`,
  );
  expect(there.length).toBeGreaterThan(100);
  expect(there.filter((name) => !listed.has(name))).toEqual([]);
  const bundled = ['@preact/signals', '@preact/signals-core', 'preact', 'uplot'];
  const more = [...listed].filter((name) => !there.includes(name)).map((name) => name.replace(/@[^@]*$/, ''));
  // What another Node, or another machine, would have installed as well.
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optional?: boolean }>;
  };
  const isOptional = (name: string): boolean => lock.packages[`node_modules/${name}`]?.optional === true;
  expect(more.filter((name) => !isOptional(name)).sort()).toEqual(bundled);
});

it('the installed package brings its licence, what it is and what has changed, and is run by npx', async () => {
  const directory = join(folder, 'installed');
  expect(readdirSync(join(directory, 'node_modules/rockets')).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'deploy',
    'dist',
    'docs',
    'package.json',
  ]);
  const { stdout } = await run('npx', ['--no-install', 'rockets', '--version'], { cwd: directory });
  expect(stdout).toBe(`${version}\n`);
});
