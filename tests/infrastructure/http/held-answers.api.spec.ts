import { connect, type Socket } from 'node:net';
import { parts } from '../../../src/container.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { until } from '../../support/manual-clock.js';
import { launched, message, missionChanged } from '../../support/messages.js';
import { startService, type TestService } from '../../support/test-service.js';

const LIMIT = 1024 * 1024;
const EVENTS = 4000;
let service: TestService;
const sockets: Socket[] = [];

beforeEach(async () => {
  service = await startService({ BUFFER_BYTES: String(LIMIT) });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await service.stop();
});

const budget = () => service.container.get(parts.budget);
const get = (path: string) => documentedFetch(service.url + path);
const problem = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  answer.headers.get('retry-after'),
  await answer.json(),
];

const fill = async (): Promise<void> => {
  const mission = '\u{1F680}'.repeat(200);
  for (let i = 0; i < EVENTS; i += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, k) =>
        service.send(
          message(i + k + 1, i + k === 0 ? launched() : missionChanged(`${i + k} ${mission}`), 'a'),
        ),
      ),
    );
};

const talk = (text: string): { readonly said: () => string; readonly socket: Socket } => {
  let said = '';
  const socket = connect(service.port, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => undefined).on('data', (data) => (said += data.toString()));
  sockets.push(socket);
  return { said: () => said, socket };
};

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('when answers that nobody takes fill their share of the budget', () => {
  it('long pages are refused, and everything else goes on', async () => {
    await fill();
    budget().take(LIMIT / 2);
    for (const path of ['/events?limit=1000', '/rockets/a/events?limit=1000']) {
      expect(await problem(await get(path))).toMatchObject([
        503,
        '1',
        {
          type: '/problems/too-many-reads',
          detail: expect.stringContaining(`BUFFER_BYTES is ${LIMIT}`) as string,
        },
      ]);
    }
    expect((await get('/events?limit=10')).status).toBe(200);
    expect(await service.send(message(EVENTS + 1, missionChanged('M'), 'a'))).toMatchObject({
      outcome: 'applied',
    });
    budget().give(LIMIT / 2);
    const page = await get('/events?limit=1000');
    expect(await page.json()).toHaveLength(1000);
    await until(() => budget().used === 0, 'the page is taken');
  });
});

describe('requests that are sent one behind the other', () => {
  it('are answered in order, and begun one at a time', async () => {
    const queries = service.container.get(parts.queries);
    let underWay = 0;
    let most = 0;
    const list = queries.list.bind(queries);
    jest.spyOn(queries, 'list').mockImplementation(async (...args) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 2));
      underWay--;
      return list(...args);
    });
    const { said } = talk(`${request('/rockets').repeat(20)}${request('/livez')}`);
    await until(() => said().includes('{"status":"ok"}'), 'all are answered');
    expect(said().match(/HTTP\/1\.1 200/g)).toHaveLength(21);
    expect(most).toBe(1);
    expect(budget().used).toBe(0);
  });

  it('are hung up on when they are more than there is room for', async () => {
    const { socket } = talk(request('/livez').repeat(1000));
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => budget().used === 0, 'nothing is held any more');
    expect((await get('/livez')).status).toBe(200);
  });
});
