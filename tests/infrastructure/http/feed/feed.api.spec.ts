import { request } from 'node:http';
import { connect } from 'node:net';
import { parts } from '../../../../src/container.js';
import type { RocketMessage } from '../../../../src/domain/rocket-message.js';
import { SystemClock } from '../../../../src/infrastructure/system-clock.js';
import { turns, until } from '../../../support/manual-clock.js';
import { exploded, faster, launched, message, slower } from '../../../support/messages.js';
import { SseClient } from '../../../support/sse-client.js';
import { httpStores } from '../../../support/http-stores.js';
import { startService, type TestService } from '../../../support/test-service.js';
import { documentedFetch } from '../../../support/documented-fetch.js';

interface EventJson {
  readonly position: string;
  readonly channel: string;
  readonly number: number;
}

let service: TestService;

beforeEach(async () => {
  service = await startService();
});

afterEach(() => service.stop());

const feed = () => service.container.get(parts.feed);
const open = (query = '', headers = {}) => SseClient.open(`${service.url}/events${query}`, headers);
const report = (...messages: RocketMessage[]) => Promise.all(messages.map((one) => service.send(one)));
const page = async (query = ''): Promise<EventJson[]> =>
  (await documentedFetch(`${service.url}/events${query}`)).json() as Promise<EventJson[]>;
const skip = async (channel: string, gap: object) => {
  const headers = { 'Content-Type': 'application/json' };
  const url = `${service.url}/rockets/${channel}/gaps/skip`;
  const answer = await documentedFetch(url, { method: 'POST', headers, body: JSON.stringify(gap) });
  expect(answer.status).toBe(200);
};
const launch = (channel: string) => message(1, launched(), channel);

describe('GET /events for who accepts text/event-stream', () => {
  it('is a stream that no proxy keeps back', async () => {
    const client = await open('', { 'X-Request-Id': 'mine' });
    await client.untilNamed('caught-up');
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
      'x-request-id': 'mine',
      vary: 'Accept',
    });
    expect(client.text.startsWith('retry: 2000\n\n')).toBe(true);
  });

  it('tells the events as the pages do', async () => {
    await report(launch('a'), message(2, slower(900), 'a'));
    const client = await open();
    await client.untilNamed('caught-up');
    await report(message(3, faster(10), 'a'), message(4, exploded(), 'a'));
    await client.untilNamed('message', 4);
    expect(client.named('message')).toEqual(await page());
    const positions = (await page()).map(({ position }) => position);
    expect(client.messages.filter(({ name }) => name === 'message').map(({ id }) => id)).toEqual(positions);
    expect(client.named('caught-up')).toEqual([{ position: positions[1] }]);
  });

  it('answers pages to everybody else', async () => {
    await report(launch('a'));
    expect(await page()).toHaveLength(1);
    const any = await documentedFetch(`${service.url}/events`, { headers: { accept: '*/*' } });
    expect(any.headers.get('content-type')).toContain('application/json');
  });

  it('narrows to a channel and a type', async () => {
    await report(launch('a'), launch('b'), message(2, faster(1), 'a'), message(3, slower(9000), 'a'));
    const client = await open('?channel=a&type=MessageRefused');
    await client.untilNamed('caught-up');
    expect(client.named('message')).toEqual(await page('?channel=a&type=MessageRefused'));
    expect(client.lastId).toBe((await page()).at(-1)?.position);
  });

  it('tells that gaps have changed, and of what comes after it was skipped', async () => {
    const client = await open('?after=latest');
    await client.untilNamed('caught-up');
    await report(message(3, faster(1), 'a'));
    await client.untilNamed('gaps-changed');
    await skip('a', { from: 1, to: 2 });
    await client.untilNamed('gaps-changed', 2);
    await report(launch('a'));
    await client.untilNamed('message-late');
    expect(client.named('gaps-changed')).toEqual([{ channel: 'a' }, { channel: 'a' }]);
    expect(client.named('message-late')).toEqual([{ channel: 'a', number: 1 }]);
    expect(client.named('message')).toMatchObject([
      { type: 'MessagesSkipped', data: { from: 1, to: 2, by: { who: 'operator' } } },
      { number: 3 },
    ]);
    // They have no place in the feed: whoever comes back has missed them.
    expect(client.text).toMatch(/\n\nevent: gaps-changed\ndata: /);
    expect(client.text).toMatch(/\n\nevent: message-late\ndata: /);
    expect(client.lastId).toBe((await page()).at(-1)?.position);
  });

  it('tells of gaps to who asks for their rocket or for all, and not to who asks for a type of event', async () => {
    const [all, mine, other, typed] = await Promise.all([
      open('?after=latest'),
      open('?after=latest&channel=a'),
      open('?after=latest&channel=b'),
      open('?after=latest&type=RocketLaunched'),
    ]);
    for (const client of [all, mine, other, typed]) await client.untilNamed('caught-up');
    await report(message(3, faster(1), 'a'));
    await all.untilNamed('gaps-changed');
    await mine.untilNamed('gaps-changed');
    await report(launch('b'), launch('a'));
    await other.untilNamed('message');
    await typed.untilNamed('message', 2);
    expect([other.named('gaps-changed'), typed.named('gaps-changed')]).toEqual([[], []]);
  });

  it.each([
    ['?limit=5', 'limit'],
    ['?order=desc', 'order'],
    ['?type=Unheard', 'type'],
    ['?channel=a%20b', 'channel'],
    ['?chanel=a', 'chanel'],
  ])('refuses %s', async (query, parameter) => {
    const response = await documentedFetch(`${service.url}/events${query}`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: '/problems/invalid-query', errors: [{ parameter }] });
  });

  it('answers HEAD without a stream', async () => {
    const headers = await new Promise((resolve, reject) => {
      const head = request(
        `${service.url}/events`,
        { method: 'HEAD', headers: { accept: 'text/event-stream' } },
        (response) => {
          response.resume().on('end', () => resolve(response.headers));
        },
      );
      head.on('error', reject).end();
    });
    expect(headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8' });
    expect(feed().readers).toBe(0);
  });
});

