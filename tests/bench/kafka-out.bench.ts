import { setTimeout as pause } from 'node:timers/promises';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { KafkaServices } from './kafka-services.js';
import { interleaved, median, ratio, scaled, type Row } from './measure.js';
import { costing, settings, Subscribed } from './subscribed.js';

const EVENTS = scaled(300_000);

/** What is told to a topic, beside what a reader of the feed is told; everything on the Node that Kafka needs. */
export const kafkaOutBench = (): Promise<Row[]> =>
  KafkaServices.with(async (services) => {
    const bootstrap = services.cluster.bootstrap;
    const tool = await KafkaTool.start({ bootstrap });
    const server = services.plain({ ...settings, KAFKA_BROKERS: bootstrap });
    try {
      return await Subscribed.with(server, async (it) => {
        await it.fill(EVENTS);
        const topic = async (): Promise<number> => {
          const name = services.newTopic();
          const began = performance.now();
          const end = await it.subscribe({ from: 'start', sink: { type: 'kafka', topic: name } });
          while ((await recordsIn(tool, name)) < EVENTS) await pause(10);
          const rate = (1000 * EVENTS) / (performance.now() - began);
          await end();
          return rate;
        };
        await topic();
        await it.byFeed(EVENTS);
        const micros = { topic: [] as number[], feed: [] as number[] };
        const rates = await interleaved({
          topic: () => costing(it, micros.topic, EVENTS, topic),
          feed: () => costing(it, micros.feed, EVENTS, () => it.byFeed(EVENTS)),
        });
        return [
          {
            goal: '23',
            what: 'events into a topic ÷ by SSE, a second',
            measured: ratio(rates.topic, rates.feed),
            good: 0.5,
            target: 0.8,
          },
          { goal: '', what: 'the same in events a second', measured: median(rates.topic), unit: '/s' },
          {
            goal: '',
            what: 'processor time of an event: topic',
            measured: median(micros.topic),
            unit: ' µs',
          },
          { goal: '', what: 'the same, SSE', measured: median(micros.feed), unit: ' µs' },
        ];
      });
    } finally {
      await tool.close();
    }
  });

/** The topic is made at the first event. */
const recordsIn = async (tool: KafkaTool, topic: string): Promise<number> => {
  if (!(await tool.topics()).includes(topic)) return 0;
  return (await tool.endOffsets(topic)).reduce((sum, end) => sum + end, 0);
};
