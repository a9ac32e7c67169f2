import type { IngestMessages } from '../../src/application/ingest/ingest-messages.js';
import { Overloaded } from '../../src/application/ingest/intake.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { Logger } from '../../src/application/ports/logger.js';
import { ConsumeMessages } from '../../src/infrastructure/kafka/consume-messages.js';
import { RejectedRecords } from '../../src/infrastructure/kafka/rejected-records.js';
import { TOPIC } from './broker.js';
import type { BrokerClient } from './broker-client.js';
import type { Group, Member } from './group.js';
import { MOST_VALUE_BYTES } from './topic-ledger.js';
import type { World } from './world.js';

/** The part of a process that works off what stands in the topic. */
export class Consumer {
  private readonly messages: ConsumeMessages;
  private readonly member: Member;

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
    const rejected = new RejectedRecords(
      client.rejects,
      TOPIC,
      (key) => broker.partitionOf(key),
      clock,
      () => undefined,
    );
    const watched: Pick<IngestMessages, 'submit'> = {
      submit: (...asked) => {
        const refusal = ingest.submit(...asked);
        if (refusal instanceof Overloaded) world.meet('no room for a record');
        return refusal;
      },
    };
    const limits = { bytes: MOST_VALUE_BYTES };
    this.messages = new ConsumeMessages(watched, rejected, limits, clock, logger);
    this.member = { instance, client, handler: this.messages, reading: undefined };
  }

  start(): void {
    this.group.join(this.member);
  }

  crash(): void {
    if (this.member.reading?.hasInHand === true) this.world.meet('consumer crashed with records in hand');
    this.group.died(this.member);
  }

  async stop(): Promise<void> {
    const { member, world } = this;
    if (member.reading?.hasInHand === true) world.meet('consumer stopped with records in hand');
    await this.messages.stop();
    if (!member.client.isGone) this.group.leave(member);
  }
}
