import type { RocketMessage } from '../../src/domain/rocket-message.js';
import type { TopicRecord } from '../../src/infrastructure/kafka/assignment.js';
import type { WrittenRecord } from '../../src/infrastructure/kafka/topic-writer.js';
import { sizeOf, type Entry, type TopicLedger } from './topic-ledger.js';
import type { KafkaPlan } from './plan.js';
import type { World } from './world.js';

/** A record as whoever writes it gives it. */
export type Given = Pick<TopicRecord, 'key' | 'value'> & Partial<Pick<TopicRecord, 'headerEntries'>>;

interface Partition {
  readonly entries: Entry[];
  /** Of the next record. */
  end: bigint;
  /** What the group has committed. */
  committed: bigint;
}

export const TOPIC = 'rockets.messages';
export const REJECTED_TOPIC = 'rockets.rejected';

/** Two topics, and what a group has committed of one of them. What a broker has acknowledged it never loses. */
export class Broker {
  readonly partitions: readonly Partition[];
  /** Requests that are not answered yet, or that nobody knows to be on their way. */
  underWay = 0;
  /** When partitions got another leader. */
  movedAt = -Infinity;
  onAppend: (partition: number) => void = () => undefined;
  private readonly awayUntil = new Map<number | 'rejected', number>();
  private readonly leaders: number[];

  constructor(
    private readonly world: World,
    readonly plan: KafkaPlan,
    readonly ledger: TopicLedger,
  ) {
    const first = BigInt(plan.firstOffset);
    this.leaders = Array.from({ length: plan.partitions }, (_, i) => i % plan.brokers);
    this.partitions = Array.from({ length: plan.partitions }, () => {
      return { entries: [], end: first, committed: first };
    });
  }

  partitionOf(key: Buffer): number {
    let hash = 7;
    for (const byte of key) hash = (hash * 31 + byte) % 65_521;
    return hash % this.plan.partitions;
  }

  leaderOf(partition: number): number {
    return this.leaders[partition]!;
  }

  /** Until then nobody gets an answer. At times another broker takes its partitions. */
  goAway(ms: number): void {
    const { world, leaders, plan } = this;
    const broker = world.random.between(0, plan.brokers - 1);
    this.awayUntil.set(broker, world.scheduler.now + ms);
    if (plan.brokers === 1 || world.random.chance(0.5)) return;
    this.movedAt = world.scheduler.now;
    leaders.forEach((leader, i) => {
      if (leader === broker) leaders[i] = (broker + 1) % plan.brokers;
    });
  }

  takeNothingRejected(ms: number): void {
    this.awayUntil.set('rejected', this.world.scheduler.now + ms);
  }

  isAway(what: number | 'rejected'): boolean {
    return !this.world.healed && (this.awayUntil.get(what) ?? 0) > this.world.scheduler.now;
  }

  /** How many records the group has not committed. */
  get lag(): number {
    let lag = 0;
    for (const { end, committed } of this.partitions) lag += Number(end - committed);
    return lag;
  }

  /** Each partition takes all of it or nothing; one may do so and another not. */
  write(records: readonly WrittenRecord[], isWritten: (partition: number) => boolean): void {
    let isTooLarge = false;
    for (const partition of new Set(records.map((record) => record.partition))) {
      const some = records.filter((record) => record.partition === partition);
      if (some.reduce((sum, record) => sum + sizeOf(record), 0) > this.plan.mostBatchBytes) {
        isTooLarge = true;
        this.world.meet(some.length > 1 ? 'send too large for the topic' : 'message too large for the topic');
      } else if (isWritten(partition)) {
        for (const { key, value } of some) this.append(partition, { key, value }, messageIn(value!));
      }
    }
    if (isTooLarge) throw tooLarge('MESSAGE_TOO_LARGE');
  }

  /** At times an offset stands for nothing that a reader sees. */
  append(partition: number, given: Given, message: RocketMessage | undefined, problem?: string): void {
    const { entries, end } = this.partitions[partition]!;
    const offset = this.world.random.chance(this.plan.noRecord) ? end + 1n : end;
    const record: TopicRecord = { headerEntries: [], ...given, partition, offset };
    const entry: Entry = { record, place: `${TOPIC}/${partition}/${offset}`, message, problem };
    entries.push(entry);
    this.partitions[partition]!.end = offset + 1n;
    this.world.trace.add('appended', Number(offset));
    this.ledger.appended(entry);
    this.onAppend(partition);
  }

  reject(records: readonly WrittenRecord[], isWritten: (partition: number) => boolean): void {
    const { mostRejectedBytes } = this.plan;
    if (records.reduce((sum, record) => sum + sizeOf(record), 0) > mostRejectedBytes) {
      if (records.length > 1) this.world.meet('send too large for the topic of rejected records');
      throw tooLarge('RECORD_LIST_TOO_LARGE');
    }
    for (const record of records)
      if (isWritten(record.partition)) this.ledger.wasRejected(record, mostRejectedBytes);
  }

  /** Nothing that is still needed is left behind, and nothing goes back. */
  commit(nexts: ReadonlyMap<number, bigint>): void {
    for (const [number, next] of nexts) {
      const partition = this.partitions[number]!;
      const { entries, committed, end } = partition;
      const place = `${number}: ${next} after ${committed} of ${end}`;
      if (next < committed || next > end) this.world.violated('what is committed never goes back', place);
      const needed = entries.find(
        (entry) =>
          entry.record.offset >= committed && entry.record.offset < next && !this.ledger.isSettled(entry),
      );
      if (needed !== undefined) {
        this.world.violated('what is committed is stored or rejected', `${needed.place} by ${next}`);
      }
      partition.committed = next;
      this.world.trace.add('committed', Number(next));
    }
  }

  /** Answers how to bring back what is committed now. */
  copy(): () => void {
    const committed = this.partitions.map((partition) => partition.committed);
    return () => committed.forEach((next, i) => (this.partitions[i]!.committed = next));
  }
}

/** As the client passes on what a broker says. */
const tooLarge = (apiId: string): Error =>
  Object.assign(new Error('could not be sent'), {
    errors: [Object.assign(new Error('too large'), { apiId })],
  });

/** What a gateway has written says a message. */
const messageIn = (value: Buffer): RocketMessage => {
  const { metadata, message } = JSON.parse(value.toString()) as {
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly message: object;
  };
  const { channel, messageNumber: number, messageTime: time, messageType: type } = metadata;
  return { channel, number, time, report: { type, data: message } } as RocketMessage;
};
