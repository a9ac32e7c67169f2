import { setTimeout as delay } from 'node:timers/promises';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import {
  eventually,
  kafkaHealth,
  newPlace,
  startingWithKafka,
  untilReady,
} from '../support/kafka/kafka-service.js';
import { KafkaTool, type NewRecord, type ReadRecord } from '../support/kafka/kafka-tool.js';
import { messageText, postMessage } from '../support/real-process.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterEach);

const start = startingWithKafka(toEnd);

const rejectedIn = async (url: string): Promise<number> => (await kafkaHealth(url)).consumer?.rejected ?? 0;

/** Of a record in the topic of rejected ones. */
const problemOf = ({ headers }: ReadRecord): { type: string; title: string; detail: string } =>
  JSON.parse(headers['problem']!.toString()) as { type: string; title: string; detail: string };

const bothRoles = { INGEST: 'kafka', CONSUME: 'kafka' };

const launch = (channel: string, mission: string): string =>
  messageText(1, channel).replace('ARTEMIS', mission);

const MIB = 1024 * 1024;
const huge = Buffer.alloc(10 * MIB, 'x');
const large = Buffer.from(messageText(1, 'large').replace('ARTEMIS', 'x'.repeat(100_000)));

interface Bad {
  readonly record: NewRecord;
  readonly problem: string;
  readonly detail: RegExp;
}

const bad: readonly Bad[] = [
  {
    record: { key: 'null', headers: { trace: 'abc' } },
    problem: 'invalid-message',
    detail: /without a value/,
  },
  { record: { value: '' }, problem: 'malformed-json', detail: /./ },
  { record: { key: 'no', value: 'no JSON' }, problem: 'malformed-json', detail: /./ },
  { record: { key: 'no', value: Buffer.from([0, 255, 254, 10]) }, problem: 'malformed-json', detail: /./ },
  { record: { value: '{"metadata":{}}' }, problem: 'invalid-message', detail: /./ },
  { record: { key: 'l', value: large }, problem: 'body-too-large', detail: /BODY_BYTES is 65536/ },
  {
    record: { key: 'says where', value: '[]', headers: { place: 'somewhere', problem: 'none', own: 'kept' } },
    problem: 'invalid-message',
    detail: /./,
  },
  {
    record: { key: 'conflict', value: launch('conflict', 'OTHER') },
    problem: 'conflict',
    detail: /number 1 of conflict/,
  },
];

const good: readonly NewRecord[] = [
  { value: messageText(1, 'keyless') },
  { key: 'somebody else', value: messageText(1, 'wrong-key') },
  { key: Buffer.from([0xff, 0xfe]), partition: 0, value: messageText(2, 'wrong-key') },
  { key: '', value: messageText(3, 'wrong-key') },
];

