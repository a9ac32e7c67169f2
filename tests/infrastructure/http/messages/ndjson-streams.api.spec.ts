import { connect } from 'node:net';
import { parts } from '../../../../src/container.js';
import { StreamTurns } from '../../../../src/infrastructure/http/messages/stream-turns.js';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { expectExact } from '../../../support/expect-rockets.js';
import { turns, until } from '../../../support/manual-clock.js';
import { Fleet, wireForm, type Producer } from '../../../support/producers.js';
import { runs } from '../../../support/thorough.js';
import { startService, type TestService } from '../../../support/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await startService();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await service.stop();
});

/** What a socket is read in, and what all streams together may work through in one turn of the event loop. */
const CHUNK = 64 * 1024;
const BYTES_PER_TURN = 2 * CHUNK;

interface Answer {
  readonly received: number;
  readonly invalid: number;
  readonly items: readonly { readonly line: number; readonly outcome: string }[];
}

const post = async (body: string): Promise<Answer> => {
  const headers = { 'Content-Type': 'application/x-ndjson' };
  const answer = await documentedFetch(`${service.url}/messages`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Answer;
};

/** So many messages of a producer, some of them late and some twice; nothing is left out. */
const linesOf = (producer: Producer, count: number): string[] => {
  const lines: string[] = [];
  const say = (sent: Producer['sent'][number]): void => {
    lines.push(wireForm(producer.channel, sent));
    producer.acknowledge(sent.number);
  };
  while (lines.length < count) say(producer.pick());
  producer.unanswered().forEach(say);
  return lines;
};

/** The most messages that were taken between one turn of the event loop and the next. */
const mostInOneTurn = async (run: () => Promise<unknown>): Promise<number> => {
  const submit = jest.spyOn(service.container.get(parts.ingest), 'submit');
  let most = 0;
  let before = 0;
  let running = true;
  const look = (): void => {
    most = Math.max(most, submit.mock.calls.length - before);
    before = submit.mock.calls.length;
    if (running) setImmediate(look);
  };
  setImmediate(look);
  await run();
  running = false;
  return most;
};

/** Sends lines and leaves it open whether more will come. */
const openStream = (port: number, lines: string, length = 1_000_000) => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const head = `POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${length}\r\n`;
  socket.write(`${head}\r\n${lines}\n`);
  return socket;
};

describe('many streams at once', () => {
  it('leave every other request its turn after a bounded number of messages', async () => {
    const fleet = new Fleet(60, 7);
    const bodies = fleet.producers.map((producer) => linesOf(producer, runs(700, 1500)).join('\n'));
    const shortest = Math.min(
      ...bodies.map((body) => Math.min(...body.split('\n').map(({ length }) => length))),
    );
    const most = await mostInOneTurn(() => Promise.all(bodies.map(post)));
    // A turn may end within a chunk; and what one has left is used before the next begins.
    expect(most).toBeLessThanOrEqual((2 * (BYTES_PER_TURN + CHUNK)) / shortest);
  });

  it('are all exact, with what comes late and what comes twice', async () => {
    const fleet = new Fleet(runs(40, 100), 8);
    const sent = fleet.producers.map((producer) => linesOf(producer, 300));
    const answers = await Promise.all(sent.map((lines) => post(lines.join('\n'))));
    expect(answers.map(({ received }) => received)).toEqual(sent.map(({ length }) => length));
    await expectExact(service.url, fleet);
    expect(service.container.get(parts.buffer)).toMatchObject({ messages: 0, bytes: 0 });
  });

  it('are each told of their own lines, in order', async () => {
    const [producer] = new Fleet(1, 9).producers as [Producer];
    const good = linesOf(producer, 2000);
    const bodies = Array.from({ length: 20 }, (_, stream) =>
      good.map((text, index) => (index % 20 === stream ? `{"stream":${stream}}` : text)),
    );
    const answers = await Promise.all(bodies.map((lines) => post(lines.join('\n'))));
    answers.forEach(({ received, invalid, items }, stream) => {
      const wrong = good.flatMap((_text, index) => (index % 20 === stream ? [index + 1] : []));
      expect({ received, invalid }).toEqual({ received: good.length, invalid: wrong.length });
      expect(items.filter(({ outcome }) => outcome === 'invalid').map(({ line }) => line)).toEqual(wrong);
    });
  });

  it('are not held up by those that were cut off', async () => {
    const [cut, whole] = [new Fleet(30, 10), new Fleet(30, 11)];
    const sockets = cut.producers.map((producer) =>
      openStream(service.port, linesOf(producer, 1000).join('\n')),
    );
    const bodies = whole.producers.map((producer) => linesOf(producer, 1000).join('\n'));
    const answers = bodies.map(post);
    const counters = service.container.get(parts.counters);
    await until(() => counters.messages.received > 1000, 'the streams are under way');
    for (const socket of sockets) socket.destroy();
    await Promise.all(answers);
    await expectExact(service.url, whole);
    await until(() => service.container.get(parts.buffer).messages === 0, 'everything taken is settled');
    expect(counters.messages).toMatchObject({ invalid: 0, shed: 0, failed: 0 });
  });
});

describe('a stream that waits for its turn', () => {
  const lines = linesOf(new Fleet(1, 12).producers[0]!, 10).join('\n');

  /** A stream that asks for a turn and does not get it. */
  const waiting = async (length?: number) => {
    let give = (): void => undefined;
    const take = jest
      .spyOn(StreamTurns.prototype, 'take')
      .mockImplementation(() => new Promise<void>((go) => (give = go)));
    const socket = openStream(service.port, lines, length);
    await until(() => take.mock.calls.length > 0, 'it waits');
    const [, sender] = take.mock.calls[0]!;
    const giveTurn = (): void => {
      take.mockRestore();
      give();
    };
    return { socket, take, sender, giveTurn };
  };

  it('is read no further', async () => {
    const { socket, take, giveTurn } = await waiting(1_000_000_000);
    const chunk = Buffer.alloc(CHUNK, '\n');
    // Far more than the buffers on the way hold: the last writes stay where they are.
    for (let i = 0; i < 500; i++) socket.write(chunk);
    await turns(200);
    const left = socket.writableLength;
    expect(left).toBeGreaterThan(100 * CHUNK);
    expect(take).toHaveBeenCalledTimes(1);
    giveTurn();
    await until(() => socket.writableLength < left - 10 * CHUNK, 'it is read on');
    socket.destroy();
  });

  it.each([
    ['in the middle', 1_000_000],
    ['when all of it had arrived', lines.length + 1],
  ])('is not looked at any more when its connection breaks %s', async (_when, length) => {
    const { socket, sender, giveTurn } = await waiting(length);
    await turns(20);
    expect(sender.destroyed).toBe(false);
    // Whoever only ends what he sends may still wait for the answer.
    socket.resetAndDestroy();
    await until(() => sender.destroyed, 'that is known');
    giveTurn();
    await turns(20);
    expect(service.container.get(parts.counters).messages.received).toBe(0);
  });
});