describe.each(httpStores)('a reader that comes back to the store $store', ({ env }) => {
  beforeEach(async () => {
    await service.stop();
    service = await startService(env());
  });

  it('goes on behind the last id, whatever its address says', async () => {
    await report(launch('a'), launch('b'), launch('c'));
    const [first, second] = await page();
    const byAddress = await open(`?after=${first?.position ?? ''}`);
    await byAddress.untilNamed('caught-up');
    expect(byAddress.named('message')).toHaveLength(2);
    const byHeader = await open('?after=latest', { 'Last-Event-ID': second?.position ?? '' });
    await byHeader.untilNamed('caught-up');
    expect(byHeader.named('message')).toEqual((await page()).slice(2));
  });

  it('misses nothing although it started at the end of an empty store', async () => {
    const first = await open('?after=latest');
    await first.untilNamed('caught-up');
    first.break();
    await report(launch('a'));
    const second = await open('?after=latest', { 'Last-Event-ID': first.lastId });
    await second.untilNamed('caught-up');
    expect(second.named('message')).toMatchObject([{ channel: 'a' }]);
  });

  it('is told from the beginning when it asks for that', async () => {
    await report(launch('a'));
    const client = await open('?after=beginning');
    await client.untilNamed('caught-up');
    expect(client.messages.map(({ name }) => name)).toEqual(['message', 'caught-up']);
  });

  it.each([
    ['of another store', () => 'elsewhere-12'],
    ['of another epoch', (epoch: string) => `${epoch}x-1`],
    ['that was never given out', (epoch: string) => `${epoch}-99`],
    ['that is none', () => 'nonsense'],
    ['that is NUL', () => '%00'],
    ['that is empty', () => ''],
  ])('is told to forget everything when its position is one %s', async (_what, positionOf) => {
    await report(launch('a'));
    const position = positionOf((await page())[0]!.position.replace(/-\d+$/, ''));
    for (const client of [await open(`?after=${position}`), await open('', { 'Last-Event-ID': position })]) {
      await client.untilNamed('caught-up');
      expect(client.messages.map(({ name }) => name)).toEqual(['reset', 'message', 'caught-up']);
      const { id, data } = client.messages[0]!;
      expect(data).toEqual({ reason: 'unknown-position', position: id });
      // With this id it comes back without another reset, and misses nothing of the new history.
      const again = await open('', { 'Last-Event-ID': id ?? '' });
      await again.untilNamed('caught-up');
      expect(again.messages.map(({ name }) => name)).toEqual(['message', 'caught-up']);
    }
  });
});

