import type { Assignment, RecordHandler, TopicRecord } from '../../../src/infrastructure/kafka/assignment.js';
import { GroupReader } from '../../../src/infrastructure/kafka/group-reader.js';
import { FakeKafka, kafkaSettings, type FakeConsumer, type FakeStream } from '../../support/fake-kafka.js';
import { LogBook } from '../../support/pipeline.js';

const readers: GroupReader[] = [];
beforeEach(() => void jest.useFakeTimers());
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.stop();
  jest.useRealTimers();
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

const reading = async () => {
  const kafka = new FakeKafka();
  const begun: { assignment: Assignment; records: TopicRecord[] }[] = [];
  const handler: RecordHandler = {
    begin: (assignment) => {
      const records: TopicRecord[] = [];
      begun.push({ assignment, records });
      return (record) => records.push(record);
    },
  };
  const log = new LogBook();
  const reader = new GroupReader(kafka.library, kafkaSettings, handler, log);
  readers.push(reader);
  const client = (): FakeConsumer => kafka.consumers.at(-1)!;
  return {
    kafka,
    begun,
    log,
    reader,
    client,
    stream: (): FakeStream => client().streams.at(-1)!,
    /** Lets time pass in which all is well with the client. */
    passWell: async (ms: number) => {
      for (let left = ms; left > 0; left -= 1000) {
        await pass(Math.min(left, 1000));
        client().emit('consumer:heartbeat:end');
        client().streams.at(-1)?.emit('fetch');
      }
    },
    start: async () => {
      reader.start();
      await pass(1);
    },
  };
};

describe('a member of a group', () => {
  it('hands on what it reads, and commits what it is told to', async () => {
    const { begun, client, stream, reader, start } = await reading();
    await start();
    stream().give(1, 7n);
    stream().give(1, 8n);
    expect(begun[0]!.records.map(({ offset }) => offset)).toEqual([7n, 8n]);
    await begun[0]!.assignment.commit(new Map([[1, 9n]]));
    expect(client().committed).toEqual([[{ topic: 'messages', partition: 1, offset: 9n, leaderEpoch: -1 }]]);
    expect(reader.report).toMatchObject({ rebalances: 1, remade: 0 });
    expect(reader.report).not.toHaveProperty('error');
  });

  it('stops fetching and goes on when it is told to', async () => {
    const { begun, stream, start } = await reading();
    await start();
    begun[0]!.assignment.pause();
    expect(stream().isPaused).toBe(true);
    begun[0]!.assignment.resume();
    expect(stream().isPaused).toBe(false);
  });

  it('says how far it is behind, of its own partitions alone', async () => {
    const { client, reader, start, passWell } = await reading();
    await start();
    client().lags = [5n, -1n, 0n, -1n];
    await passWell(3000);
    expect(reader.report.partitions).toEqual([
      { partition: 0, lag: 5 },
      { partition: 2, lag: 0 },
    ]);
  });

  it('says nothing of partitions that the group may have given to another', async () => {
    const { client, reader, start, passWell } = await reading();
    await start();
    client().lags = [5n, 0n];
    await passWell(3000);
    let answer = (): void => undefined;
    const getLag = client().getLag.bind(client());
    client().getLag = () => new Promise((resolve) => (answer = () => resolve(getLag())));
    await passWell(2000);
    client().join();
    expect(reader.report.partitions).toEqual([]);
    answer();
    await passWell(400);
    expect(reader.report.partitions).toEqual([]);
    client().getLag = getLag;
    client().lags = [-1n, 3n];
    await passWell(3000);
    expect(reader.report.partitions).toEqual([{ partition: 1, lag: 3 }]);
  });

  it('says when it last heard of the group', async () => {
    const { client, reader, start } = await reading();
    await start();
    await pass(3000);
    expect(reader.report.heartbeatAgoSeconds).toBe(3);
    client().emit('consumer:heartbeat:end');
    expect(reader.report.heartbeatAgoSeconds).toBe(0);
  });

  it('leaves when it stops', async () => {
    const { kafka, client, reader, start } = await reading();
    await start();
    const stopped = reader.stop();
    await pass(1);
    await stopped;
    expect([client().isClosed, kafka.consumers.length]).toEqual([true, 1]);
  });

  it('stops also while it waits to be made anew', async () => {
    const { kafka, client, reader, start } = await reading();
    await start();
    client().emit('error', new Error('cut'));
    await pass(100);
    const stopped = reader.stop();
    await pass(1);
    await stopped;
    await pass(20_000);
    expect(kafka.consumers).toHaveLength(1);
  });
});

