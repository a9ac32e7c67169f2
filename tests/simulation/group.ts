import type { Assignment, RecordHandler, TopicRecord } from '../../src/infrastructure/kafka/assignment.js';
import type { Broker } from './broker.js';
import type { BrokerClient } from './broker-client.js';
import type { World } from './world.js';

/** With so much in hand a consumer pauses. */
export const MOST_IN_HAND = 8192;
const MOST_BYTES_IN_HAND = 16 * 1024 * 1024;
/** Records that come together. */
const FETCHED = 8;
const ASK_AGAIN_MS = 100;

/** A process that reads in the group. */
export interface Member {
  /** Whoever comes back under this name takes the place of who had it before. */
  readonly instance: string;
  readonly client: BrokerClient;
  readonly handler: RecordHandler;
  reading: Reading | undefined;
}

/** Who reads which partitions: given out anew whenever somebody comes, leaves, or is not heard of for too long. */
export class Group {
  generation = 0;
  private readonly members = new Map<string, Member>();
  /** How far each partition was read, and by whom. */
  readonly reads: { end: bigint; by: string }[];

  constructor(
    private readonly world: World,
    readonly broker: Broker,
  ) {
    this.reads = broker.partitions.map(({ end }) => ({ end, by: '' }));
    broker.onAppend = (partition) => {
      for (const { reading } of this.members.values()) reading?.wake(partition);
    };
  }

  join(member: Member): void {
    this.members.set(member.instance, member);
    this.giveOutAnew();
  }

  leave(member: Member): void {
    member.reading?.end();
    this.forget(member);
  }

  /** The group finds out only when the session is over, unless somebody takes his place. */
  died(member: Member): void {
    member.reading?.end();
    this.world.scheduler.after(this.world.random.between(1, this.broker.plan.sessionMs), 'session over', () =>
      this.forget(member),
    );
  }

  /** Without a reason: the group is made up anew. */
  rebalance(): void {
    if (this.members.size > 0) this.giveOutAnew();
  }

  /** The group does not hear of a member any more, who goes on for a while as if he were in it. */
  putOut(): void {
    const { world } = this;
    const present = [...this.members.values()].filter(({ client }) => !client.isGone);
    if (present.length === 0) return;
    const member = world.random.pick(present);
    const { reading } = member;
    this.members.delete(member.instance);
    if (reading?.hasInHand === true) world.meet('put out of the group with records in hand');
    member.reading = undefined;
    this.giveOutAnew();
    world.scheduler.after(world.random.between(1, this.broker.plan.sessionMs), 'told to be out', () => {
      reading?.end();
      if (!member.client.isGone && !this.members.has(member.instance)) this.join(member);
    });
  }

  /** Nothing is taken of whoever is not in the group as it is now. */
  commit(reading: Reading, nexts: ReadonlyMap<number, bigint>): void {
    const isPresent = [...this.members.values()].some((member) => member.reading === reading);
    if (!isPresent || reading.generation !== this.generation) {
      this.world.meet('commit came after the group was made up anew');
      // The client sends it again as one of its next assignment.
      if (reading.isOver && nexts.size > 0)
        this.world.violated('nothing is committed of an assignment that is over', [...nexts].join(' '));
      throw new Error('another generation');
    }
    this.broker.commit(nexts);
  }

  private forget(member: Member): void {
    if (this.members.get(member.instance) !== member) return;
    this.members.delete(member.instance);
    this.giveOutAnew();
  }

  private giveOutAnew(): void {
    const { world, broker } = this;
    const generation = ++this.generation;
    const inHand = [...this.members.values()].some(({ reading }) => reading?.hasInHand === true);
    if (inHand) world.meet('rebalance with records in hand');
    for (const { reading } of this.members.values()) reading?.end();
    world.scheduler.after(world.delay(), 'group made up anew', () => {
      if (generation !== this.generation) return;
      const members = [...this.members.values()];
      if (members.length > 1) world.meet('partitions shared by several consumers');
      const first = world.random.between(0, members.length);
      const shares = members.map((): number[] => []);
      broker.partitions.forEach((_, i) => shares[(i + first) % members.length]?.push(i));
      members.forEach((member, i) => {
        member.reading = undefined;
        if (!member.client.isGone) member.reading = new Reading(world, this, member, shares[i]!);
      });
    });
  }
}

