import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from '../../../../src/infrastructure/stores/postgres/pool.js';

it('a certificate that is gone fails whoever asks, also who waited for a connection that broke, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rockets-pg-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, '');

  const server = createServer().listen(0, '127.0.0.1');
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `postgres://me@127.0.0.1:${port}/db?sslmode=verify-full&sslrootcert=${file}`;
  const pool = new Pool({ url, connections: 1, connectTimeoutMs: 10_000 });
  const [first, second] = ['SELECT 1', 'SELECT 2'].map((sql) =>
    pool.ask(sql, []).catch((error: unknown) => String(error)),
  );
  const socket = await connected;
  rmSync(folder, { recursive: true });
  socket.destroy();
  expect(await first).toMatch('PostgreSQL: ');
  expect(await second).toMatch('PostgreSQL: ENOENT');
  await pool.close();
  server.close();
});