describe('a group that is made up anew', () => {
  it('is not joined by a commit that came too late, which would make it up anew again', async () => {
    const { client, start } = await reading();
    await start();
    const told = jest.fn();
    client().joinGroup({}, told);
    expect(told).toHaveBeenCalledWith(expect.any(Error));
  });

  it('ends the assignment, and another stream begins one', async () => {
    const { begun, client, reader, start } = await reading();
    await start();
    const [old] = client().streams;
    client().join();
    await pass(1);
    expect(begun.map(({ assignment }) => assignment.isOver)).toEqual([true, false]);
    expect(client().streams.map(({ isDestroyed }) => isDestroyed)).toEqual([true, false]);
    expect(reader.report).toMatchObject({ rebalances: 2, remade: 0 });
    // What the old stream still gives or says is nobody's concern.
    old!.emit('error', new Error('destroyed'));
    await pass(1000);
    expect(reader.report.remade).toBe(0);
  });

  it('commits nothing of the old assignment', async () => {
    const { begun, client, start } = await reading();
    await start();
    client().generationId++;
    expect(begun[0]!.assignment.isOver).toBe(true);
    await begun[0]!.assignment.commit(new Map([[1, 9n]]));
    expect(client().committed).toEqual([]);
  });

  it('leaves nothing in a commit that is under way', async () => {
    const { begun, client, start } = await reading();
    await start();
    let send = (): void => undefined;
    client().committing = new Promise((resolve) => (send = resolve));
    const committed = begun[0]!.assignment.commit(new Map([[1, 9n]]));
    client().join();
    send();
    await committed;
    expect(client().committed).toEqual([[]]);
  });

  it('several times in a row has one stream in the end', async () => {
    const { begun, client, reader, start } = await reading();
    await start();
    client().join();
    client().join();
    client().join();
    await pass(1);
    expect(client().streams.filter(({ isDestroyed }) => !isDestroyed)).toHaveLength(1);
    expect(begun.map(({ assignment }) => assignment.isOver)).toEqual([true, false]);
    expect(reader.report.rebalances).toBe(4);
    client().streams.at(-1)!.give(1, 7n);
    expect(begun.at(-1)!.records).toHaveLength(1);
  });
});

const failures: readonly (readonly [string, (client: FakeConsumer) => unknown, string])[] = [
  ['says so', (client: FakeConsumer) => client.emit('error', new Error('fenced')), 'fenced'],
  [
    'has a stream that says so',
    (client: FakeConsumer) => client.streams[0]!.emit('error', new Error('fetch failed')),
    'fetch failed',
  ],
  [
    'hears of no heartbeat',
    (client: FakeConsumer) => client.emit('consumer:heartbeat:stalled'),
    'No heartbeat is answered.',
  ],
];

