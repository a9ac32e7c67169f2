import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { kafkaNode } from '../support/kafka/kafka-node.js';
import { eventually, kafkaHealth, startWithKafka } from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { messageText } from '../support/real-process.js';
import { endedBy } from '../support/to-end.js';

interface Ended {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

const toEnd = endedBy(afterEach);

const rockets = async (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> => {
  const node = await kafkaNode();
  return new Promise((resolve) => {
    const options = {
      env: { PATH: process.env['PATH'], ...node.env, ...env },
      encoding: 'buffer' as const,
      maxBuffer: 100_000_000,
    };
    const command = ['dist/cli/rockets.js', 'rejected', ...args];
    const child = execFile(node.path, command, options, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err: err.toString() });
    });
  });
};

describeWithKafka('rockets rejected', () => {
  it('lists what was put away, shows its bytes, and sends it repaired', async () => {
    const cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    const { bootstrap } = cluster;
    const tool = await KafkaTool.start({ bootstrap });
    toEnd.push(() => tool.close());
    await tool.createTopic('rockets.messages', 3, { 'max.message.bytes': 12_000_000 });
    await tool.createTopic('rockets.rejected', 2);
    const env = { KAFKA_BROKERS: bootstrap };
    expect(await rockets(env, 'list')).toEqual({
      code: 0,
      out: Buffer.from('Nothing is rejected.\n'),
      err: '',
    });

    const service = await startWithKafka({ ...env, CONSUME: 'kafka' });
    toEnd.push(() => service.end('SIGKILL'));
    const odd = Buffer.from([0, 255, 10, 13]);
    const broken = messageText(1, 'repaired').slice(1);
    const huge = Buffer.alloc(10_000_000, 'x');
    await tool.produce('rockets.messages', [
      { partition: 0, key: 'odd', value: odd, headers: { trace: null, more: 'x' } },
      { partition: 1, key: 'repaired', value: broken },
      { partition: 2, value: huge },
      { partition: 2, key: 'nothing' },
    ]);
    await eventually(
      'rejected',
      () => kafkaHealth(service.url),
      ({ consumer }) => consumer?.rejected === 4,
    );

    const listed = await rockets(env, 'list', '--json');
    expect(listed).toMatchObject({ code: 0, err: '' });
    const records = listed.out
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { place: string; problem: { type: string } });
    const byPlace = new Map(records.map((record) => [record.place, record]));
    expect(byPlace.size).toBe(4);
    expect(byPlace.get('rockets.messages/0/0')).toMatchObject({
      key: 'odd',
      bytes: 4,
      problem: { type: '/problems/malformed-json' },
    });
    expect(byPlace.get('rockets.messages/2/0')).toMatchObject({
      key: null,
      bytes: 0,
      leftOut: '10000000 bytes',
      problem: { type: '/problems/body-too-large' },
    });
    const some = (await rockets(env, 'list', '--limit', '2')).out.toString().trim().split('\n');
    expect(some).toHaveLength(2);

    const shown = (place: string) => rockets(env, 'show', place);
    expect(await shown('rockets.messages/0/0')).toEqual({ code: 0, out: odd, err: '' });
    expect((await shown('rockets.messages/1/0')).out.toString()).toBe(broken);
    expect((await shown('rockets.messages/2/0')).out.equals(huge)).toBe(true);
    expect(await shown('rockets.messages/2/1')).toEqual({ code: 0, out: Buffer.alloc(0), err: '' });
    expect(await shown('rockets.messages/2/9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing is rejected that stood at') as string,
    });

    const folder = mkdtempSync(join(tmpdir(), 'rockets-rejected-'));
    toEnd.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'repaired.ndjson');
    writeFileSync(file, `{${broken}\n${broken}\n`);
    expect(await rockets(env, 'send', file)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^line 2: [^]*1 line that cannot be taken: nothing was sent/) as string,
    });
    writeFileSync(file, `{${broken}\n`);
    expect(await rockets(env, 'send', file)).toEqual({
      code: 0,
      out: Buffer.from('1 message queued.\n'),
      err: '',
    });
    await eventually(
      'repaired',
      async () => (await fetch(`${service.url}/rockets/repaired`)).status,
      (status) => status === 200,
    );
    const of = (await tool.readAll('rockets.messages')).filter(({ key }) => String(key) === 'repaired');
    expect(of.map(({ value }) => String(value)).sort()).toEqual([broken, `{${broken}`]);
  });

  it('says what it lacks: an address, brokers, a topic', async () => {
    expect(await rockets({}, 'list')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^KAFKA_BROKERS= makes no sense/) as string,
    });
    expect(await rockets({ KAFKA_BROKERS: '127.0.0.1:9' }, 'list')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^Kafka does not do it: .*ECONNREFUSED.*\n$/) as string,
    });
    const cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    const env = { KAFKA_BROKERS: cluster.bootstrap };
    expect(await rockets(env, 'list')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/rockets\.rejected/) as string,
    });
  });
});
