import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceClient } from '../../../src/cli/service-client.js';
import { rocketLines, showRocket, type ShowOptions } from '../../../src/cli/watch/show-command.js';

const rocket = {
  channel: 'a',
  type: 'Falcon-9',
  speed: 12_500,
  mission: 'ARTEMIS',
  status: 'exploded',
  reason: 'FROZEN_O_RINGS',
  launchedAt: '2026-10-01T15:39:42.8989223Z',
  updatedAt: '2026-10-01T15:40:00Z',
  version: 7,
  highestHeard: 9,
  waiting: 1,
  late: 0,
  complete: true,
};

const server = createServer((req, res) => {
  if (req.url === '/rockets/a') return void res.end(JSON.stringify(rocket));
  if (req.url === '/rockets/a/gaps?limit=6') return void res.end('[{"from":8,"to":8}]');
  if (req.url === '/rockets/a?version=3')
    return void res.end(JSON.stringify({ ...rocket, version: 3, waiting: 0 }));
  if (req.url === '/rockets/a?at=noon') {
    const message = 'at must be a time.';
    const errors = [{ parameter: 'at', code: 'not-a-time', message }];
    return void res.writeHead(400).end(JSON.stringify({ title: 'Invalid query', detail: message, errors }));
  }
  return void res.writeHead(404).end('{"detail":"no"}');
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const show = async (channel: string, options: Partial<ShowOptions> = {}): Promise<string> => {
  const lines: string[] = [];
  const output = {
    out: (line: string) => void lines.push(line),
    err: () => undefined,
    room: async () => undefined,
    bytes: () => undefined,
    interactive: false,
  };
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await showRocket(new ServiceClient(url), channel, { json: false, ...options }, output);
  return lines.join('\n');
};

describe('rockets show', () => {
  it('prints what is known, and what is waited for', async () => {
    expect((await show('a')).split('\n')).toEqual([
      'rocket    a',
      'status    exploded: FROZEN_O_RINGS',
      'type      Falcon-9',
      'mission   ARTEMIS',
      'speed     12,500',
      'launched  2026-10-01T15:39:42.8989223Z',
      'updated   2026-10-01T15:40:00Z',
      'version   7',
      'waiting   1 for 8',
    ]);
  });

  it('prints the past, and JSON', async () => {
    expect(await show('a', { version: 3 })).toContain('version   3');
    expect(JSON.parse(await show('a', { json: true }))).toEqual(rocket);
  });

  it('tells an unknown rocket from a past that never was', async () => {
    await expect(show('b')).rejects.toThrow('The service knows no rocket b.');
    await expect(show('a', { version: 70 })).rejects.toThrow('a is at version 7: it was never as asked for');
  });

  it('says what is wrong once', async () => {
    await expect(show('a', { at: 'noon' })).rejects.toThrow(/answered 400: at must be a time\.$/);
  });

  it('leaves out what is not known', () => {
    const rocket = {
      channel: 'a',
      status: 'awaiting-launch',
      type: null,
      speed: null,
      version: 0,
      waiting: 0,
      late: 0,
    };
    expect(rocketLines(rocket, [])).toEqual(['rocket    a', 'status    awaiting-launch', 'version   0']);
  });

  it('names the first of many gaps', () => {
    const gaps = [2, 4, 6, 8, 10, 12].map((from) => ({ from, to: from === 2 ? 2 : from + 1 }));
    expect(rocketLines({ ...rocket, waiting: 9 }, gaps)).toContain(
      'waiting   9 for 2, 4–5, 6–7, 8–9, 10–11 …',
    );
  });

  it.each([
    [{ speed: null, speedChange: 1200 }, 'unknown, changed by +1,200', 'no: the launch was skipped'],
    [{ speed: null, speedChange: -5 }, 'unknown, changed by -5', 'no: the launch was skipped'],
    [{ speed: 40, speedChange: null }, '40', 'no: messages were skipped'],
  ])('never calls a change a speed: %j', (figures, speed, complete) => {
    const lines = rocketLines({ ...rocket, ...figures, complete: false, late: 2 }, []);
    expect(lines).toContain(`speed     ${speed}`);
    expect(lines).toContain(`complete  ${complete}`);
    expect(lines).toContain('late      2');
  });
});