describe('a client that is of no more use', () => {
  it.each(failures)('because it %s is made anew, which is counted and told', async (_, fail, reason) => {
    const { kafka, begun, log, reader, client, stream, start } = await reading();
    await start();
    stream().give(1, 7n);
    fail(client());
    await pass(100);
    expect(begun[0]!.assignment.isOver).toBe(true);
    expect(client().isClosed).toBe(true);
    expect(reader.report).toMatchObject({ remade: 1, error: reason });
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: 'the consumer of Kafka is made anew',
      fields: { error: reason, pauseMs: 250 },
    });
    await pass(200);
    expect(kafka.consumers).toHaveLength(2);
    expect(reader.report).toMatchObject({ remade: 1 });
    expect(reader.report).not.toHaveProperty('error');
    stream().give(1, 7n);
    expect(begun[1]!.records).toHaveLength(1);
  });

  it('because it does not get into the group is made anew, after pauses that grow', async () => {
    const { kafka, reader, start } = await reading();
    kafka.refuses = () => new Error('no coordinator');
    await start();
    expect(reader.report).toMatchObject({ remade: 1, error: 'no coordinator' });
    await pass(60_000);
    expect(kafka.consumers.length).toBeGreaterThan(10);
    expect(kafka.consumers.length).toBeLessThan(20);
    expect(kafka.consumers.every(({ isClosed }) => isClosed)).toBe(true);
    kafka.refuses = () => undefined;
    await pass(5100);
    expect(reader.report).not.toHaveProperty('error');
  });

  it('after a good life is made anew at once again', async () => {
    const { kafka, client, start, passWell } = await reading();
    await start();
    for (let i = 0; i < 5; i++) {
      client().emit('error', new Error('cut'));
      await pass(6000);
    }
    await passWell(40_000);
    client().emit('error', new Error('cut'));
    const before = kafka.consumers.length;
    await pass(300);
    expect(kafka.consumers.length).toBe(before + 1);
  });

  it('is told of by no fetch that is answered for 20 s', async () => {
    const { client, reader, start } = await reading();
    await start();
    for (let i = 0; i < 19; i++) {
      await pass(1000);
      client().emit('consumer:heartbeat:end');
    }
    expect(reader.report.remade).toBe(0);
    await pass(2000);
    expect(reader.report).toMatchObject({ remade: 1 });
  });

  it('is told of by an assignment of which it never begins to read, however well the group hears of it', async () => {
    const { client, passWell, reader, start } = await reading();
    await start();
    client().consume = () => new Promise(() => undefined);
    client().join();
    await passWell(25_000);
    expect(reader.report.remade).toBe(0);
    await passWell(2000);
    expect(reader.report.remade).toBe(1);
  });

  it('is not one that has nothing to fetch for, as the handler has enough', async () => {
    const { begun, reader, start, client } = await reading();
    await start();
    begun[0]!.assignment.pause();
    for (let i = 0; i < 60; i++) {
      await pass(1000);
      client().emit('consumer:heartbeat:end');
    }
    expect(reader.report.remade).toBe(0);
    begun[0]!.assignment.resume();
    await pass(10_000);
    expect(reader.report.remade).toBe(0);
    client().emit('consumer:heartbeat:end');
    await pass(11_000);
    expect(reader.report.remade).toBe(1);
  });

  it('is not in the way of another when it cannot be closed', async () => {
    const { kafka, client, start } = await reading();
    await start();
    client().close = () => new Promise(() => undefined);
    client().emit('error', new Error('cut'));
    await pass(3000);
    expect(kafka.consumers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  it('has no stream any more when it is closed', async () => {
    const { client, stream, start } = await reading();
    await start();
    const [old, consumer] = [stream(), client()];
    let wasDestroyed = false;
    const close = consumer.close.bind(consumer);
    consumer.close = () => {
      wasDestroyed = old.isDestroyed;
      return close();
    };
    consumer.emit('error', new Error('cut'));
    await pass(1);
    expect(wasDestroyed).toBe(true);
  });

  it('may end while it joins: what comes of that is dropped', async () => {
    const { begun, client, reader, start, kafka } = await reading();
    await start();
    const first = client();
    let answer = (): void => undefined;
    const consume = first.consume.bind(first);
    first.consume = async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return consume();
    };
    first.join();
    await pass(1);
    first.emit('error', new Error('cut'));
    await pass(300);
    answer();
    await pass(1);
    expect(first.streams.at(-1)!.isDestroyed).toBe(true);
    expect(kafka.consumers).toHaveLength(2);
    expect(begun.map(({ assignment }) => assignment.isOver)).toEqual([true, false]);
    expect(reader.report.remade).toBe(1);
  });
});

