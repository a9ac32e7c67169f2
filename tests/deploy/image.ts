import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { flagsOf, settingsOf, stagesOf, type Stage } from './dockerfile.js';

const run = promisify(execFile);

/** What every container sees of the kernel, and nothing of other processes. */
const ownProcesses = [
  '--unshare-pid',
  '--unshare-ipc',
  '--die-with-parent',
  '--proc',
  '/proc',
  '--dev',
  '/dev',
];

/**
 * Does what a Dockerfile says without Docker: each stage is a folder, each `RUN` is run in it as if it were the root. For the
 * stages that build, the folder is completed by this machine's system, which has to be what they say they are built from, and by
 * the Node they name.
 */
export class Image {
  readonly stages: readonly Stage[];
  private readonly admitted: ReadonlySet<string>;

  constructor(
    private readonly context: string,
    dockerfile: string,
    private readonly folder: string,
    /** With `bin/node` and `lib/node_modules/npm` in it, as /usr/local of the image that is built from. */
    private readonly node: string,
  ) {
    this.stages = stagesOf(readFileSync(join(context, dockerfile), 'utf8'));
    this.admitted = admittedBy(readFileSync(join(context, '.dockerignore'), 'utf8'));
  }

  get root(): string {
    return this.rootOf(this.last.name);
  }

  get settings(): ReturnType<typeof settingsOf> {
    return settingsOf(this.last);
  }

  private get last(): Stage {
    const last = this.stages.at(-1);
    if (last === undefined) throw new Error('the Dockerfile has no stage');
    return last;
  }

  private rootOf(stage: string): string {
    return join(this.folder, stage === '' ? 'final' : stage);
  }

  async build(): Promise<void> {
    for (const stage of this.stages) await this.buildStage(stage);
  }

  private async buildStage(stage: Stage): Promise<void> {
    const root = this.rootOf(stage.name);
    mkdirSync(root, { recursive: true });
    if (stage.from !== 'scratch') complete(root);
    let directory = '/';
    let shell = ['/bin/sh', '-c'];
    for (const { word, text } of stage.instructions) {
      if (word === 'WORKDIR') mkdirSync(join(root, (directory = text)), { recursive: true });
      else if (word === 'SHELL') shell = JSON.parse(text) as string[];
      else if (word === 'COPY') this.copy(text, root, directory);
      else if (word === 'RUN') await this.runIn(root, directory, [...shell, text]);
      else if (!saidOnly.has(word)) throw new Error(`${word} is nothing that this test can do`);
    }
  }

  private copy(text: string, root: string, directory: string): void {
    const { flags, rest } = flagsOf(text);
    const words = rest.split(/\s+/);
    const target = words.pop() ?? '';
    const to = join(root, target.startsWith('/') ? target : join(directory, target));
    for (const word of words) {
      if (flags['from'] === undefined && !this.admitted.has(word))
        throw new Error(`.dockerignore keeps ${word} out`);
      const from = join(flags['from'] === undefined ? this.context : this.rootOf(flags['from']), word);
      const isFolder = statSync(from).isDirectory();
      cpSync(from, !isFolder && /[/]$|^\.$/.test(target) ? join(to, basename(word)) : to, {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
      });
    }
    const [user, group] = (flags['chown'] ?? '0:0').split(':').map(Number);
    if (flags['chown'] !== undefined) chownAll(to, user ?? 0, group ?? 0);
  }

  private async runIn(root: string, directory: string, command: readonly string[]): Promise<void> {
    const home = homedir();
    mkdirSync(join(root, home), { recursive: true });
    const npmrc = join(home, '.npmrc');
    // What was downloaded before need not be downloaded again; who serves packages is this machine's affair.
    mkdirSync(join(home, '.npm'), { recursive: true });
    const npm = ['--bind', join(home, '.npm'), join(home, '.npm'), '--ro-bind-try', npmrc, npmrc];
    const system = [
      '--ro-bind',
      '/usr',
      '/usr',
      '--ro-bind',
      '/etc',
      '/etc',
      '--ro-bind',
      this.node,
      '/usr/local',
    ];
    const words = [
      '--bind',
      root,
      '/',
      ...system,
      ...npm,
      '--tmpfs',
      '/tmp',
      ...ownProcesses,
      '--chdir',
      directory,
    ];
    await run('bwrap', [...words, ...command], {
      env: {
        ...settingsOfNpm(),
        HOME: home,
        PATH: '/usr/local/bin:/usr/bin:/bin',
        npm_config_prefer_offline: 'true',
      },
      maxBuffer: 64 * 1024 * 1024,
    });
  }