/** What one member reads, until the group is made up anew. */
export class Reading implements Assignment {
  isOver = false;
  readonly generation: number;
  private isPaused = false;
  private isFetching = false;
  private readonly positions = new Map<number, bigint>();
  private readonly take: (record: TopicRecord) => void;
  private committing = new Map<number, bigint>();

  constructor(
    private readonly world: World,
    private readonly group: Group,
    private readonly member: Member,
    partitions: readonly number[],
  ) {
    this.generation = group.generation;
    for (const partition of partitions)
      this.positions.set(partition, group.broker.partitions[partition]!.committed);
    this.take = member.handler.begin(this);
    this.fetchSoon();
  }

  /** Whether something was taken that is not committed. */
  get hasInHand(): boolean {
    if (this.isOver || this.member.client.isGone) return false;
    return [...this.positions].some(([i, position]) => position > this.group.broker.partitions[i]!.committed);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.fetchSoon();
  }

  async commit(nexts: ReadonlyMap<number, bigint>): Promise<void> {
    if (this.isOver) return;
    const committing = new Map(nexts);
    this.committing = committing;
    await this.member.client.commit(() => this.group.commit(this, committing));
  }

  /** There is something new. */
  wake(partition: number): void {
    if (this.positions.has(partition)) this.fetchSoon();
  }

  end(): void {
    this.isOver = true;
    this.committing.clear();
  }

  private fetchSoon(delay = this.world.delay()): void {
    if (this.isFetching || this.isPaused || this.isOver) return;
    this.isFetching = true;
    this.world.scheduler.after(delay, 'fetch', () => {
      this.isFetching = false;
      this.fetch();
    });
  }

  private fetch(): void {
    const { world, group, member } = this;
    if (member.client.isGone) return;
    // What was fetched before the end may come behind it.
    if (this.isPaused || (this.isOver && world.random.chance(0.5))) return;
    const readable = [...this.positions.keys()].filter((partition) => this.indexIn(partition) !== -1);
    if (readable.length === 0) return;
    const partition = world.random.pick(readable);
    if (group.broker.isAway(group.broker.leaderOf(partition))) return this.fetchSoon(ASK_AGAIN_MS);
    const { entries } = group.broker.partitions[partition]!;
    const first = this.indexIn(partition);
    for (const { record } of entries.slice(first, first + world.random.between(1, FETCHED))) {
      if (this.isPaused) break;
      this.deliver(record);
    }
    this.fetchSoon();
  }

  private deliver(record: TopicRecord): void {
    const { world, group, member } = this;
    const { partition, offset } = record;
    const read = group.reads[partition]!;
    if (offset < read.end) {
      world.meet('record read again');
      if (read.by !== member.instance) world.meet('record read again by another instance');
    }
    read.end = offset + 1n > read.end ? offset + 1n : read.end;
    read.by = member.instance;
    if (!this.isOver) this.checkInHand();
    this.positions.set(partition, offset + 1n);
    this.take(record);
  }

  /** Before more comes. Of some that are still in hand it is known already what became of them. */
  private checkInHand(): void {
    const { partitions, ledger } = this.group.broker;
    let count = 0;
    let bytes = 0;
    for (const [i, position] of this.positions) {
      const { entries, committed } = partitions[i]!;
      for (let at = entries.length - 1; at >= 0 && entries[at]!.record.offset >= committed; at--) {
        const { offset, value } = entries[at]!.record;
        if (offset >= position || ledger.isSettled(entries[at]!)) continue;
        count++;
        bytes += value?.length ?? 0;
      }
    }
    if (count < MOST_IN_HAND && bytes < MOST_BYTES_IN_HAND) return;
    this.world.violated('a consumer takes no more than it can hold', `${count} records of ${bytes} bytes`);
  }

  private indexIn(partition: number): number {
    const position = this.positions.get(partition)!;
    const { entries, end } = this.group.broker.partitions[partition]!;
    if (position >= end) return -1;
    // Whoever reads is near the end.
    let index = entries.length;
    while (index > 0 && entries[index - 1]!.record.offset >= position) index--;
    return index === entries.length ? -1 : index;
  }
}
