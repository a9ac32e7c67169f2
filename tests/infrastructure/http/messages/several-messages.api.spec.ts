import { startService, type TestService } from '../../../support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const message = (messageNumber: number): string =>
  JSON.stringify({
    metadata: {
      channel: 'a',
      messageNumber,
      messageTime: '2022-02-02T19:39:05Z',
      messageType: 'RocketSpeedIncreased',
    },
    message: { by: 1 },
  });
const two = [message(1), message(2)];

const detailOf = async (type: string, body: string): Promise<string> => {
  const headers = { 'Content-Type': type };
  const answer = await fetch(`${service.url}/messages`, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
  return ((await answer.json()) as { detail: string }).detail;
};

describe('several messages in a body that is not said to be NDJSON', () => {
  it.each([
    ['one a line', two.join('\n')],
    ['one after another, as curl -d sends a file', two.join('')],
    ['in an array', `[${two.join()}]`],
    ['in an array that is broken', ` [${two.join()}`],
  ])('%s, are refused with the way to send them', async (_, body) => {
    for (const type of ['application/json', 'application/jsonl', 'application/x-www-form-urlencoded', '']) {
      expect(await detailOf(type, body)).toContain(
        'Content-Type: application/x-ndjson (curl: --data-binary)',
      );
    }
  });

  it('is not what a single bad message is taken for', async () => {
    for (const body of ['{', '{} x', '{"metadata":[{}]}', 'null', ''])
      expect(await detailOf('application/json', body)).not.toContain('ndjson');
  });
});
