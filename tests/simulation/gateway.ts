import type { Budget } from '../../src/application/budget.js';
import type { Counters } from '../../src/application/ingest/counters.js';
import { ShuttingDown, type Queued } from '../../src/application/ingest/intake.js';
import type { Outcome } from '../../src/application/ingest/outcome.js';
import { QueueMessages } from '../../src/application/ingest/queue-messages.js';
import type { Clock } from '../../src/application/ports/clock.js';
import { MessageTooLarge } from '../../src/application/ports/message-queue.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { KafkaQueue } from '../../src/infrastructure/kafka/kafka-queue.js';
import type { BrokerClient } from './broker-client.js';
import { isGiant } from './fleet.js';
import type { Reply } from './instance.js';
import type { World } from './world.js';

/** Whatever is wrong; 800 ms, and a look. */
const ANSWERS_WITHIN_MS = 900;

/** The part of a process that hands messages on to the broker. */
export class Gateway {
  /** Received and not answered yet. */
  waiting = 0;
  bytes = 0;
  private received = 0;
  private stopping = false;
  private readonly queue: QueueMessages;

  constructor(
    private readonly world: World,
    private readonly client: BrokerClient,
    private readonly budget: Budget,
    clock: Clock,
    counters: Counters,
    /** Told of what was not taken. */
    private readonly turnedAway: (as: 'failed' | 'invalid' | 'shed') => void,
  ) {
    const { broker } = client;
    const queue = new KafkaQueue(broker, client.messages);
    this.queue = new QueueMessages(queue, world.plan.bufferMessages, budget, counters, clock);
  }

  receive(message: RocketMessage, bytes: number, isAlive: () => boolean, reply: Reply): void {
    const { world } = this;
    const receivedAt = world.scheduler.now;
    const ticket = world.random.chance(0.5) ? ++this.received : undefined;
    let isTold = false;
    const told = (result: Outcome | Queued | Error, given: number): void => {
      if (!isAlive()) return;
      if (isTold) world.violated('nobody is told twice', `${message.channel} ${message.number}`);
      isTold = true;
      if (given !== (ticket ?? 0)) world.violated('a ticket comes back', `${given} for ${ticket}`);
      const took = world.scheduler.now - receivedAt;
      if (took > ANSWERS_WITHIN_MS) world.violated('a gateway answers in time', `${took} ms`);
      this.waiting--;
      this.bytes -= bytes;
      reply(
        result instanceof Error ? this.failed(message, result, receivedAt) : this.queued(message, result),
      );
    };
    const refused = this.queue.submit(message, bytes, told, ticket);
    if (refused instanceof ShuttingDown) world.meet('turned away by a gateway that stops');
    else if (refused !== undefined) {
      world.meet('gateway full');
      this.turnedAway('shed');
    }
    if (refused !== undefined) return reply('turned away');
    if (this.stopping) world.violated('what stops takes nothing new', `${message.channel} ${message.number}`);
    this.waiting++;
    this.bytes += bytes;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.waiting > 0) this.world.meet('gateway stopped with messages in hand');
    await this.queue.stop();
  }

  /** Holds between any two steps. */
  check(): void {
    const { used } = this.budget;
    const { waiting } = this.queue.report;
    if (waiting !== this.waiting) {
      this.world.violated('a gateway counts what is not answered', `${waiting} instead of ${this.waiting}`);
    }
    if (used < this.bytes)
      this.world.violated('a gateway counts what it holds', `${used} of ${this.bytes} bytes`);
    if (this.waiting > this.world.plan.bufferMessages)
      this.world.violated('a gateway keeps its bounds', `${this.waiting} messages`);
  }

  private queued(message: RocketMessage, result: Outcome | Queued): Parameters<Reply>[0] {
    const { channel, number } = message;
    if (result.outcome !== 'queued' || result.channel !== channel || result.number !== number)
      this.world.violated('the answer is true', `${channel} ${number}: ${JSON.stringify(result)}`);
    this.world.meet('queued');
    this.world.trace.add('queued', number);
    this.client.broker.ledger.acknowledged(message);
    return result;
  }

  private failed(message: RocketMessage, error: Error, receivedAt: number): 'turned away' | 'refused' {
    const isTooLarge = error instanceof MessageTooLarge;
    this.turnedAway(isTooLarge ? 'invalid' : 'failed');
    if (isTooLarge) {
      if (!isGiant(message)) this.world.violated('only what is too large is refused as such', error.message);
      return 'refused';
    }
    const { client, world } = this;
    const leader = client.broker.leaderOf(client.broker.partitionOf(Buffer.from(message.channel)));
    // What had gathered before takes a while.
    if (client.isWell(leader, receivedAt - ANSWERS_WITHIN_MS))
      world.violated('a broker that works fails nobody', error.message);
    world.meet('given back by a gateway');
    return 'turned away';
  }
}
