import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { post, Producer, wireForm } from '../support/producers.js';
import { startProcess, type RealProcess } from '../support/real-process.js';

const directory = mkdtempSync(join(tmpdir(), 'rockets-beside-'));
const file = join(directory, 'rockets.db');
let service: RealProcess | undefined;
afterAll(async () => {
  await service?.end('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

it('another process finds every message in the tables as soon as it was acknowledged', async () => {
  service = await startProcess({ EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' });
  const { port } = service;
  const database = new DatabaseSync(file, { readOnly: true });
  const stands = database.prepare(
    `SELECT 'event' AS kind FROM history WHERE channel = ?1 AND number = ?2
     UNION ALL SELECT 'waiting' FROM waiting_messages JOIN rockets ON rockets.id = rocket WHERE channel = ?1 AND number = ?2`,
  );
  const agent = new Agent({ keepAlive: true });
  const kinds = new Set<string>();
  await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const producer = new Producer(`rocket-${i}`, i, 0);
      for (let sent = 0; sent < 60; sent++) {
        const message = producer.pick();
        const answer = await post(agent, port, wireForm(producer.channel, message));
        expect(answer.status).toBe(202);
        producer.acknowledge(message.number);
        const found = stands.all(producer.channel, message.number) as { kind: string }[];
        expect(found).toHaveLength(1);
        kinds.add(found[0]!.kind);
      }
    }),
  );
  expect([...kinds].sort()).toEqual(['event', 'waiting']);
  agent.destroy();
  database.close();
  expect(await service.end('SIGTERM')).toBe(0);
});