describeWithKafka('what cannot be taken', () => {
  let cluster: KafkaCluster;
  let tool: KafkaTool;
  beforeAll(async () => {
    cluster = await KafkaCluster.start({ config: { 'socket.request.max.bytes': 100 * MIB } });
    tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
  });
  afterAll(async () => {
    await tool.close();
    await cluster.close();
  });

  const atBroker = () => ({ KAFKA_BROKERS: cluster.bootstrap, ...newPlace() });

  it('is put away as it was, with its place and why; all else goes on', async () => {
    const place = atBroker();
    const { KAFKA_TOPIC: topic } = place;
    await tool.createTopic(topic, 3);
    const { url, log } = await start({ ...place, CONSUME: 'kafka' });
    await tool.produce(topic, [{ key: 'conflict', value: messageText(1, 'conflict') }]);
    await eventually(
      'the first',
      async () => (await fetch(`${url}/rockets/conflict`)).status,
      (status) => status === 200,
    );
    await tool.produce(topic, [...bad.map(({ record }) => record), ...good]);
    await eventually(
      'all rejected',
      () => rejectedIn(url),
      (count) => count === bad.length,
    );
    for (const [channel, version] of [
      ['keyless', 1],
      ['wrong-key', 3],
      ['conflict', 1],
    ] as const) {
      const rocket = await eventually(
        channel,
        async () => (await (await fetch(`${url}/rockets/${channel}`)).json()) as { version: number },
        (found) => found.version === version,
      );
      expect(rocket).toMatchObject({ mission: 'ARTEMIS', waiting: 0 });
    }
    const source = await tool.readAll(topic);
    const rejected = await tool.readAll(place.KAFKA_REJECTED_TOPIC);
    expect(rejected).toHaveLength(bad.length);
    for (const { record, problem, detail } of bad) {
      const value = record.value == null ? null : Buffer.from(record.value);
      const found = source.find((one) => String(one.value) === String(value))!;
      const place = `${topic}/${found.partition}/${found.offset}`;
      const put = rejected.find(({ headers }) => headers['place']!.toString() === place)!;
      expect([put.key, put.value]).toEqual([found.key, found.value]);
      for (const [name, text] of Object.entries(record.headers ?? {})) {
        if (name !== 'place' && name !== 'problem')
          expect(put.headers[name]).toEqual(Buffer.from(text ?? ''));
      }
      expect(problemOf(put)).toMatchObject({ type: `/problems/${problem}`, title: expect.any(String) });
      expect(problemOf(put).detail).toMatch(detail);
      expect(log()).toContain(`place="${place}"`);
    }
    const committed = await eventually(
      'all committed',
      () => tool.committed(place.KAFKA_GROUP, topic),
      (nexts) => [...nexts.values()].reduce((sum, next) => sum + next, 0) === source.length,
    );
    expect(committed.size).toBeGreaterThan(0);
  });

  it('is put away whole when it has ten megabytes, and without its bytes where they do not fit', async () => {
    for (const [most, isWhole] of [
      [12 * MIB, true],
      [MIB, false],
    ] as const) {
      const place = atBroker();
      await tool.createTopic(place.KAFKA_TOPIC, 1, { 'max.message.bytes': 12 * MIB });
      await tool.createTopic(place.KAFKA_REJECTED_TOPIC, 1, { 'max.message.bytes': most });
      const { url } = await start({ ...place, CONSUME: 'kafka' });
      await tool.produce(place.KAFKA_TOPIC, [
        { key: 'before', value: messageText(1, 'before') },
        { key: 'huge', value: huge, headers: { own: 'kept' } },
        { key: 'huge', value: huge, headers: { own: 'kept' } },
        { key: 'small', value: 'no JSON' },
        { key: 'after', value: messageText(1, 'after') },
      ]);
      await eventually(
        'put away',
        () => rejectedIn(url),
        (count) => count === 3,
      );
      await eventually(
        'the one behind it',
        async () => (await fetch(`${url}/rockets/after`)).status,
        (status) => status === 200,
      );
      const [first, second, small] = await tool.readAll(place.KAFKA_REJECTED_TOPIC);
      for (const [i, one] of [first!, second!].entries()) {
        expect(one.key).toEqual(Buffer.from('huge'));
        expect(one.headers['place']!.toString()).toBe(`${place.KAFKA_TOPIC}/0/${i + 1}`);
        expect(problemOf(one)).toMatchObject({ type: '/problems/body-too-large' });
        if (isWhole) expect(one.value!.equals(huge)).toBe(true);
        else expect(one.value).toBeNull();
        expect(one.headers['left-out']?.toString()).toBe(isWhole ? undefined : `${huge.length + 4} bytes`);
      }
      expect(small!.value!.toString()).toBe('no JSON');
    }
  });

  it('a message that is larger than the topic takes is refused by the gateway, and no other with it', async () => {
    const place = atBroker();
    await tool.createTopic(place.KAFKA_TOPIC, 1, { 'max.message.bytes': 450 });
    const { url } = await start({ ...place, ...bothRoles });
    await untilReady(url);
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const text = messageText(1, `sized-${i}`);
        const body = i % 4 === 3 ? text.replace('ARTEMIS', 'x'.repeat(256)) : text;
        const answer = await postMessage(url, body);
        return [answer.status, i % 4 === 3 ? ((await answer.json()) as { type: string }).type : ''];
      }),
    );
    expect(answers).toEqual(
      answers.map((_, i) => (i % 4 === 3 ? [413, '/problems/body-too-large'] : [202, ''])),
    );
    expect(await tool.endOffsets(place.KAFKA_TOPIC)).toEqual([9]);
  });

  it('records that were deleted unread are told in the log, and the rest is read on', async () => {
    const place = atBroker();
    await tool.createTopic(place.KAFKA_TOPIC, 1);
    const env = { ...place, CONSUME: 'kafka' };
    const first = await start(env);
    await tool.produce(place.KAFKA_TOPIC, [{ value: messageText(1, 'gone') }]);
    await eventually(
      'the first',
      async () => (await fetch(`${first.url}/rockets/gone`)).status,
      (status) => status === 200,
    );
    expect(await first.end('SIGTERM')).toBe(0);
    expect(first.log()).not.toContain('records are gone');

    await tool.produce(
      place.KAFKA_TOPIC,
      [2, 3, 4, 5].map((number) => ({ value: messageText(number, 'gone') })),
    );
    await tool.deleteRecords(place.KAFKA_TOPIC, new Map([[0, 3]]));
    const second = await start(env);
    await eventually(
      'the rest',
      async () => (await (await fetch(`${second.url}/rockets/gone`)).json()) as { highestHeard?: number },
      ({ highestHeard }) => highestHeard === 5,
    );
    expect(second.log()).toMatch(/records are gone .*place="place-\d+.messages\/0" expected="1" found="3"/);
  });

  it('records that were deleted in front of a consumer are told in the log, and the rest is read on', async () => {
    const place = atBroker();
    await tool.createTopic(place.KAFKA_TOPIC, 1);
    const { url, log, child } = await start({ ...place, CONSUME: 'kafka' });
    await tool.produce(place.KAFKA_TOPIC, [{ value: messageText(1, 'cut') }]);
    await eventually(
      'the first',
      async () => (await fetch(`${url}/rockets/cut`)).status,
      (status) => status === 200,
    );
    child.kill('SIGSTOP');
    // The fetch that waits now is answered with nothing.
    await delay(1500);
    const more = [2, 3, 4, 5].map((number) => ({ value: messageText(number, 'cut') }));
    await tool.produce(place.KAFKA_TOPIC, more);
    await tool.deleteRecords(place.KAFKA_TOPIC, new Map([[0, 3]]));
    child.kill('SIGCONT');
    await eventually(
      'the rest',
      async () => (await (await fetch(`${url}/rockets/cut`)).json()) as { highestHeard?: number },
      ({ highestHeard }) => highestHeard === 5,
    );
    expect(log()).toMatch(/records are gone .*place="place-\d+.messages\/0" expected="1" found="3"/);
  });

  it('a topic that is deleted and made anew is read from its beginning', async () => {
    const place = { ...atBroker(), KAFKA_PARTITIONS: '1' };
    const { url } = await start({ ...place, ...bothRoles });
    await untilReady(url);
    let sent = 0;
    const sends = (): Promise<unknown> =>
      eventually(
        'taken in',
        async () => (await postMessage(url, messageText(sent + 1, 'anew'))).status,
        (status) => status === 202 && ++sent > 0,
      );
    const worksOff = (): Promise<unknown> =>
      eventually(
        `number ${sent}`,
        async () => (await (await fetch(`${url}/rockets/anew`)).json()) as { version?: number },
        ({ version }) => version === sent,
      );
    for (let i = 0; i < 5; i++) await sends();
    await worksOff();
    await tool.deleteTopic(place.KAFKA_TOPIC);
    for (let i = 0; i < 3; i++) await sends();
    await worksOff();
    expect(await tool.endOffsets(place.KAFKA_TOPIC)).toEqual([expect.any(Number)]);
    expect((await tool.endOffsets(place.KAFKA_TOPIC))[0]).toBeLessThan(5);
  });
});