  /**
   * A container with nothing but the image, which it can only read, the first of its processes, of nobody's rights, and the volume. Without
   * a network of its own.
   */
  start(volume: string, env: Readonly<Record<string, string>>, command?: readonly string[]): ChildProcess {
    const { root, settings } = this;
    const [user = '', group = ''] = settings.user.split(':');
    const { directory, entry } = settings;
    for (const place of ['proc', 'dev', 'inside']) mkdirSync(join(root, place), { recursive: true });
    // Docker brings these, too.
    for (const file of ['hosts', 'resolv.conf']) writeFileSync(join(root, 'etc', file), '');
    const at = '/tmp/image';
    const image = [
      '--ro-bind',
      root,
      at,
      '--bind',
      volume,
      at + settings.volume,
      '--proc',
      `${at}/proc`,
      '--dev',
      `${at}/dev`,
    ];
    const files = ['hosts', 'resolv.conf'].flatMap((file) => [
      '--ro-bind',
      `/etc/${file}`,
      `${at}/etc/${file}`,
    ]);
    const rights = [
      '--cap-drop',
      'ALL',
      ...['SYS_CHROOT', 'SETUID', 'SETGID'].flatMap((cap) => ['--cap-add', `CAP_${cap}`]),
    ];
    const become = ['unshare', `--root=${at}`, `--wd=${directory}`, `--setuid=${user}`, `--setgid=${group}`];
    const around = [
      '--ro-bind',
      '/',
      '/',
      '--tmpfs',
      '/tmp',
      ...image,
      ...files,
      ...ownProcesses,
      '--as-pid-1',
    ];
    return spawn('bwrap', [...around, ...rights, ...become, ...entry, ...(command ?? settings.command)], {
      env: { ...settings.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** They change nothing in the image but what it says of itself. */
const saidOnly = new Set([
  'ENV',
  'LABEL',
  'USER',
  'VOLUME',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'ENTRYPOINT',
  'CMD',
]);

/** Everything is kept out but what is named, by its whole name. */
const admittedBy = (dockerignore: string): ReadonlySet<string> => {
  const [first, ...others] = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || !others.every((line) => /^![\w.-]+$/.test(line)))
    throw new Error('.dockerignore is to name what goes in');
  return new Set(others.map((line) => line.slice(1)));
};

/** Where this machine's /usr is mounted, its programs are found. */
const complete = (root: string): void => {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(`usr/${name}`, join(root, name));
  }
};

const settingsOfNpm = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^npm_config_|_proxy$|^NODE_EXTRA_CA_CERTS$/i.test(name)),
  );

const chownAll = (path: string, user: number, group: number): void => {
  chownSync(path, user, group);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownAll(join(path, name), user, group);
};

/** /usr/local of the image that is built from: the Node of npm's registry, which is the one of nodejs.org, and this machine's npm. */
export const nodeOf = (version: string, folder: string): string => {
  const fetched = join(folder, 'fetched');
  const npmRoot = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  execFileSync('npm', [
    'install',
    '--prefix',
    fetched,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `node@${version}`,
  ]);
  const local = join(folder, 'local');
  for (const place of ['bin', 'lib/node_modules/npm']) mkdirSync(join(local, place), { recursive: true });
  copyFileSync(join(fetched, 'node_modules/node/bin/node'), join(local, 'bin/node'));
  cpSync(join(npmRoot, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    const program = `../lib/node_modules/npm/bin/${name}-cli.js`;
    if (!existsSync(join(local, 'bin', program))) throw new Error(`there is no ${name} in ${npmRoot}`);
    symlinkSync(program, join(local, 'bin', name));
  }
  return local;
};
