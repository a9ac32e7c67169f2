import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { kafkaNode } from '../support/kafka/kafka-node.js';
import { namings, partitionHash } from './balance.js';

const KEYS = 5000;

describeWithKafka('the hash of partitions that the balance is computed with', () => {
  it('is that of the client library', async () => {
    const keys = namings.flatMap(({ channel }) => Array.from({ length: KEYS }, (_, i) => channel(i)));
    const script = `
      const { compatibilityPartitioner } = require('@platformatic/kafka');
      const keys = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
      console.log(JSON.stringify(keys.map((key) => compatibilityPartitioner(undefined, Buffer.from(key)))));`;
    const { path, env } = await kafkaNode();
    const running = promisify(execFile)(path, ['-e', script], {
      env: { ...process.env, ...env },
      maxBuffer: 2 ** 24,
    });
    running.child.stdin!.end(JSON.stringify(keys));
    expect(JSON.parse((await running).stdout)).toEqual(keys.map(partitionHash));
  });
});
