import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { programOf } from './programs.js';
import { freePort } from './real-process.js';

const root = join(__dirname, '../..');

/** The ports that the files of `deploy/` name: the proxy's own, then those of the instances. */
const written = [8088, 8091, 8092, 8093];

type Command = readonly [string, ...string[]];

interface Kind {
  readonly program: () => string;
  /** The file of `deploy/`, put where a program of ours can run it, from the text with other ports. */
  readonly put: (folder: string, text: string) => string;
  readonly file: string;
  readonly check: (program: string, file: string, folder: string) => Command;
  readonly run: (program: string, file: string, folder: string) => Command;
  /** Ends it at once, whoever reads the feed still. */
  readonly stop: NodeJS.Signals;
}

const put = (folder: string, name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** The file goes into the http part; what else nginx keeps, it keeps in the folder. */
const aroundNginx = (folder: string, ours: string): string => {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ');
  return `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${folder}/pid; error_log stderr crit;
    events {} http { access_log off; ${temporary} include ${ours}; }`;
};

export const proxies = {
  HAProxy: {
    program: () => programOf('haproxy', 'haproxy'),
    file: 'deploy/haproxy/haproxy.cfg',
    put: (folder, text) => put(folder, 'haproxy.cfg', text),
    check: (program, file) => [program, '-c', '-f', file],
    run: (program, file) => [program, '-f', file],
    stop: 'SIGTERM',
  },
  nginx: {
    program: () => programOf('nginx', 'nginx-light'),
    file: 'deploy/nginx/rockets.conf',
    put: (folder, text) => put(folder, 'nginx.conf', aroundNginx(folder, put(folder, 'rockets.conf', text))),
    check: (program, file, folder) => [program, '-t', '-p', folder, '-c', file, '-e', 'stderr'],
    run: (program, file, folder) => [program, '-p', folder, '-c', file, '-e', 'stderr'],
    stop: 'SIGTERM',
  },
  Caddy: {
    program: () => programOf('caddy', 'caddy'),
    file: 'deploy/caddy/Caddyfile',
    // Its own port for orders is one of the whole machine.
    put: (folder, text) =>
      put(folder, 'Caddyfile', text.replace(/^\{$/m, '{\n\tadmin off\n\tlog {\n\t\tlevel ERROR\n\t}')),
    check: (program, file) => [program, 'validate', '--adapter', 'caddyfile', '--config', file],
    run: (program, file) => [program, 'run', '--adapter', 'caddyfile', '--config', file],
    stop: 'SIGQUIT',
  },
} as const satisfies Record<string, Kind>;

export type ProxyName = keyof typeof proxies;

export const proxyNames = Object.keys(proxies) as readonly ProxyName[];

/** A text of ours with ports that are free, instead of those that people read. */
export const withPorts = (text: string, ports: readonly number[]): string =>
  written.reduce((all, port, i) => all.replaceAll(String(port), String(ports[i])), text);

const fileIn = (folder: string, { put, file }: Kind, ports: readonly number[]): string =>
  put(folder, withPorts(readFileSync(join(root, file), 'utf8'), ports));

/** What the program itself says to the file, and its exit code. */
export const checkProxy = (name: ProxyName, folder: string): { code: number | null; said: string } => {
  const kind: Kind = proxies[name];
  const [command, ...args] = kind.check(kind.program(), fileIn(folder, kind, written), folder);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: envIn(folder) });
  return { code: status, said: stdout + stderr };
};

/** Caddy keeps certificates and its last settings at home. */
const envIn = (folder: string): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: folder });

/** A proxy as `deploy/` has it, before instances at ports of this machine. */
export class Proxy {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly stop: NodeJS.Signals,
  ) {}

  /** Up as soon as an instance is ready through it. */
  static async start(name: ProxyName, folder: string, instances: readonly number[]): Promise<Proxy> {
    const kind: Kind = proxies[name];
    const port = await freePort();
    const file = fileIn(folder, kind, [port, ...instances]);
    const [command, ...args] = kind.run(kind.program(), file, folder);
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: envIn(folder) });
    const proxy = new Proxy(`http://127.0.0.1:${port}`, child, kind.stop);
    while (!(await proxy.isUp())) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
      await delay(50);
    }
    return proxy;
  }

  private isUp(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(this.stop);
    await ended;
  }
}
