import type { TopicRecord } from '../assignment.js';
import type { FetchedBatch, KafkaConsumer } from '../kafka-library.js';

const [END, BEGINNING] = [-1n, -2n];
/** A record alone may be larger. */
const FETCH_BYTES = 1024 * 1024;
/** A fetch that waits in vain takes as long as the client waits. */
const MOST_EMPTY_FETCHES = 10;
const CONTROL = 0x20;
const NOTHING = Buffer.alloc(0);

/** Reads what stands in a topic, past all groups. */
export class TopicReader {
  constructor(
    private readonly client: Pick<KafkaConsumer, 'topics' | 'metadata' | 'listOffsets' | 'fetch'>,
    private readonly topic: string,
  ) {}

  /** From the beginning to what is the end now, one partition after the other. */
  async *records(): AsyncGenerator<TopicRecord> {
    const [begins, ends] = [await this.offsetsAt(BEGINNING), await this.offsetsAt(END)];
    for (const [partition, end] of ends.entries()) yield* this.read(partition, begins[partition]!, end);
  }

  /** Undefined: nothing stands there (any more). */
  async recordAt(partition: number, offset: bigint): Promise<TopicRecord | undefined> {
    const [begin, end] = [
      (await this.offsetsAt(BEGINNING))[partition],
      (await this.offsetsAt(END))[partition],
    ];
    if (begin === undefined || end === undefined || offset < begin || offset >= end) return undefined;
    for await (const record of this.read(partition, offset, offset + 1n)) return record;
    return undefined;
  }

  private async offsetsAt(timestamp: bigint): Promise<readonly bigint[]> {
    return (await this.client.listOffsets({ topics: [this.topic], timestamp })).get(this.topic) ?? [];
  }

  private async *read(partition: number, from: bigint, end: bigint): AsyncGenerator<TopicRecord> {
    let empty = 0;
    for (let at = from; at < end;) {
      const batches = await this.fetch(partition, at);
      const records = batches.flatMap((batch) => recordsIn(batch, partition));
      yield* records.filter(({ offset }) => offset >= at && offset < end);
      const last = batches.at(-1);
      const next = last === undefined ? at : last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
      empty = next > at ? 0 : empty + 1;
      if (empty === MOST_EMPTY_FETCHES)
        throw new Error(`${this.topic}/${partition}/${at} is not handed out.`);
      at = next;
    }
  }

  private async fetch(partition: number, at: bigint): Promise<readonly FetchedBatch[]> {
    const { client, topic } = this;
    client.topics.track(topic);
    const { id, partitions } = (await client.metadata({ topics: [topic] })).topics.get(topic)!;
    const wanted = {
      partition,
      fetchOffset: at,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES,
    };
    const { responses } = await client.fetch({
      node: partitions[partition]!.leader,
      topics: [{ topicId: id, partitions: [wanted] }],
      maxBytes: FETCH_BYTES,
    });
    const answers = responses.flatMap((one) => one.partitions);
    return answers.flatMap(({ partitionIndex, records }) =>
      partitionIndex === partition ? (records ?? []) : [],
    );
  }
}

/** Those of a transaction's end are nobody's. */
const recordsIn = (batch: FetchedBatch, partition: number): readonly TopicRecord[] =>
  (batch.attributes & CONTROL) !== 0
    ? []
    : batch.records.map(({ offsetDelta, key, value, headers }) => {
        const offset = batch.firstOffset + BigInt(offsetDelta);
        // Anybody may write one without a value.
        const headerEntries = headers.map(([name, text]) => [name ?? NOTHING, text ?? NOTHING] as const);
        return { partition, offset, key, value, headerEntries };
      });
