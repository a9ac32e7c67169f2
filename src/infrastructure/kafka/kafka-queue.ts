import type { MessageQueue } from '../../application/ports/message-queue.js';
import type { RocketMessage } from '../../domain/rocket-message.js';
import { traceHeader } from './record-trace.js';
import type { TopicWriter, WrittenRecord } from './topic-writer.js';
import type { Topics } from './topics.js';

/** Messages as records of a topic: keyed by channel, with the JSON of `POST /messages` as their value. */
export class KafkaQueue implements MessageQueue {
  constructor(
    private readonly topics: Pick<Topics, 'leaderOf' | 'partitionOf'>,
    private readonly writer: Pick<TopicWriter, 'write'>,
  ) {}

  laneOf({ channel }: RocketMessage): number {
    return this.topics.leaderOf(this.topics.partitionOf(Buffer.from(channel)));
  }

  put(messages: readonly RocketMessage[], traceparents?: readonly (string | undefined)[]): Promise<void> {
    const lane = this.laneOf(messages[0]!);
    const records = messages.map((message, i) => this.recordOf(message, traceparents?.[i]));
    return this.writer.write(records, lane);
  }

  private recordOf(message: RocketMessage, traceparent: string | undefined): WrittenRecord {
    const key = Buffer.from(message.channel);
    const record = { key, partition: this.topics.partitionOf(key), value: Buffer.from(jsonOf(message)) };
    return traceparent === undefined ? record : { ...record, headers: new Map([traceHeader(traceparent)]) };
  }
}

/** As nearly every sender writes it, which is read fastest. */
export const jsonOf = ({ channel, number, time, report }: RocketMessage): string => {
  const metadata = { channel, messageNumber: number, messageTime: time, messageType: report.type };
  return JSON.stringify({ metadata, message: report.data });
};
