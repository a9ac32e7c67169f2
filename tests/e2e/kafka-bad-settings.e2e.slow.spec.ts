import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../support/certificates.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import {
  eventually,
  kafkaHealth,
  runWithKafka,
  newPlace,
  startingWithKafka,
  untilReady,
} from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { messageText, postMessage, runToEnd } from '../support/real-process.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterEach);

const start = startingWithKafka(toEnd);

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rockets-kafka-'));
  toEnd.push(() => rmSync(folder, { recursive: true }));
  return folder;
};

const bothRoles = { INGEST: 'kafka', CONSUME: 'kafka' };

const settings: readonly [env: Readonly<Record<string, string>>, code: number, said: RegExp][] = [
  [{ INGEST: 'pulsar' }, 1, /^INGEST=pulsar makes no sense/],
  [{ CONSUME: 'yes' }, 1, /^CONSUME=yes makes no sense/],
  [{ CONSUME: 'kafka' }, 1, /^KAFKA_BROKERS= makes no sense.*kafka-1:9092/],
  [{ CONSUME: 'kafka', KAFKA_BROKERS: 'kafka' }, 1, /^KAFKA_BROKERS=kafka makes no sense/],
  [{ CONSUME: 'kafka', KAFKA_BROKERS: 'kafka:99999' }, 1, /^KAFKA_BROKERS=kafka:99999 makes no sense/],
  [{ KAFKA_TOPIC: 'a topic' }, 1, /^KAFKA_TOPIC=a topic makes no sense/],
  [{ KAFKA_REJECTED_TOPIC: '..' }, 1, /^KAFKA_REJECTED_TOPIC=\.\. makes no sense/],
  [
    { KAFKA_TOPIC: 't', KAFKA_REJECTED_TOPIC: 't', CONSUME: 'kafka', KAFKA_BROKERS: 'k:9092' },
    1,
    /KAFKA_REJECTED_TOPIC=t makes no/,
  ],
  [{ KAFKA_PARTITIONS: '0' }, 1, /^KAFKA_PARTITIONS=0 makes no sense/],
  [{ KAFKA_TLS: 'maybe' }, 1, /^KAFKA_TLS=maybe makes no sense/],
  [{ KAFKA_CA: '/nowhere' }, 1, /^KAFKA_TLS=off makes no sense/],
  [{ KAFKA_SASL: 'gssapi' }, 1, /^KAFKA_SASL=gssapi makes no sense/],
  [{ KAFKA_USERNAME: 'me' }, 1, /^KAFKA_SASL=none makes no sense/],
  [{ KAFKA_PASSWORD: 's3cret' }, 1, /^KAFKA_SASL=none makes no sense.*KAFKA_PASSWORD is set/],
  [{ KAFKA_SASL: 'plain', KAFKA_PASSWORD: 's3cret' }, 1, /^KAFKA_USERNAME= makes no sense/],
  [{ KAFKA_SASL: 'plain', KAFKA_USERNAME: 'me' }, 1, /^KAFKA_PASSWORD= makes no sense/],
  [
    { INGEST: 'kafka', KAFKA_BROKERS: 'kafka:9092' },
    1,
    /^EVENT_STORE=memory makes no sense.*postgres, or CONSUME=kafka/,
  ],
];

describe('a setting that is wrong', () => {
  it.each(settings)('ends the service with one line: %j', async (env, code, said) => {
    const ended = await runToEnd([], env);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.stderr).not.toContain('s3cret');
  });
});