describe('a process that stood still', () => {
  it('commits nothing before it has heard of its group, and begins anew', async () => {
    const { begun, client, reader, start } = await reading();
    await start();
    // As if no timer had run meanwhile.
    jest.setSystemTime(Date.now() + 40_000);
    const now = jest.spyOn(performance, 'now').mockImplementation(() => 1e9);
    await begun[0]!.assignment.commit(new Map([[1, 9n]]));
    expect(client().committed).toEqual([]);
    now.mockRestore();
    await pass(300);
    expect(reader.report.remade).toBe(1);
  });

  it('is given up when the group was not heard of for too long', async () => {
    const { stream, reader, start } = await reading();
    await start();
    for (let i = 0; i < 24; i++) {
      await pass(1000);
      stream().emit('fetch');
    }
    expect(reader.report.remade).toBe(0);
    await pass(2000);
    expect(reader.report.remade).toBe(1);
  });
});

describe('a commit that is not known to be done', () => {
  it('is told in words', async () => {
    const { begun, client, start } = await reading();
    await start();
    client().commit = () => Promise.reject(new AggregateError([new Error('timed out')], 'Commit failed.'));
    await expect(begun[0]!.assignment.commit(new Map([[1, 9n]]))).rejects.toThrow('Commit failed. timed out');
  });
});

describe('offsets that are not where they were', () => {
  const opened = async (at: bigint) => {
    const parts = await reading();
    await parts.start();
    parts.stream().offsetsToFetch.set('messages:1', at);
    parts.stream().emit('offsets');
    const errors = () => parts.log.lines.filter(({ level }) => level === 'error');
    return { ...parts, errors };
  };

  it('are told of when records are gone that the stream was about to read, and no other hole', async () => {
    const { stream, errors } = await opened(7n);
    stream().offsetsToFetch.set('messages:2', 1n);
    stream().give(1, 7n);
    stream().give(1, 9n);
    stream().give(2, 1n);
    // As the client does: fetched already, and not given yet, is 10 of the first.
    stream().offsetsToFetch.set('messages:1', 11n).set('messages:2', 5n);
    stream().emit('offsets');
    stream().give(1, 10n);
    stream().give(1, 11n);
    expect(errors()).toEqual([]);
    stream().give(2, 6n);
    stream().give(2, 8n);
    expect(errors()).toEqual([
      {
        level: 'error',
        message: expect.stringContaining('records are gone from the topic') as string,
        fields: { place: 'messages/2', expected: '2', found: '6' },
      },
    ]);
  });

  it('are told of when records are gone that nobody had read', async () => {
    const { stream, errors } = await opened(7n);
    stream().give(1, 12n);
    stream().give(1, 13n);
    expect(errors()).toEqual([
      {
        level: 'error',
        message: expect.stringContaining('records are gone from the topic') as string,
        fields: { place: 'messages/1', expected: '7', found: '12' },
      },
    ]);
  });

  it.each([
    ['before anything was read', [0n, 1n]],
    ['in the middle', [100n, 0n, 1n]],
  ])('are told of when the topic begins again %s', async (_, offsets) => {
    const { stream, errors } = await opened(100n);
    for (const offset of offsets) stream().give(1, offset);
    expect(errors()).toMatchObject([
      { message: expect.stringContaining('not the one that was read before') as string },
    ]);
  });

  it('are none when they begin where they should, or offsets are left out in between', async () => {
    const { stream, errors } = await opened(7n);
    for (const offset of [7n, 8n, 11n, 12n]) stream().give(1, offset);
    stream().give(2, 5n);
    expect(errors()).toEqual([]);
  });
});
