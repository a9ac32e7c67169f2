import { parts } from '../../../../src/container.js';
import { startService, type TestService } from '../../../support/test-service.js';
import { documentedFetch } from '../../../support/documented-fetch.js';

let service: TestService;

afterEach(() => service.stop());

const line = (channel: string, number: number): string =>
  JSON.stringify({
    metadata: {
      channel,
      messageNumber: number,
      messageTime: '2022-02-02T19:39:05Z',
      messageType: type(number),
    },
    message: number === 1 ? { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' } : { by: 1 },
  });
const type = (number: number): string => (number === 1 ? 'RocketLaunched' : 'RocketSpeedIncreased');
const lines = (channel: string, count: number): string =>
  Array.from({ length: count }, (_, index) => line(channel, index + 1)).join('\n');

const post = async (body: string) => {
  const headers = { 'Content-Type': 'application/x-ndjson' };
  const answer = await documentedFetch(`${service.url}/messages`, { method: 'POST', headers, body });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('a stream that finds the buffer full', () => {
  it('rests and goes on, however small the buffer is', async () => {
    service = await startService({ BUFFER_MESSAGES: '5' });
    const { status, body } = await post(lines('a', 40));
    expect(status).toBe(200);
    expect(body).toMatchObject({ received: 40, applied: 40 });
  });

  it('is one of many, and none of them fails', async () => {
    service = await startService({ BUFFER_MESSAGES: '100' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post(lines(`rocket-${index}`, 100))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.map(({ body }) => body['received'])).toEqual(answers.map(() => 100));
    const { received, shed } = service.container.get(parts.counters).messages;
    expect({ received, shed }).toEqual({ received: 2000, shed: 0 });
    expect(service.container.get(parts.buffer)).toMatchObject({ messages: 0, bytes: 0 });
  });
});

describe('a stream of lines that are no messages', () => {
  beforeEach(async () => {
    service = await startService();
  });

  it('lets others have their turn after every few of them', async () => {
    let turns = 0;
    let reading = true;
    const count = (): void => {
      turns++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const { body } = await post('{}\n'.repeat(20_000));
    reading = false;
    expect(body).toMatchObject({ received: 20_000, invalid: 20_000, itemsOmitted: 19_000 });
    expect(turns).toBeGreaterThan(300);
  });

  it('passes over blank lines without a word', async () => {
    const { body } = await post(`\n \r\n${line('a', 1)}\n\t\n\n${line('a', 0)}\n\n`);
    expect(body).toMatchObject({ received: 2, applied: 1, invalid: 1, items: [{ line: 6 }] });
  });
});

describe('a stream whose last chunk takes long', () => {
  it('is answered when the last line of it is', async () => {
    service = await startService({ BUFFER_MESSAGES: '64' });
    const counts = await Promise.all(
      [700, 1400, 2100].map(async (count) => (await post(lines(`rocket-${count}`, count))).body['received']),
    );
    const { body } = await post('{}\n'.repeat(30_000));
    expect([...counts, body['received']]).toEqual([700, 1400, 2100, 30_000]);
  });
});

describe('the longest line', () => {
  /** A message of exactly so many bytes. */
  const sized = (number: number, bytes: number): string => line('a', number).padEnd(bytes, ' ');

  it('is as long as the longest message, however it ends, and fits into the smallest buffer', async () => {
    service = await startService({ BODY_BYTES: '1024', BUFFER_BYTES: '1024' });
    const { status, body } = await post(`${sized(1, 1024)}\n${sized(2, 1024)}\r\n${sized(3, 1024)}\r`);
    expect({ status, body }).toMatchObject({ status: 200, body: { received: 3, applied: 3 } });
  });

  it('has no byte more', async () => {
    service = await startService({ BODY_BYTES: '1024', BUFFER_BYTES: '1024' });
    const { body } = await post(`${sized(1, 1025)}\n${sized(1, 1025)}\r\n${sized(1, 1025)}`);
    expect(body).toMatchObject({ received: 3, invalid: 3 });
  });
});