describeWithKafka('a broker with rules', () => {
  let cluster: KafkaCluster;
  let admin: KafkaTool;
  beforeAll(async () => {
    cluster = await KafkaCluster.start({ secure: true });
    admin = await KafkaTool.start({ bootstrap: cluster.bootstrap });
  });
  afterAll(async () => {
    await admin.close();
    await cluster.close();
  });

  const atBroker = (login: Readonly<Record<string, string>> = {}) => {
    const { bootstrap, ca, users } = cluster.secure;
    return {
      KAFKA_BROKERS: bootstrap,
      KAFKA_TLS: 'on',
      KAFKA_CA: ca,
      KAFKA_SASL: 'scram-sha-512',
      KAFKA_USERNAME: 'guest',
      KAFKA_PASSWORD: users.guest,
      ...newPlace(),
      ...login,
    };
  };
  type Place = ReturnType<typeof atBroker>;
  const asOwner = () => ({ KAFKA_USERNAME: 'rockets', KAFKA_PASSWORD: cluster.secure.users.rockets });

  const makeTopics = async ({ KAFKA_TOPIC, KAFKA_REJECTED_TOPIC }: Place): Promise<void> => {
    await admin.createTopic(KAFKA_TOPIC, 2);
    await admin.createTopic(KAFKA_REJECTED_TOPIC, 2);
  };

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    'takes who comes with TLS and %s',
    async (mechanism) => {
      const { url } = await start({ ...atBroker({ ...asOwner(), KAFKA_SASL: mechanism }), ...bothRoles });
      await untilReady(url);
      await eventually(
        'queued',
        async () => (await postMessage(url, messageText(1, 'sworn'))).status,
        (status) => status === 202,
      );
      await eventually(
        'worked off',
        async () => (await fetch(`${url}/rockets/sworn`)).status,
        (status) => status === 200,
      );
    },
  );

  const refusedLogins: readonly [
    what: string,
    login: () => Readonly<Record<string, string>>,
    said: RegExp,
  ][] = [
    ['a wrong password', () => ({ KAFKA_PASSWORD: 'wr0ng' }), /KAFKA_USERNAME and KAFKA_PASSWORD/],
    ['a wrong password, plain', () => ({ KAFKA_PASSWORD: 'wr0ng', KAFKA_SASL: 'plain' }), /KAFKA_PASSWORD/],
    ['a name that nobody has', () => ({ KAFKA_USERNAME: 'nobody' }), /KAFKA_USERNAME and KAFKA_PASSWORD/],
    ['a CA that is not there', () => ({ KAFKA_CA: '/nowhere/ca.pem' }), /KAFKA_CA=\/nowhere\/ca\.pem/],
    [
      'a CA that is no certificate',
      () => {
        const file = join(newFolder(), 'ca.pem');
        writeFileSync(file, 'no certificate');
        return { KAFKA_CA: file };
      },
      /KAFKA_CA=.*certificate/,
    ],
  ];
  it.each(refusedLogins)('%s ends the service at once, with one line', async (_, login, said) => {
    const ended = await runWithKafka({ ...atBroker(), ...bothRoles, ...login() });
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.stderr).not.toContain('wr0ng');
  });

  it('who trusts it not waits, and says why', async () => {
    const file = join(newFolder(), 'ca.pem');
    writeFileSync(file, makeCertificate().cert);
    const { url } = await start({ ...atBroker(), ...bothRoles, KAFKA_CA: file });
    const answer = await fetch(`${url}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringMatching(/certificate/)]);
  });

  it('a topic that may not be seen, or not be made, ends the service with what is to be done', async () => {
    const hidden = atBroker();
    await makeTopics(hidden);
    const ended = await runWithKafka({ ...hidden, ...bothRoles });
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(new RegExp(`^.*${hidden.KAFKA_REJECTED_TOPIC}.*\n$`));
    expect(ended.stderr).toContain('guest');

    const missing = atBroker();
    for (const topic of [missing.KAFKA_TOPIC, missing.KAFKA_REJECTED_TOPIC]) {
      await admin.allow('guest', 'TOPIC', topic, ['READ', 'WRITE']);
    }
    const second = await runWithKafka({ ...missing, ...bothRoles, KAFKA_PARTITIONS: '7' });
    expect([second.code, second.stdout]).toEqual([2, '']);
    expect(second.stderr).toMatch(
      new RegExp(`^.*kafka-topics.sh --create --topic ${missing.KAFKA_REJECTED_TOPIC} --partitions 7.*\n$`),
    );
  });

  it('a topic that may be made is made, with as many partitions as are set', async () => {
    const place = atBroker();
    for (const topic of [place.KAFKA_TOPIC, place.KAFKA_REJECTED_TOPIC]) {
      await admin.allow('guest', 'TOPIC', topic, ['READ', 'WRITE', 'CREATE']);
    }
    await admin.allow('guest', 'GROUP', place.KAFKA_GROUP, ['READ']);
    const { url } = await start({ ...place, ...bothRoles, KAFKA_PARTITIONS: '5' });
    await untilReady(url);
    expect((await postMessage(url, messageText(1, 'made'))).status).toBe(202);
    expect(await admin.endOffsets(place.KAFKA_TOPIC)).toHaveLength(5);
    expect(await admin.endOffsets(place.KAFKA_REJECTED_TOPIC)).toHaveLength(5);
  });

  it('rights that are missing are told where they are missed, and waited for', async () => {
    const place = atBroker();
    await makeTopics(place);
    for (const topic of [place.KAFKA_TOPIC, place.KAFKA_REJECTED_TOPIC])
      await admin.allow('guest', 'TOPIC', topic, ['DESCRIBE']);
    const { url } = await start({ ...place, ...bothRoles });
    const answer = await postMessage(url, messageText(1, 'unwritten'));
    expect([answer.status, await answer.text()]).toEqual([
      503,
      expect.stringMatching(/queue-unavailable.*Topic authorization failed/),
    ]);
    const consumerSays = (what: RegExp): Promise<unknown> =>
      eventually(
        `the consumer says ${what}`,
        () => kafkaHealth(url),
        ({ consumer }) => what.test(consumer?.error ?? ''),
      );
    await consumerSays(/Group authorization failed/);
    await admin.allow('guest', 'GROUP', place.KAFKA_GROUP, ['READ']);
    await consumerSays(/Topic authorization failed/);
    await admin.allow('guest', 'TOPIC', place.KAFKA_TOPIC, ['READ', 'WRITE']);
    await eventually(
      'written',
      async () => (await postMessage(url, messageText(1, 'written'))).status,
      (status) => status === 202,
    );
    await eventually(
      'read',
      async () => (await fetch(`${url}/rockets/written`)).status,
      (status) => status === 200,
    );

    // What can't be taken can't be put away: it waits, and so does what stands behind it.
    const key = 'stuck';
    await admin.produce(place.KAFKA_TOPIC, [
      { key, partition: 0, value: 'no JSON' },
      { key, partition: 0, value: messageText(1, 'behind') },
    ]);
    await consumerSays(/Topic authorization failed/);
    const committed = await admin.committed(place.KAFKA_GROUP, place.KAFKA_TOPIC);
    const [end] = await admin.endOffsets(place.KAFKA_TOPIC);
    expect(committed.get(0) ?? 0).toBeLessThanOrEqual(end! - 2);
    await admin.allow('guest', 'TOPIC', place.KAFKA_REJECTED_TOPIC, ['WRITE']);
    await eventually(
      'put away',
      () => admin.committed(place.KAFKA_GROUP, place.KAFKA_TOPIC),
      (nexts) => nexts.get(0) === end,
    );
    const [put] = await admin.readAll(place.KAFKA_REJECTED_TOPIC);
    expect(put!.value!.toString()).toBe('no JSON');
  });
});
