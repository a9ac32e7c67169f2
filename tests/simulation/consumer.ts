import type { IngestMessages } from '../../src/application/ingest/ingest-messages.js';
import { ShuttingDown } from '../../src/application/ingest/intake.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { Logger } from '../../src/application/ports/logger.js';
import { ConsumeMessages } from '../../src/infrastructure/kafka/consume-messages.js';
import { RejectedRecords } from '../../src/infrastructure/kafka/rejected-records.js';
import { TOPIC } from './broker.js';
import type { BrokerClient } from './broker-client.js';
import { MOST_IN_HAND, type Group, type Member } from './group.js';
import { MOST_VALUE_BYTES } from './topic-ledger.js';
import type { World } from './world.js';

/** For longer nobody waits. */
const FINISHES_WITHIN_MS = 4000;

/** The part of a process that works off what stands in the topic. */
export class Consumer {
  private readonly messages: ConsumeMessages;
  private readonly rejected: RejectedRecords;
  private readonly member: Member;
  /** Of the store. */
  private failures = 0;

  constructor(
    instance: string,
    private readonly world: World,
    private readonly group: Group,
    client: BrokerClient,
    ingest: Pick<IngestMessages, 'submit'>,
    clock: Clock,
    logger: Logger,
  ) {
    const { broker } = client;
    this.rejected = new RejectedRecords(
      client.rejects,
      TOPIC,
      (key) => broker.partitionOf(key),
      clock,
      () => undefined,
    );
    const watched: Pick<IngestMessages, 'submit'> = {
      submit: (message, bytes, told, ticket) => {
        const counted: typeof told = (result, given) => {
          if (result instanceof Error) this.failures++;
          told(result, given);
        };
        const refusal = ingest.submit(message, bytes, counted, ticket);
        if (refusal instanceof ShuttingDown) this.failures++;
        else if (refusal !== undefined) world.meet('no room for a record');
        return refusal;
      },
    };
    const limits = { bytes: MOST_VALUE_BYTES };
    this.messages = new ConsumeMessages(watched, this.rejected, limits, clock, logger);
    this.member = { instance, client, handler: this.messages, reading: undefined };
  }

  start(): void {
    this.group.join(this.member);
  }

  /** Holds between any two steps, however often the group is made up anew. */
  check(): void {
    const { held } = this.rejected;
    if (held > MOST_IN_HAND)
      this.world.violated('a consumer takes no more than it can hold', `${held} rejected`);
  }

  crash(): void {
    if (this.member.reading?.hasInHand === true) this.world.meet('consumer crashed with records in hand');
    this.group.died(this.member);
  }

  async stop(): Promise<void> {
    const { member, world } = this;
    const { reading, client } = member;
    const failures = this.failures + client.failures;
    const began = world.scheduler.now;
    if (reading?.hasInHand === true) world.meet('consumer stopped with records in hand');
    await this.messages.stop();
    if (client.isGone) return;
    // Not when the store or the broker was away, or somebody else has the partitions now.
    const mustBeDone =
      reading === member.reading &&
      failures === this.failures + client.failures &&
      world.scheduler.now - began < FINISHES_WITHIN_MS;
    if (mustBeDone && reading?.hasInHand === true)
      world.violated('a consumer that stops has committed what it took', member.instance);
    this.group.leave(member);
  }
}
