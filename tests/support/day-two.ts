import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPrograms } from './postgres-server.js';
import { freePort } from './real-process.js';

const root = join(__dirname, '../..');
export const page = readFileSync(join(root, 'docs/day-two.md'), 'utf8');

/** The commands of the page, by the heading above them. */
export const blocks: ReadonlyMap<string, readonly string[]> = (() => {
  const found = new Map<string, string[]>();
  let heading = '';
  for (const [, title, block] of page.matchAll(/^#+ (.+)$|^```sh\n([^`]*)```$/gm)) {
    if (title !== undefined) heading = title;
    else found.set(heading, [...(found.get(heading) ?? []), block ?? '']);
  }
  return found;
})();

/** What the commands name, in the folder of a test instead. */
const places = [
  '/etc/rockets',
  '/etc/letsencrypt',
  '/var/lib/rockets',
  '/var/lib/postgresql',
  '/var/backups',
  '/opt',
];
const ports = [8088, 8091, 8092, 5432];

/**
 * A machine as the page knows it, in a folder of its own: the service in /opt, its settings in /etc, and what a Debian has
 * around it. Only the manager of units is ours: it starts and stops the real programs.
 */
export class Machine {
  /** Where commands are typed. */
  directory: string;

  private constructor(
    readonly folder: string,
    private readonly portOf: ReadonlyMap<number, number>,
  ) {
    this.directory = folder;
  }

  static async make(settings: Readonly<Record<string, string>>): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-day-two-'));
    chmodSync(folder, 0o755);
    for (const program of ['curl', 'openssl', 'setsid', 'npm']) await requireProgram(program);
    const free = await Promise.all(ports.map(freePort));
    const machine = new Machine(folder, new Map(ports.map((port, i) => [port, free[i]!])));
    for (const place of [...places, '/run', '/log', '/bin'])
      mkdirSync(join(folder, place), { recursive: true });
    mkdirSync(join(folder, 'opt/rockets'));
    for (const name of ['dist', 'package.json', 'node_modules'])
      symlinkSync(join(root, name), join(folder, 'opt/rockets', name));
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(folder, 'bin', name), `#!/usr/bin/env bash\nset -euo pipefail\n${text}`, {
        mode: 0o755,
      });
    }
    machine.set({ PORT: '8088', HOST: '127.0.0.1', LOG_FORMAT: 'json', ...settings });
    return machine;
  }

  /** Where something of the page is. */
  path(name: string): string {
    return join(this.folder, name);
  }

  port(ofPage: 8088 | 8091 | 8092 | 5432): number {
    return this.portOf.get(ofPage)!;
  }

  url(ofPage: 8088 | 8091 | 8092 = 8088): string {
    return `http://127.0.0.1:${this.port(ofPage)}`;
  }

  get settingsFile(): string {
    return this.path('/etc/rockets/rockets.env');
  }

  set(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(this.settingsFile, this.here(lines.join('')));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  log(unit = 'rockets'): string {
    return readFileSync(this.path(`log/${this.here(unit)}`), 'utf8');
  }

  /** Types the commands below a heading of the page, or one block of them, and answers what they print. */
  async type(heading: string, which?: number, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const found = blocks.get(heading);
    const chosen = which === undefined ? found : found?.slice(which, which + 1);
    if (chosen === undefined || chosen.length === 0)
      throw new Error(`No commands below ${heading} in docs/day-two.md`);
    return this.run(chosen.join('\n'), env);
  }

  /** Runs a script in a shell as the page asks for. */
  async run(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const [before] = blocks.get('Day two')!;
    const text = this.here(`${before}\n${script}`).replaceAll(' -o postgres ', ` -o ${databaseUser} `);
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', text], {
      cwd: this.directory,
      env: {
        ...process.env,
        PATH: `${this.path('bin')}:${debianPrograms}:${process.env['PATH']}`,
        FOLDER: this.folder,
        ROCKETS_URL: this.url(),
        ADMIN_URL: this.here('postgres://postgres@127.0.0.1:5432/postgres'),
        ...env,
      },
      maxBuffer: 2 ** 26,
    });
    return stdout;
  }

  /** All that the store has, but for how long somebody listened and how often a subscription tried, which goes on. */
  async everything(): Promise<string[]> {
    return (await this.run('rockets export'))
      .split('\n')
      .filter((line) => !/^\{"kind":"(listened|subscription)"/.test(line));
  }

  /** With the paths and ports that are free here, instead of those that people read. */
  here(text: string): string {
    const inFolder = places.reduce(
      (all, place) => all.replaceAll(new RegExp(`(?<![\\w.-])${place}\\b`, 'g'), this.path(place)),
      text,
    );
    return ports.reduce(
      (all, port) => all.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), String(this.port(port as 8088))),
      inFolder,
    );
  }

  /** Ends whatever still runs. */
  async remove(): Promise<void> {
    const units = readdirSync(this.path('run')).map((name) => name.replace(/\.pid$/, ''));
    if (existsSync(this.path('/var/lib/postgresql/15/main/postmaster.pid'))) units.push('postgresql');
    if (units.length > 0) await this.run(`systemctl stop ${units.join(' ')}`);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const requireProgram = async (name: string): Promise<void> => {
  await promisify(execFile)('which', [name]).catch((error: unknown) => {
    throw new Error(`${name} is not installed: apt-get install ${name === 'setsid' ? 'util-linux' : name}`, {
      cause: error,
    });
  });
};

/** The database runs as a user of its own, where there is one who may choose. */
const databaseUser = process.getuid?.() === 0 ? 'postgres' : userInfo().username;

const programs: Readonly<Record<string, string>> = {
  rockets: 'exec node "$FOLDER/opt/rockets/dist/cli/rockets.js" "$@"\n',

  sudo: `shift 2
if [ "$(id -u)" -eq 0 ]; then exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else exec "$@"; fi
`,

  systemctl: `
database() {
  cd /
  sudo -u postgres pg_ctl "$1" -D "$FOLDER/var/lib/postgresql/15/main" -l "$FOLDER/var/lib/postgresql/log" -m fast -w >/dev/null
}
is_there() { [ -e "/proc/$1/exe" ]; }
stop() {
  [ -e "$FOLDER/run/$1.pid" ] || return 0
  local pid; pid=$(cat "$FOLDER/run/$1.pid")
  kill -TERM "$pid" 2>/dev/null || true
  while is_there "$pid"; do sleep 0.05; done
  rm "$FOLDER/run/$1.pid"
}
start() {
  set -a; . "$FOLDER/etc/rockets/rockets.env"; set +a
  case $1 in rockets@*) PORT=\${1#rockets@} ;; esac
  unset ROCKETS_URL
  NODE_ENV=production exec setsid node "$FOLDER/opt/rockets/dist/main.js" --port "$PORT" >>"$FOLDER/log/$1" 2>&1 </dev/null
}
ready() {
  local port pid; pid=$(cat "$FOLDER/run/$1.pid")
  port=\${1#rockets@}; [ "$port" != rockets ] || port=$(sed -n 's/^PORT=//p' "$FOLDER/etc/rockets/rockets.env")
  until curl -fsk "http://127.0.0.1:$port/readyz" >/dev/null || curl -fsk "https://127.0.0.1:$port/readyz" >/dev/null; do
    is_there "$pid" || { echo "$1 ended:" >&2; tail -n 20 "$FOLDER/log/$1" >&2; exit 1; }
    sleep 0.05
  done
} 2>/dev/null
action=$1; shift
for unit; do
  case $unit in
    postgresql) database "$action"; continue ;;
  esac
  [ "$action" = start ] || stop "$unit"
  if [ "$action" != stop ]; then
    start "$unit" & echo $! >"$FOLDER/run/$unit.pid"
    ready "$unit"
  fi
done
`,
};

/** PostgreSQL as Debian has it, stopped; who comes with a password is asked for it. */
export const makeCluster = async (machine: Machine): Promise<void> => {
  for (const name of [
    'initdb',
    'pg_ctl',
    'pg_basebackup',
    'pg_verifybackup',
    'psql',
    'pg_dump',
    'pg_restore',
  ]) {
    const file = join(debianPrograms, name);
    if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install postgresql-15`);
  }
  await machine.run(`
    install -d -o postgres /var/lib/postgresql /var/lib/postgresql/15
    sudo -u postgres initdb -D /var/lib/postgresql/15/main -U postgres --encoding=UTF8 --locale=C --auth=trust --no-sync >/dev/null
    sudo -u postgres tee -a /var/lib/postgresql/15/main/postgresql.conf >/dev/null <<END
port = 5432
listen_addresses = 'localhost'
unix_socket_directories = ''
fsync = off
END
    sudo -u postgres tee /var/lib/postgresql/15/main/pg_hba.conf >/dev/null <<END
host all postgres localhost trust
host replication postgres localhost trust
host all all localhost scram-sha-256
END`);
};
