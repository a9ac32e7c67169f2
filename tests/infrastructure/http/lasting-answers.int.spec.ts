import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts } from '../../../src/container.js';
import { keysOf, testKey, type TestKey } from '../../support/api-keys.js';
import { messageText } from '../../support/real-process.js';
import { SseClient } from '../../support/sse-client.js';
import { startService, type TestService } from '../../support/test-service.js';

let service: TestService;
let folder: string;
let file: string;
const [stays, goes] = [testKey('stays'), testKey('goes')];

const revoked = (key: TestKey): TestKey => ({
  ...key,
  record: { ...key.record, revokedAt: new Date().toISOString() },
});

const write = (...keys: TestKey[]): void => {
  writeFileSync(`${file}.new`, keysOf(keys));
  renameSync(`${file}.new`, file);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-lasting-'));
  file = join(folder, 'keys.json');
  write(stays, goes);
  service = await startService({ AUTH: 'keys', API_KEYS_FILE: file });
});

afterEach(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

describe('an answer that outlasts its key', () => {
  it('ends, if it is a live feed; those with other keys go on', async () => {
    const open = (key: TestKey): Promise<SseClient> => SseClient.open(`${service.url}/events`, key.header);
    const [one, other] = [await open(stays), await open(goes)];
    write(stays, revoked(goes));
    await other.until(({ ended }) => ended);
    await fetch(`${service.url}/messages`, {
      method: 'POST',
      body: messageText(1),
      headers: stays.header,
    });
    await one.untilNamed('message');
    const again = await fetch(`${service.url}/events`, {
      headers: { ...goes.header, accept: 'text/event-stream' },
    });
    expect([again.status, await again.json()]).toMatchObject([401, { type: '/problems/unauthenticated' }]);
    one.break();
  });

  it('ends, if it is a stream of messages, with what became of those that were sent', async () => {
    const headers = { ...goes.header, 'content-type': 'application/x-ndjson', accept: 'application/json' };
    const answer = new Promise<string>((resolve, reject) => {
      const stream = request(`${service.url}/messages`, { method: 'POST', headers }, (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString()));
        res.on('end', () => resolve(text));
      });
      stream.on('error', reject);
      stream.write(`${messageText(1)}\n${messageText(2)}\n`);
    });
    while (service.container.get(parts.counters).messages.applied < 2) await new Promise(setImmediate);
    write(stays, revoked(goes));
    expect(JSON.parse(await answer)).toMatchObject({
      type: '/problems/unauthenticated',
      status: 401,
      received: 2,
      applied: 2,
    });
  });
});