describe('a reader whose connection breaks', () => {
  it('loses and repeats nothing over many broken connections while messages pour in', async () => {
    const total = 3000;
    const pouring = (async () => {
      for (let number = 1; number <= total / 3; number++) {
        await report(
          ...['a', 'b', 'c'].map((channel) =>
            message(number, number === 1 ? launched() : faster(1), channel),
          ),
        );
        await turns(1);
      }
    })();
    const seen: unknown[] = [];
    let lastId = '';
    while (seen.length < total) {
      const client = await open('', lastId === '' ? {} : { 'Last-Event-ID': lastId });
      const wanted = Math.min(200, total - seen.length);
      await client.untilNamed('message', wanted);
      client.break();
      seen.push(...client.named('message'));
      lastId = client.lastId;
    }
    await pouring;
    const stored = [...(await page('?limit=1000'))];
    while (stored.length < total)
      stored.push(...(await page(`?limit=1000&after=${stored.at(-1)?.position ?? ''}`)));
    expect(seen).toEqual(stored);
  });
});

describe('a reader that vanishes', () => {
  it('is forgotten, however it goes', async () => {
    const clients = await Promise.all([open(), open(), open()]);
    for (const client of clients) await client.untilNamed('caught-up');
    expect(feed().readers).toBe(3);
    for (const client of clients) client.break();
    while (feed().readers > 0) await turns(1);
  });

  it('is forgotten before it was answered', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = connect(service.port, '127.0.0.1');
      socket.write('GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n', () =>
        socket.resetAndDestroy(),
      );
      await new Promise((resolve) => socket.on('close', resolve));
    }
    await documentedFetch(`${service.url}/livez`);
    while (feed().readers > 0) await turns(1);
  });
});

/** Waits of a second or more are over a hundred times sooner. */
class HurriedClock extends SystemClock {
  override sleep(ms: number): Promise<void> {
    return super.sleep(ms < 1000 ? ms : ms / 100);
  }
}

describe('a reader that reads nothing', () => {
  beforeEach(async () => {
    await service.stop();
    service = await startService({}, undefined, new HurriedClock());
  });

  it('is dropped with its position, while others are told everything', async () => {
    const slow = await open('?after=latest');
    const other = await open('?after=latest');
    await slow.untilNamed('caught-up');
    await other.untilNamed('caught-up');
    slow.pause();
    let number = 0;
    // More than every buffer of the system between us can hold.
    while (feed().readers > 1) {
      const batch = Array.from({ length: 500 }, () =>
        message(++number, number === 1 ? launched() : exploded('y'.repeat(250)), 'a'),
      );
      await report(...batch);
      await other.untilNamed('message', number);
    }
    expect(other.named('message')).toHaveLength(number);
    slow.resume();
    await slow.untilNamed('dropped');
    const told = slow.named('message') as EventJson[];
    expect(slow.named('dropped')).toEqual([{ position: told.at(-1)?.position, reason: 'too-slow' }]);
    expect(told.map((event) => event.number)).toEqual(told.map((_, i) => i + 1));
    await slow.until(({ ended }) => ended);
  });

  it('is shown that its connection lives, when there is nothing to tell', async () => {
    const client = await open('?channel=b');
    await client.untilNamed('caught-up');
    await client.until(({ text }) => text.includes(': ping\n\n'));
    await report(launch('a'));
    const [event] = await page();
    // What is not for it moves its position all the same.
    await client.until(({ lastId }) => lastId === event?.position);
    expect(client.named('message')).toEqual([]);
  });
});

describe('a service that stops', () => {
  it('tells every reader its position and hangs up', async () => {
    await report(launch('a'));
    const client = await open();
    await client.untilNamed('caught-up');
    await service.stop();
    await client.until(({ ended }) => ended);
    const [event] = client.named('message') as EventJson[];
    expect(client.named('dropped')).toEqual([{ position: event?.position, reason: 'shutting-down' }]);
  });
});

describe('a stream asked for behind other requests of its connection', () => {
  const head = 'HTTP/1.1\r\nHost: here\r\n';
  const stream = `GET /events ${head}Accept: text/event-stream\r\n\r\n`;

  it('says nothing before they are answered', async () => {
    const socket = connect({ port: service.port, host: '127.0.0.1' });
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write(`GET /health ${head}\r\n${stream}`);
    while (!text.includes('caught-up')) await turns(1);
    socket.destroy();
    expect(text.startsWith('HTTP/1.1 200 OK\r\n')).toBe(true);
    expect(text.indexOf('retry: 2000')).toBeGreaterThan(text.lastIndexOf('HTTP/1.1 200 OK'));
  });

  it('is forgotten with its connection, though it never began', async () => {
    const socket = connect({ port: service.port, host: '127.0.0.1' });
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write(stream + stream + stream);
    while (!text.includes('caught-up')) await turns(1);
    const readers = feed().readers;
    socket.destroy();
    await until(() => feed().readers === 0, 'nobody is left');
    expect(readers).toBe(1);
  });
});
