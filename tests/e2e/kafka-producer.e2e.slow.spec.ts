import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { javaHashes } from '../support/kafka/java-hashes.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { produceByPython } from '../support/kafka/python-producer.js';
import { messageText, postMessage, startProcess } from '../support/real-process.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterEach);

const PARTITIONS = 12;

describeWithKafka('the producer in Python', () => {
  it('writes what POST /messages takes, each to the partition that the Java client would choose', async () => {
    const cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
    toEnd.push(() => tool.close());
    await tool.createTopic('by-python', PARTITIONS);
    await tool.createTopic('by-tool', PARTITIONS);

    const channels = javaHashes.map(([channel]) => channel);
    const lines = [1, 2, 3].flatMap((number) => channels.map((channel) => messageText(number, channel)));
    await produceByPython(cluster.bootstrap, 'by-python', lines);
    await tool.produce(
      'by-tool',
      channels.map((channel) => ({ key: channel, value: '' })),
    );

    const records = await tool.readAll('by-python');
    const byJava = javaHashes.map(([channel, hash]) => [channel, (hash & 0x7fffffff) % PARTITIONS] as const);
    const places = records.map(({ key, partition }) => [String(key), partition] as const);
    expect(new Map(places)).toEqual(new Map(byJava));
    expect(new Set(places.map(String)).size).toBe(byJava.length);
    const byTool = (await tool.readAll('by-tool')).map(
      ({ key, partition }) => [String(key), partition] as const,
    );
    expect(new Map(byTool)).toEqual(new Map(byJava));

    expect(records.map(({ value }) => String(value)).sort()).toEqual([...lines].sort());
    const service = await startProcess({ LOG_LEVEL: 'silent' });
    toEnd.push(() => service.end('SIGKILL'));
    for (const { key, value } of records) {
      expect(JSON.parse(String(value)).metadata.channel).toBe(String(key));
      const { status } = await postMessage(service.url, String(value));
      expect(status).toBe(202);
    }
  });
});
