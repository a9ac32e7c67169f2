import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sumOf } from '../../src/infrastructure/stores/relational/rows.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { openBoth } from '../support/postgres-stores.js';
import { freePort, runToEnd, startProcess } from '../support/real-process.js';

let server: OwnServer;
beforeAll(async () => {
  server = await OwnServer.start();
});
afterAll(() => server.remove());

let databases = 0;
const newDatabase = async (options = ''): Promise<string> => {
  const name = `d${++databases}`;
  await runIn(server.url, `CREATE DATABASE ${name} ${options}`);
  return server.url.replace(/postgres$/, name);
};

const as = (who: string, url: string): string => url.replace('rockets@', `${who}@`);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const cli = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve) => {
    const program = join(__dirname, '../../dist/cli/rockets.js');
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { PATH: process.env['PATH'], ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin!.end();
  });

const refused: readonly [what: string, url: () => Promise<string> | string, said: RegExp][] = [
  ['is no address', () => 's3cret', /DATABASE_URL=\(hidden\) makes no sense/],
  ['is an address of something else', () => 'mysql://me:s3cret@db/rockets', /DATABASE_URL=\(hidden\)/],
  ['is no port', () => 'postgres://me:s3cret@db:99999/rockets', /DATABASE_URL=\(hidden\)/],
  ['can not be read', () => 'postgres://me:s3cret@127.0.0.1/rockets%b', /%25/],
  [
    'names no database that exists',
    () => as('rockets:s3cret', server.url).replace(/postgres$/, 'nowhere'),
    /createdb/,
  ],
  ['names nobody', () => as('nobody:s3cret', server.url), /look at the user and the password/],
  [
    'has a wrong password',
    async () => {
      await runIn(server.url, "CREATE ROLE guarded LOGIN PASSWORD 'other'");
      await server.admit('host all guarded all scram-sha-256');
      return as('guarded:s3cret', server.url);
    },
    /look at the user and the password/,
  ],
  [
    'leads to a database without rights',
    async () => {
      const url = await newDatabase();
      await runIn(url, 'CREATE ROLE poor LOGIN');
      return as('poor:s3cret', url);
    },
    /GRANT CREATE|no tables of Rockets/,
  ],
  [
    'leads to one in another encoding',
    () => newDatabase("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"),
    /UTF8/,
  ],
  [
    'leads to one of another application',
    async () => {
      const url = await newDatabase();
      await runIn(url, 'CREATE TABLE rockets (id int)');
      return url;
    },
    /a database, or a schema, of its own/,
  ],
  [
    'leads to one of a newer release',
    async () => {
      const url = await newDatabase();
      await (await openBoth(url)).store.close();
      for (const key of ['schema', 'schema_oldest'])
        await runIn(url, `UPDATE meta SET value = '9', sum = ${sumOf([key, '9'])} WHERE key = '${key}'`);
      return url;
    },
    /Use the program that made it, or a newer one/,
  ],
];

describe('a DATABASE_URL that', () => {
  it.each(refused)('%s ends the service and each command with 2 and one line', async (_, address, said) => {
    const url = await address();
    const env = { EVENT_STORE: 'postgres', DATABASE_URL: url };
    const runs = await Promise.all([
      runToEnd(['--port', String(await freePort())], env),
      ...['verify', 'export', 'rebuild', 'import'].map((command) => cli([command], env)),
      cli(['verify', '--database', url], {}),
    ]);
    for (const { code, stdout, stderr } of runs) {
      // Of a line of the log it is the message that counts.
      expect({ code, stdout, stderr }).toMatchObject({ code: 2, stdout: '' });
      expect(stderr).toMatch(said);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).not.toContain('s3cret');
    }
  });

  it('points at nothing, or at what is no PostgreSQL, is waited for by the service, not by commands', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    const strange = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const portOf = (one: typeof silent): Promise<number> =>
      new Promise((resolve) => {
        one.listen(0, '127.0.0.1', () => resolve((one.address() as { port: number }).port));
      });
    try {
      for (const port of [await freePort(), await portOf(silent), await portOf(strange)]) {
        const env = {
          EVENT_STORE: 'postgres',
          DATABASE_URL: `postgres://me:s3cret@127.0.0.1:${port}/rockets`,
        };
        const service = await startProcess(env);
        expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
        expect(await service.end()).not.toBe(2);
        expect(service.log()).toContain('the database does not answer: waiting for it');
        expect(service.log()).not.toContain('s3cret');
        const { code, stderr } = await cli(['verify'], env);
        expect(code).toBe(2);
        expect(stderr).toMatch(/^PostgreSQL: [^\n]*Look at DATABASE_URL[^\n]*\n$/);
        expect(stderr).not.toContain('s3cret');
      }
    } finally {
      silent.close();
      strange.close();
    }
  });
});
