import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startService, type TestService } from '../../support/test-service.js';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Sends the head, and the rest when the answer must be under way; looks at what comes back only after that. */
const answerTo = (head: string, rest: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(service.port, '127.0.0.1');
    socket.pause();
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(`${head}\r\nHost: rockets\r\n\r\n`);
    void pause(200)
      .then(() => socket.write(rest))
      .then(() => pause(200))
      .then(() => socket.resume());
  });

describe('an answer that is told before all that was asked has come', () => {
  it('comes whole, however long it is', async () => {
    const head = 'GET /openapi.json HTTP/1.1\r\nContent-Length: 1000';
    const [headers = '', body = ''] = (await answerTo(head, 'x'.repeat(1000))).split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(headers)?.[1]);
    expect(length).toBeGreaterThan(100_000);
    expect(body.length).toBe(length);
    expect(headers).toMatch(/connection: close/i);
  });

  it('comes also when it is a refusal', async () => {
    const head = 'POST /messages HTTP/1.1\r\nContent-Length: 100000';
    expect(await answerTo(head, 'x'.repeat(100_000))).toMatch(/^HTTP\/1\.1 413 .*body-too-large/s);
  });

  it('is the last on its connection, also when nothing more comes', async () => {
    const head = 'GET /livez HTTP/1.1\r\nContent-Length: 1000';
    expect(await answerTo(head, 'x')).toMatch(/^HTTP\/1\.1 200 .*\{"status":"ok"\}$/s);
  });
});
