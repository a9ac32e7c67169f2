import { HTTP, type CloudEvent } from 'cloudevents';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { Webhook } from 'standardwebhooks';
import type { StoredEvent } from '../../../src/application/ports/event-store.js';
import { CloudEvents } from '../../../src/infrastructure/cloud-events.js';
import { AddressGuard, type Resolve } from '../../../src/infrastructure/webhooks/address-guard.js';
import { makeSecret } from '../../../src/infrastructure/webhooks/secret.js';
import { WebhookSink } from '../../../src/infrastructure/webhooks/webhook-sink.js';
import { faster, launched, noonMillis } from '../../support/builders.js';
import { makeCertificate } from '../../support/certificates.js';
import { startReceiver, type Receiver } from '../../support/answering-receiver.js';

const batch: readonly StoredEvent[] = [launched(), faster(), faster()].map((event, i) => ({
  position: `place-${i + 1}`,
  channel: 'rocket-1',
  number: i + 1,
  event,
  recordedAt: noonMillis,
}));

const secret = makeSecret();
const signal = new AbortController().signal;
const opened: (() => Promise<void>)[] = [];

interface Wish {
  readonly allow?: readonly string[];
  readonly resolve?: Resolve;
  readonly secrets?: () => Promise<readonly string[]>;
  readonly answerWithinMs?: number;
}

const sinkTo = (url: string, wish: Wish = {}, name = 'mine'): WebhookSink => {
  const { allow = ['127.0.0.1'], resolve, secrets = async () => [secret], answerWithinMs = 10_000 } = wish;
  const guard = new AddressGuard(allow, resolve);
  const clock = { now: () => Date.now() };
  const events = new CloudEvents('urn:rockets:store/1');
  const sink = new WebhookSink(name, url, secrets, { events, guard, clock, answerWithinMs });
  opened.push(() => sink.close());
  return sink;
};

const receiver = async (answer?: Parameters<typeof startReceiver>[0]): Promise<Receiver> => {
  const started = await startReceiver(answer);
  opened.push(started.stop);
  return started;
};

