import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn, type OwnServer } from './postgres-server.js';
import { freePort } from './real-process.js';

const NOBODY = 65534;
const START_MS = 10_000;

/** A PgBouncer before a server: connections of it are shared, each for one transaction at a time. Ends with this process. */
export class PgBouncer {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async before(server: OwnServer, connections: number): Promise<PgBouncer> {
    const found = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8' });
    if (found.status !== 0) {
      throw new Error('no PgBouncer: `pgbouncer` can’t be run. On Debian: apt-get install pgbouncer');
    }
    const folder = mkdtempSync(join(tmpdir(), 'rockets-pgbouncer-'));
    const port = await freePort();
    const file = join(folder, 'pgbouncer.ini');
    writeFileSync(file, settings(server.port, port, connections));
    // It does not run as root.
    const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (owner.uid !== undefined) for (const path of [folder, file]) chownSync(path, owner.uid, owner.gid);
    const guard = '"$0" "$1" & bouncer=$!; read _; kill -KILL $bouncer; wait $bouncer';
    const child = spawn('/bin/sh', ['-c', guard, 'pgbouncer', file], {
      ...owner,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.on('error', () => undefined);
    const url = `postgres://rockets@127.0.0.1:${port}/postgres`;
    const bouncer = new PgBouncer(url, child, folder);
    for (const began = Date.now(); ;) {
      try {
        await runIn(url, 'SELECT 1');
        return bouncer;
      } catch (error) {
        if (Date.now() - began > START_MS) {
          await bouncer.remove();
          throw new Error(`no PgBouncer: ${said || String(error)}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin!.end('\n');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** As Debian ships it, with the mode changed: settings that come with a connection are refused. */
const settings = (serverPort: number, port: number, connections: number): string => `[databases]
* = host=127.0.0.1 port=${serverPort} user=rockets

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
`;
