import { setTimeout as delay } from 'node:timers/promises';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { startWithKafka } from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { messageText, postMessage } from '../support/real-process.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterEach);

describeWithKafka('a gateway', () => {
  it('acknowledges nothing that fewer replicas hold than the topic asks for', async () => {
    const cluster = await KafkaCluster.start({ brokers: 3 });
    toEnd.push(() => cluster.close());
    const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap, patienceMs: 100 });
    toEnd.push(() => tool.close());
    await tool.createTopic('rockets.messages', 1, { 'min.insync.replicas': 3 });
    await tool.createTopic('rockets.rejected', 1);

    const settings = { INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: cluster.bootstrap };
    const service = await startWithKafka({ ...settings, LOG_LEVEL: 'silent' });
    toEnd.push(() => service.end('SIGKILL'));
    const statusOf = async (number: number): Promise<number> =>
      (await postMessage(service.url, messageText(number))).status;
    while ((await statusOf(1)) !== 202) await delay(50);

    await cluster.kill(2);
    const refusal = (): Promise<string> =>
      tool.produce('rockets.messages', [{ value: '1' }]).then(String, String);
    while (!(await refusal()).includes('NOT_ENOUGH_REPLICAS')) await delay(50);
    // The two that are left would take it.
    for (const number of [2, 3, 4]) expect(await statusOf(number)).toBe(503);

    await cluster.restart(2);
    while ((await statusOf(4)) !== 202) await delay(50);
  });
});
