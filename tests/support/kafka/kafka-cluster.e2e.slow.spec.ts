import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { describeWithKafka } from './describe-with-kafka.js';
import { KafkaCluster } from './kafka-cluster.js';
import { kafkaNode } from './kafka-node.js';
import { KafkaTool, type NewRecord, type ReadRecord, type ToolOptions } from './kafka-tool.js';
import { endedBy } from '../to-end.js';

const toEnd = endedBy(afterEach);

const begun = async (...args: Parameters<typeof KafkaCluster.start>): Promise<KafkaCluster> => {
  const cluster = await KafkaCluster.start(...args);
  toEnd.push(() => cluster.close());
  return cluster;
};

const toolFor = async (options: ToolOptions): Promise<KafkaTool> => {
  const tool = await KafkaTool.start(options);
  toEnd.push(() => tool.close());
  return tool;
};

const numbered = (from: number, count: number): readonly NewRecord[] =>
  Array.from({ length: count }, (_, i) => ({ key: `key ${(from + i) % 10}`, value: `${from + i}` }));

/** A fault of a broker may double some. */
const numbersIn = (records: readonly ReadRecord[]): readonly number[] =>
  [...new Set(records.map(({ value }) => Number(value)))].sort((a, b) => a - b);

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('brings a Node that finds the Kafka client from any folder', async () => {
  const { path, env } = await kafkaNode();
  const script = "console.log(process.versions.node, typeof require('@platformatic/kafka').Consumer)";
  const { stdout } = await promisify(execFile)(path, ['-e', script], { cwd: tmpdir(), env });
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+ function\n$/.exec(stdout)!;
  expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(2222);
});

describe('without Java', () => {
  const { PATH } = process.env;
  afterEach(() => {
    process.env['PATH'] = PATH;
  });

  it('no broker starts, and one line says why', async () => {
    process.env['PATH'] = '/nowhere';
    await expect(KafkaCluster.start()).rejects.toThrow(
      /^no Kafka broker: `java` is not on PATH \(Java 17 or newer is needed\)$/,
    );
  });
});

