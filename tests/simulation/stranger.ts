import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { jsonOf } from '../../src/infrastructure/kafka/kafka-queue.js';
import type { Broker, Given } from './broker.js';
import { drawImpostor } from './fleet.js';
import type { Ledger } from './ledger.js';
import type { Said } from './oracle.js';
import { MOST_VALUE_BYTES } from './topic-ledger.js';
import type { World } from './world.js';

/** Other programs that write to the topic: messages, and what nobody can make one of. */
export class Stranger {
  constructor(
    private readonly world: World,
    private readonly broker: Broker,
    private readonly ledger: Ledger,
  ) {
    if (broker.plan.foreignEvery > 0) this.writeLater();
  }

  private writeLater(): void {
    const { scheduler, random } = this.world;
    scheduler.after(random.between(1, 2 * this.broker.plan.foreignEvery), 'stranger', () => {
      if (this.world.healed) return;
      for (let left = random.between(1, 3); left > 0; left--) this.write();
      this.writeLater();
    });
  }

  private write(): void {
    const { random } = this.world;
    const message = this.drawMessage();
    if (message === undefined || random.chance(0.5)) return this.writeBad();
    this.ledger.willSend(message);
    this.world.meet('message written by another program');
    this.append(Buffer.from(this.written(message)), message);
  }

  /** Something that was sent before, or something else under its number. */
  private drawMessage(): RocketMessage | undefined {
    const { random } = this.world;
    const { channel, sent } = random.pick([...this.ledger.rockets.values()]);
    if (sent.size === 0) return undefined;
    const [number, variants] = random.pick([...sent]);
    const { said, times } = random.pick(variants);
    const message = { channel, number, time: [...times][0]!, report: said as Said & RocketMessage['report'] };
    return random.chance(0.3) ? drawImpostor(this.world, message) : message;
  }

  /** Each program has its own way to write the same. */
  private written(message: RocketMessage): string {
    const text = jsonOf(message);
    switch (this.world.random.between(0, 2)) {
      case 0:
        return text;
      case 1:
        return JSON.stringify(JSON.parse(text), undefined, 1);
      default: {
        const { metadata, message: content } = JSON.parse(text) as Record<string, object>;
        return JSON.stringify({ content, metadata });
      }
    }
  }

  private writeBad(): void {
    const { random } = this.world;
    const [problem, value] = random.pick<() => readonly [string, Buffer | null]>([
      () => ['malformed-json', Buffer.from(`not JSON ${random.between(1, 99)}`)],
      () => ['malformed-json', Buffer.from([0x7b, 0xff, 0x7d])],
      () => ['invalid-message', Buffer.from('{"metadata":{}}')],
      () => ['invalid-message', null],
      () => ['body-too-large', Buffer.alloc(MOST_VALUE_BYTES + random.between(1, 1700), ' ')],
    ])();
    this.append(value, undefined, problem);
  }

  private append(value: Buffer | null, message: RocketMessage | undefined, problem?: string): void {
    const { random } = this.world;
    const own = Buffer.from(message?.channel ?? 'stranger');
    const key = random.pick([own, own, null, Buffer.from('another key')]);
    const headerEntries: Given['headerEntries'] = random.pick([
      [],
      [[Buffer.from('trace'), Buffer.from('1')]],
      [[Buffer.from('place'), Buffer.from('elsewhere/1/1')]],
    ]);
    const partition = random.between(0, this.broker.partitions.length - 1);
    this.broker.append(partition, { key, value, headerEntries }, message, problem);
  }
}
