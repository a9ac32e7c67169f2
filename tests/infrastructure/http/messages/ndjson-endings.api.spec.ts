import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import express from 'express';
import { Overloaded, type Intake, type Told } from '../../../../src/application/ingest/intake.js';
import { StoreUnavailable, type Change, type Head } from '../../../../src/application/ports/event-store.js';
import { parts } from '../../../../src/container.js';
import { InMemoryEventStore } from '../../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { Gate } from '../../../../src/infrastructure/http/gate.js';
import { PieceTurns } from '../../../../src/infrastructure/http/messages/piece-turns.js';
import { postMessages } from '../../../../src/infrastructure/http/messages/post-messages.js';
import { SystemClock } from '../../../../src/infrastructure/system-clock.js';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { until } from '../../../support/manual-clock.js';
import { launched, messages } from '../../../support/messages.js';
import { documentedAs } from '../../../support/openapi-validator.js';
import { parseAnswer } from '../../../support/raw-exchange.js';
import { startService, type TestService } from '../../../support/test-service.js';

let service: TestService;
const sockets: Socket[] = [];
let server: Server | undefined;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  server = undefined;
  await service.stop();
});

const line = (number: number): string =>
  JSON.stringify({
    metadata: {
      channel: 'a',
      messageNumber: number,
      messageTime: '2022-02-02T19:39:05Z',
      messageType: number === 1 ? 'RocketLaunched' : 'RocketSpeedIncreased',
    },
    message: number === 1 ? { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' } : { by: 1 },
  });

/** The problem of an answer, which is one that the OpenAPI document knows. */
const problemIn = (answer: string): Record<string, unknown> => {
  const { status, headers, body } = parseAnswer(answer);
  documentedAs({ method: 'POST', url: '/messages', status, headers: Object.fromEntries(headers), body });
  return JSON.parse(body) as Record<string, unknown>;
};

/** A sender that leaves it open whether more will come, and what it was answered. */
const openStream = (port: number) => {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let answer = '';
  let ended = false;
  socket.on('data', (data) => (answer += data.toString()));
  socket.on('end', () => (ended = true));
  socket.on('error', () => undefined);
  socket.write(
    'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  let number = 0;
  return {
    socket,
    send(count: number): void {
      for (let i = 0; i < count; i++) {
        const text = `${line(++number)}\n`;
        socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
      }
    },
    end: () => socket.write('0\r\n\r\n'),
    answer: () => answer,
    problem: () => problemIn(answer),
    ended: () => ended,
  };
};

const received = (): number => service.container.get(parts.counters).messages.received;

describe('a stream that is open when the service stops', () => {
  it('is answered with what became of it, though it says nothing any more', async () => {
    service = await startService();
    const stream = openStream(service.port);
    stream.send(40);
    await until(() => received() === 40, 'the lines are stored');
    await service.stop();
    expect(stream.answer()).toContain('HTTP/1.1 503 ');
    expect(stream.answer().toLowerCase()).toContain('connection: close');
    expect(stream.problem()).toMatchObject({
      type: '/problems/shutting-down',
      received: 40,
      applied: 40,
      invalid: 0,
    });
    await until(stream.ended, 'the connection is closed');
  });

  it('is answered while it goes on', async () => {
    service = await startService();
    const stream = openStream(service.port);
    const sending = setInterval(() => stream.send(3), 1);
    await until(() => received() > 10, 'the stream is under way');
    await service.stop();
    clearInterval(sending);
    const taken = received();
    expect(stream.problem()).toMatchObject({
      type: '/problems/shutting-down',
      received: taken,
      applied: taken,
    });
  });
});

/** The same service, with less patience. */
const impatient = async (
  intake: Intake = service.container.get(parts.ingest),
  timeoutMs = 50,
): Promise<number> => {
  const { container } = service;
  const limits = {
    bytes: 1000,
    timeoutMs,
    pieces: new PieceTurns(),
    budget: container.get(parts.budget),
  };
  const gate = new Gate(undefined, container.get(parts.logger));
  const handler = postMessages(intake, container.get(parts.counters), limits, gate);
  const app = express().disable('x-powered-by').post('/messages', handler);
  server = createServer(app).listen(0, '127.0.0.1');
  await until(() => server!.listening, 'the server listens');
  return (server.address() as AddressInfo).port;
};

/** How many streams wait to be told that the service stops. */
const openStreams = (): (() => number) => {
  const ingest = service.container.get(parts.ingest);
  const onStop = ingest.onStop.bind(ingest);
  let open = 0;
  jest.spyOn(ingest, 'onStop').mockImplementation((tell) => {
    const forget = onStop(tell);
    open++;
    return () => {
      open--;
      forget();
    };
  });
  return () => open;
};

it('a stream that pauses for too long is answered with what became of it, and forgotten', async () => {
  service = await startService();
  const open = openStreams();
  const stream = openStream(await impatient());
  stream.send(2);
  await until(stream.ended, 'the connection is closed');
  expect(stream.answer()).toContain('HTTP/1.1 408 ');
  expect(stream.problem()).toMatchObject({
    type: '/problems/request-timeout',
    detail: 'Nothing arrived for 0.05 seconds.',
    received: 2,
    applied: 2,
  });
  await until(() => open() === 0, 'it is forgotten');
});

class FailingStore extends InMemoryEventStore {
  commits = 0;

  override commit(changes: readonly Change[]): Promise<Head[]> {
    if (++this.commits > 1) return Promise.reject(new StoreUnavailable('The disk is gone.'));
    return super.commit(changes);
  }
}

it('a stream whose store fails is answered at once, and read to its end', async () => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  const store = new FailingStore(directory);
  service = await startService({}, { store, directory });
  const stream = openStream(service.port);
  stream.send(1);
  await until(() => received() === 1, 'the first line is stored');
  stream.send(1);
  await until(() => stream.answer().includes('}'), 'the answer is there');
  expect(stream.problem()).toMatchObject({
    type: '/problems/store-unavailable',
    detail: 'The disk is gone.',
    received: 1,
    applied: 1,
  });
  stream.send(500);
  expect(stream.ended()).toBe(false);
  stream.end();
  await until(stream.ended, 'the connection is closed');
  expect(store.commits).toBe(2);
});

it('a stream that finds no room, while nobody gets on, is told so', async () => {
  service = await startService({ BUFFER_MESSAGES: '1' });
  // No worker is told of it: it fills the buffer until the service stops.
  const unnoticed = { message: messages([launched()], 'b')[0]!, bytes: 100 };
  service.container.get(parts.buffer).offer({ ...unnoticed, settle: () => undefined, fail: () => undefined });
  const stream = openStream(await impatient());
  stream.send(3);
  await until(() => stream.answer().includes('}'), 'the answer is there');
  expect(stream.answer()).toContain('HTTP/1.1 503 ');
  expect(stream.answer().toLowerCase()).toContain('retry-after: 1');
  expect(stream.problem()).toMatchObject({ type: '/problems/overloaded', received: 0, applied: 0 });
  expect(service.container.get(parts.counters).messages).toMatchObject({ received: 1, shed: 1 });
  stream.end();
  await until(stream.ended, 'the connection is closed');
});

/** Has room for so many messages, and tells nothing of itself what becomes of them. */
class HeldIntake implements Intake {
  readonly overloaded = undefined;
  readonly taken: { readonly told: Told; readonly ticket: number }[] = [];
  offers = 0;

  constructor(private readonly room: number) {}

  submit(_message: unknown, _bytes: number, told: Told, ticket = 0): Overloaded | undefined {
    this.offers++;
    if (this.taken.length === this.room) return new Overloaded('two messages');
    this.taken.push({ told, ticket });
    return undefined;
  }

  tell(index: number, result: Error): void {
    const { told, ticket } = this.taken[index]!;
    told(result, ticket);
  }

  onStop(): () => void {
    return () => undefined;
  }

  async stop(): Promise<void> {}
}

it('a stream that fails while it rests for want of room is answered once, when all that was taken of it is settled', async () => {
  service = await startService();
  const intake = new HeldIntake(2);
  const stream = openStream(await impatient(intake, 60_000));
  stream.send(3);
  await until(() => intake.offers > 3, 'the third message is offered again');
  intake.tell(0, new StoreUnavailable('The disk is gone.'));
  // Long enough for it to be offered once more, if it were.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stream.answer()).toBe('');
  intake.tell(1, new StoreUnavailable('The disk is gone.'));
  await until(() => stream.answer().includes('}'), 'the answer is there');
  expect(stream.problem()).toMatchObject({ type: '/problems/store-unavailable', applied: 0 });
  stream.end();
  await until(stream.ended, 'the connection is closed');
});

it('a stream that is cut off is not answered, and what was taken of it counts', async () => {
  service = await startService();
  const open = openStreams();
  const stream = openStream(service.port);
  stream.send(20);
  await until(() => received() === 20, 'the lines are stored');
  expect(open()).toBe(1);
  stream.socket.destroy();
  await until(() => open() === 0, 'it is forgotten');
  expect(stream.answer()).toBe('');
  const rocket = await documentedFetch(`${service.url}/rockets/a`);
  expect(await rocket.json()).toMatchObject({ version: 20 });
});

class SlowStore extends InMemoryEventStore {
  override async commit(changes: readonly Change[]): Promise<Head[]> {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return super.commit(changes);
  }
}

it('a stream that finds no room waits for it as long as anybody gets on', async () => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  service = await startService({ BUFFER_MESSAGES: '2' }, { store: new SlowStore(directory), directory });
  const url = `http://127.0.0.1:${await impatient()}/messages`;
  const headers = { 'Content-Type': 'application/x-ndjson' };
  const body = Array.from({ length: 10 }, (_, index) => line(index + 1)).join('\n');
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => fetch(url, { method: 'POST', headers, body })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});