/** A receiver that talks no HTTP but what it is told. */
const rawReceiver = async (talk: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    talk(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  opened.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

afterEach(async () => {
  for (const end of opened.splice(0).reverse()) await end();
});

describe('a webhook', () => {
  it('is told to which trace a batch belongs, where it is recorded', async () => {
    const { url, posts } = await receiver();
    const sink = sinkTo(url);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await sink.deliver(batch, signal, { traceparent, traceparentOf: () => undefined });
    await sink.deliver(batch, signal);
    expect(posts.map(({ headers }) => headers['traceparent'])).toEqual([traceparent, undefined]);
    // It is beside what is signed.
    expect(() =>
      new Webhook(secret).verify(posts[0]!.body, posts[0]!.headers as Record<string, string>),
    ).not.toThrow();
  });

  it('brings a batch of CloudEvents that is signed', async () => {
    const { posts, url } = await receiver();
    expect(await sinkTo(`${url}?to=me`).deliver(batch, signal)).toEqual({ kind: 'yes' });
    const [{ method, path, headers, body }] = posts as [(typeof posts)[0]];
    expect([method, path]).toEqual(['POST', '/hook?to=me']);
    new Webhook(secret).verify(body, headers as Record<string, string>);
    const read = HTTP.toEvent({ headers, body }) as CloudEvent<unknown>[];
    expect(read.map(({ id, subject }) => [id, subject])).toEqual([
      ['rocket-1/1', 'rocket-1'],
      ['rocket-1/2', 'rocket-1'],
      ['rocket-1/3', 'rocket-1'],
    ]);
  });

  it('has the same id when the same is sent again, by whichever instance, and another for all else', async () => {
    const { posts, url } = await receiver();
    const sink = sinkTo(url);
    for (const one of [sink, sink, sinkTo(url), sinkTo(url, {}, 'another')]) await one.deliver(batch, signal);
    await sink.deliver(batch.slice(1), signal);
    const ids = posts.map(({ headers }) => headers['webhook-id']);
    expect([ids[1], ids[2]]).toEqual([ids[0], ids[0]]);
    expect(new Set(ids).size).toBe(3);
  });

  it('brings what it is told to, whatever was made ready', async () => {
    const { posts, url } = await receiver();
    const sink = sinkTo(url);
    await sink.deliver(batch, signal);
    for (const ready of [batch, batch.slice(1), batch.map((event) => ({ ...event, number: 9 })), []]) {
      sink.prepare(ready);
      await sink.deliver(batch, signal);
    }
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is signed by whatever is in force at the time', async () => {
    const { posts, url } = await receiver();
    let secrets = [secret];
    const sink = sinkTo(url, { secrets: async () => secrets });
    await sink.deliver(batch, signal);
    secrets = [makeSecret(), secret];
    await sink.deliver(batch, signal);
    secrets = secrets.slice(0, 1);
    await sink.deliver(batch, signal);
    const count = posts.map(({ headers }) => String(headers['webhook-signature']).split(' ').length);
    expect(count).toEqual([1, 2, 1]);
    const last = posts[2]!;
    new Webhook(secrets[0]!).verify(last.body, last.headers as Record<string, string>);
  });

  it('is never sent without a signature', async () => {
    const { posts, url } = await receiver();
    const none = await sinkTo(url, { secrets: async () => [] }).deliver(batch, signal);
    expect(none).toEqual({ kind: 'again', what: 'There is no secret to sign with: make one.' });
    const broken = async () => Promise.reject(new Error('the store is away'));
    const away = await sinkTo(url, { secrets: broken }).deliver(batch, signal);
    expect(away).toEqual({ kind: 'again', what: 'the store is away' });
    expect(posts).toEqual([]);
  });

  it('can bring a test, which is another one each time', async () => {
    const { posts, url } = await receiver();
    const sink = sinkTo(url);
    expect([await sink.test(signal), await sink.test(signal)]).toEqual([{ kind: 'yes' }, { kind: 'yes' }]);
    const [one, other] = posts.map(({ headers, body }) => {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return (HTTP.toEvent({ headers, body }) as CloudEvent<unknown>[])[0]!;
    });
    expect(one).toMatchObject({ type: 'rockets.test', data: { test: true } });
    expect(one!.id).toMatch(/^test\/[0-9a-f-]{36}$/);
    expect(other!.id).not.toBe(one!.id);
  });
});

describe('what a receiver answers', () => {
  it('is told in short, without the secret', async () => {
    const { url } = await receiver((res) => res.writeHead(500).end(`down\n\u001b[31m${'x'.repeat(30_000)}`));
    const delivered = await sinkTo(url).deliver(batch, signal);
    expect(delivered).toEqual({
      kind: 'again',
      what: `500 Internal Server Error: down [31m${'x'.repeat(191)}…`,
    });
  });

  it('decides what comes of the batch', async () => {
    const answers = [410, 400, 503, 200];
    const { url } = await receiver((res) => res.writeHead(answers.shift()!, { 'retry-after': '7' }).end());
    const sink = sinkTo(url);
    const kinds = [];
    for (let i = 0; i < 4; i++) kinds.push(await sink.deliver(batch, signal));
    expect(kinds).toEqual([
      { kind: 'gone', what: '410 Gone' },
      { kind: 'again', what: '400 Bad Request', afterMs: 7000 },
      { kind: 'again', what: '503 Service Unavailable', afterMs: 7000 },
      { kind: 'yes' },
    ]);
  });

  it('is never followed elsewhere', async () => {
    const inside = await receiver();
    const { url, posts } = await receiver((res, { path }) =>
      res.writeHead(path === '/hook' ? 307 : 200, { location: inside.url }).end(),
    );
    const delivered = await sinkTo(url).deliver(batch, signal);
    expect(delivered).toMatchObject({ kind: 'again', what: expect.stringContaining(inside.url) as string });
    expect([posts.length, inside.posts.length]).toEqual([1, 0]);
  });

  it('is read to 64 KiB and no further, and its connection is not used again', async () => {
    let written = 0;
    const { url, sockets } = await receiver((res) => {
      res.writeHead(200);
      const write = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(16_384, 'x'))) written += 16_384;
        if (!res.destroyed) res.once('drain', write);
      };
      write();
    });
    const sink = sinkTo(url);
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
    while (sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
    // What the machine itself holds for both sides, and no more.
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('of 64 KiB leaves the connection as it is', async () => {
    const { url, posts } = await receiver((res) => res.writeHead(200).end('x'.repeat(64 * 1024)));
    const sink = sinkTo(url);
    for (let i = 0; i < 3; i++) await sink.deliver(batch, signal);
    expect(posts.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });

  it('comes in time, or not at all', async () => {
    const { url, sockets } = await receiver(() => undefined);
    const delivered = await sinkTo(url, { answerWithinMs: 50 }).deliver(batch, signal);
    expect(delivered).toEqual({ kind: 'again', what: 'No answer within 0.05 s.' });
    while (sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('counts once its head is there, however its body drips', async () => {
    const drips = async (status: number) => {
      const { url } = await receiver((res) => {
        res.writeHead(status).write('drip');
        const timer = setInterval(() => res.write('.'), 5);
        res.on('close', () => clearInterval(timer));
      });
      return sinkTo(url, { answerWithinMs: 1000 }).deliver(batch, signal);
    };
    expect(await Promise.all([drips(200), drips(400)])).toEqual([
      { kind: 'yes' },
      { kind: 'no', what: expect.stringContaining('400 Bad Request: drip') as string },
    ]);
  });

  it('may not have a head without an end', async () => {
    const url = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x-more: and more\r\n'), 1);
      socket.on('close', () => clearInterval(timer));
    });
    const slow = await sinkTo(url, { answerWithinMs: 50 }).deliver(batch, signal);
    expect(slow).toEqual({ kind: 'again', what: 'No answer within 0.05 s.' });
    const large = await rawReceiver(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
    );
    expect(await sinkTo(large).deliver(batch, signal)).toMatchObject({
      kind: 'again',
      what: expect.stringContaining('Header overflow') as string,
    });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'Parse Error'],
    ['nothing', '', 'socket hang up'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      'another protocol',
    ],
  ])('may be %s', async (_, text, what) => {
    const url = await rawReceiver((socket) => void socket.once('data', () => socket.end(text)));
    expect(await sinkTo(url).deliver(batch, signal)).toMatchObject({
      kind: 'again',
      what: expect.stringContaining(what) as string,
    });
  });

  it('is not waited for when delivery is stopped', async () => {
    const stopping = new AbortController();
    const { url } = await receiver(() => stopping.abort());
    const stopped = { kind: 'again', what: 'Stopped before there was an answer.' };
    expect(await sinkTo(url).deliver(batch, stopping.signal)).toEqual(stopped);
    const never = () => new Promise<never>(() => undefined);
    expect(await sinkTo(url, { secrets: never }).deliver(batch, stopping.signal)).toEqual(stopped);
    const unresolved = sinkTo('http://receiver.example/', { resolve: never });
    const again = new AbortController();
    setImmediate(() => again.abort());
    expect(await unresolved.deliver(batch, again.signal)).toEqual(stopped);
  });
});

describe('connections to a receiver', () => {
  it('are kept', async () => {
    const { url, posts } = await receiver();
    const sink = sinkTo(url);
    for (let i = 0; i < 5; i++) await sink.deliver(batch, signal);
    expect(posts.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1]);
  });

  it('that are closed just as they are used again cost no failure', async () => {
    const { url, posts, sockets } = await receiver();
    const sink = sinkTo(url);
    for (let i = 0; i < 3; i++) {
      expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
      // Not seen by the sink before it sends.
      for (const socket of sockets) socket.resetAndDestroy();
    }
    expect(posts.at(-1)!.connection).toBe(3);
  });

  it('that fail anew are a failure', async () => {
    let count = 0;
    const { url } = await receiver((res) => (++count === 1 ? res.end() : res.destroy()));
    const sink = sinkTo(url);
    await sink.deliver(batch, signal);
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'again', what: 'socket hang up' });
    expect(count).toBe(3);
  });

  it('are closed with the sink', async () => {
    const { url, sockets } = await receiver();
    const sink = sinkTo(url);
    await sink.deliver(batch, signal);
    await sink.close();
    while (sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('that nobody takes are a failure', async () => {
    const { url, port, stop } = await receiver();
    await stop();
    expect(await sinkTo(url).deliver(batch, signal)).toEqual({
      kind: 'again',
      what: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it('by TLS are for who proves its name', async () => {
    const { cert, key } = makeCertificate();
    const server = createTlsServer({ cert, key }, (_, res) => res.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    opened.push(async () => void server.close());
    const { port } = server.address() as AddressInfo;
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const answered = (host: string) => sinkTo(`https://${host}:${port}/`, { resolve }).deliver(batch, signal);
    const refused = (what: RegExp) => ({ kind: 'again', what: expect.stringMatching(what) as string });
    expect(await answered('127.0.0.1')).toEqual(refused(/self.signed certificate/));
    const make = tls.createSecureContext;
    const trusting = jest
      .spyOn(tls, 'createSecureContext')
      .mockImplementation((options) => make({ ...options, ca: cert }));
    expect(await answered('127.0.0.1')).toEqual({ kind: 'yes' });
    expect(await answered('localhost')).toEqual({ kind: 'yes' });
    expect(await answered('receiver.example')).toEqual(refused(/does not match certificate/));
    trusting.mockRestore();
  });
});

describe('a way into the inside', () => {
  const closed: Wish = { allow: [] };

  it('is no address that was stored when it was allowed', async () => {
    const { posts, port } = await receiver();
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '127.1', '0', '[::1]', '[::ffff:127.0.0.1]']) {
      const delivered = await sinkTo(`http://${host}:${port}/`, closed).deliver(batch, signal);
      expect([host, delivered]).toEqual([
        host,
        { kind: 'again', what: expect.stringContaining('no address of the public internet') as string },
      ]);
    }
    expect(posts).toEqual([]);
  });

  it('is no name that leads there, whatever it led to before', async () => {
    const there = await receiver();
    const answers = ['93.184.215.14', '127.0.0.1'];
    const resolve: Resolve = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
    const guard = new AddressGuard([], resolve);
    const url = `http://rebinding.example:${there.port}/`;
    expect(await guard.problemOf(url)).toBeUndefined();
    const delivered = await sinkTo(url, { allow: [], resolve }).deliver(batch, signal);
    expect(delivered).toEqual({
      kind: 'again',
      what: expect.stringContaining('rebinding.example leads to 127.0.0.1, which is no address') as string,
    });
    expect([there.posts, there.connections]).toEqual([[], 0]);
  });

  it('is opened by one look alone: where the connection goes is what was checked', async () => {
    const { posts, port } = await receiver();
    let asked = 0;
    const resolve: Resolve = async () => (asked++, [{ address: '127.0.0.1', family: 4 }]);
    const sink = sinkTo(`http://receiver.example:${port}/`, { allow: ['127.0.0.1'], resolve });
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
    expect(asked).toBe(1);
    expect(posts.map(({ headers }) => headers.host)).toEqual(Array(2).fill(`receiver.example:${port}`));
  });

  it('is no connection that is made anew', async () => {
    const { url, sockets, posts } = await receiver();
    const answers = ['127.0.0.1', '127.0.0.2'];
    const resolve: Resolve = async () => [{ address: answers.shift()!, family: 4 }];
    const sink = sinkTo(url.replace('127.0.0.1', 'receiver.example'), { allow: ['127.0.0.1'], resolve });
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
    for (const socket of sockets) socket.resetAndDestroy();
    expect(await sink.deliver(batch, signal)).toMatchObject({
      kind: 'again',
      what: expect.stringContaining('leads to 127.0.0.2') as string,
    });
    expect(posts).toHaveLength(1);
  });

  it('is no URL that was never checked', async () => {
    for (const url of [
      'nonsense',
      'file:///etc/passwd',
      'http://me:word@127.0.0.1/',
      'http://127.0.0.1:22/',
    ]) {
      const delivered = await sinkTo(url, { allow: ['127.0.0.1'] }).deliver(batch, signal);
      expect(delivered).toMatchObject({
        kind: 'again',
        what: expect.not.stringContaining('word@') as string,
      });
    }
  });
});