describeWithKafka('a Kafka broker for tests', () => {
  it('keeps records as they are: keys, bytes, nothing, headers and places', async () => {
    const { bootstrap } = await begun();
    const tool = await toolFor({ bootstrap });
    await tool.createTopic('records', 3, { 'max.message.bytes': 12_000_000 });
    expect(await tool.topics()).toEqual(['records']);
    await expect(tool.createTopic('records', 3)).rejects.toThrow('TOPIC_ALREADY_EXISTS');

    const huge = Buffer.alloc(10_000_000, 7);
    await tool.produce('records', [
      {
        partition: 2,
        key: 'a key',
        value: '{"a":1}',
        headers: { problem: '{}', place: Buffer.from([0, 255]) },
      },
      { partition: 2, value: Buffer.from([0, 255, 10]) },
      { partition: 2, key: 'no value' },
      { partition: 1, key: Buffer.from([128]), value: huge },
    ]);
    const headers = { problem: Buffer.from('{}'), place: Buffer.from([0, 255]) };
    const [first, ...others] = await tool.readAll('records');
    // Jest would compare these bytes for 20 seconds.
    expect(first!.value!.equals(huge)).toBe(true);
    expect({ ...first, value: null }).toEqual({
      partition: 1,
      offset: 0,
      key: Buffer.from([128]),
      value: null,
      headers: {},
    });
    expect(others).toEqual([
      { partition: 2, offset: 0, key: Buffer.from('a key'), value: Buffer.from('{"a":1}'), headers },
      { partition: 2, offset: 1, key: null, value: Buffer.from([0, 255, 10]), headers: {} },
      { partition: 2, offset: 2, key: Buffer.from('no value'), value: null, headers: {} },
    ]);

    await tool.deleteRecords('records', new Map([[2, 2]]));
    expect(await tool.startOffsets('records')).toEqual([0, 0, 2]);
    expect(await tool.endOffsets('records')).toEqual([0, 1, 3]);
    expect((await tool.readAll('records')).map(({ offset }) => offset)).toEqual([0, 2]);
    expect(await tool.committed('nobody', 'records')).toEqual(new Map());
    expect(await tool.describeGroup('nobody')).toEqual({ state: 'Dead', members: [] });
  });

  it('has everything again after a kill, and a tool that waited for it', async () => {
    const cluster = await begun({ config: { 'num.partitions': 5 } });
    const tool = await toolFor({ bootstrap: cluster.bootstrap });
    await tool.createTopic('numbers', -1);
    expect(await tool.endOffsets('numbers')).toHaveLength(5);
    await tool.produce('numbers', numbered(0, 5000));
    expect(numbersIn(await tool.readAll('numbers'))).toEqual(upTo(5000));

    await cluster.kill(0);
    const produced = tool.produce('numbers', numbered(5000, 5000));
    await cluster.restart(0);
    await produced;
    expect(numbersIn(await tool.readAll('numbers'))).toEqual(upTo(10_000));

    cluster.pause(0);
    const hasAnswered = jest.fn();
    const answer = tool.endOffsets('numbers').then(hasAnswered);
    await delay(1000);
    expect(hasAnswered).not.toHaveBeenCalled();
    cluster.resume(0);
    await answer;
  });

  it('goes on without one of three', async () => {
    const cluster = await begun({ brokers: 3 });
    const tool = await toolFor({ bootstrap: cluster.bootstrap });
    await tool.createTopic('numbers', 6);
    await tool.produce('numbers', numbered(0, 1000));
    for (const broker of [0, 1, 2]) {
      await cluster.kill(broker);
      await tool.produce('numbers', numbered(1000 * (broker + 1), 1000));
      await cluster.restart(broker);
    }
    expect(numbersIn(await tool.readAll('numbers'))).toEqual(upTo(4000));
  });

  it('lets in by its secure door who knows a password, and to what he may', async () => {
    const cluster = await begun({ secure: true });
    const { bootstrap, ca, users } = cluster.secure;
    const admin = await toolFor({ bootstrap: cluster.bootstrap });
    await admin.createTopic('numbers', 1);
    await admin.createTopic('others', 1);

    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      const sasl = { mechanism, username: 'rockets', password: users.rockets };
      const right = await toolFor({ bootstrap, ca, sasl });
      await right.produce('numbers', [{ value: mechanism }]);
      const wrong = await toolFor({ bootstrap, ca, sasl: { ...sasl, password: 'wrong' } });
      await expect(wrong.topics()).rejects.toThrow('SASL_AUTHENTICATION_FAILED');
    }
    const guest = { mechanism: 'SCRAM-SHA-256', username: 'guest', password: users.guest } as const;
    const trustsNobody = await toolFor({ bootstrap, sasl: guest, patienceMs: 100 });
    await expect(trustsNobody.topics()).rejects.toThrow();

    const tool = await toolFor({ bootstrap, ca, sasl: guest });
    expect(await tool.topics()).toEqual([]);
    await expect(tool.createTopic('mine', 1)).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
    await admin.allow('guest', 'TOPIC', 'numbers', ['READ', 'DESCRIBE']);
    expect(await tool.topics()).toEqual(['numbers']);
    await expect(tool.produce('numbers', [{ value: '1' }])).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
    expect((await tool.readAll('numbers')).map(({ value }) => String(value))).toEqual([
      'PLAIN',
      'SCRAM-SHA-256',
      'SCRAM-SHA-512',
    ]);
  });

  it('ends with whoever started it, even when that one is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-orphan-'));
    toEnd.push(() => rmSync(folder, { recursive: true }));
    const outfile = join(folder, 'starts-a-broker.cjs');
    const contents = `import { KafkaCluster } from './kafka-cluster.js';
      KafkaCluster.start().then((cluster) => console.log(cluster.brokers[0].pid));`;
    buildSync({
      stdin: { contents, resolveDir: __dirname },
      bundle: true,
      platform: 'node',
      // Where it finds what these sources read.
      define: { __dirname: JSON.stringify(__dirname) },
      outfile,
    });
    const child = spawn(process.execPath, [outfile], { env: { ...process.env, TMPDIR: folder } });
    toEnd.push(() => child.kill('SIGKILL'));
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const broker = Number(said.toString());
    expect(isAlive(broker)).toBe(true);
    child.kill('SIGKILL');
    while (isAlive(broker)) await delay(50);
  });
});
