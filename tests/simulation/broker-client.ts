import { MessageTooLarge, QueueUnavailable } from '../../src/application/ports/message-queue.js';
import type { WrittenRecord } from '../../src/infrastructure/kafka/topic-writer.js';
import type { Broker, Topic } from './broker.js';
import type { World } from './world.js';

/** What becomes of a request: mostly all goes well. */
type Course = 'well' | 'not done' | 'done, and not answered' | 'failed first, done then';

const everywhere = (): boolean => true;

/** One process's way to the broker. After `cut` nothing of it ever returns; what had left may still arrive. */
export class BrokerClient {
  private isCut = false;
  private sending = 0;
  /** Requests that were said to have failed. */
  failures = 0;

  constructor(
    private readonly world: World,
    readonly broker: Broker,
  ) {}

  cut(): void {
    if (this.sending > 0) this.world.meet('gateway crashed with a send on its way');
    this.isCut = true;
  }

  get isGone(): boolean {
    return this.isCut;
  }

  /** To the topic of messages. A send of which only a part was done has failed. */
  readonly messages = {
    write: async (records: readonly WrittenRecord[]): Promise<void> => {
      this.sending++;
      await this.call('send', 'messages', (isPart) =>
        this.broker.write(records, this.partitions(isPart)),
      ).finally(() => this.sending--);
    },
  };

  /** To the topic of rejected records. */
  readonly rejects = {
    write: (records: readonly WrittenRecord[]): Promise<void> =>
      this.call('reject', 'rejected', (isPart) => this.broker.reject(records, this.partitions(isPart))),
  };

  commit(carryOut: () => void): Promise<void> {
    return this.call('commit offsets', 'messages', carryOut);
  }

  private partitions(isPart: boolean): (partition: number) => boolean {
    if (!isPart) return everywhere;
    const salt = this.world.random.between(0, 1);
    return (partition) => partition % 2 === salt;
  }

  private call(kind: string, topic: Topic, carryOut: (isPart: boolean) => void): Promise<void> {
    const { world, broker } = this;
    const { epoch } = world;
    const course = this.drawCourse(kind);
    return new Promise<void>((resolve, reject) => {
      const later = (delay: number, what: string, run: () => void): void => {
        broker.underWay++;
        world.scheduler.after(delay, `${what} ${kind}`, () => {
          broker.underWay--;
          run();
        });
      };
      const answer = (error: Error | undefined, delay = world.delay()): void =>
        later(delay, 'answered', () => {
          if (this.isCut) return;
          if (error === undefined) return resolve();
          this.failures++;
          reject(error);
        });
      const arrive = (isPart: boolean): Error | undefined => {
        // The disk was put back to a copy, and with it what the group had committed.
        if (epoch !== world.epoch) return undefined;
        try {
          carryOut(isPart);
          return undefined;
        } catch (error) {
          return error as Error;
        }
      };
      later(world.delay(), 'asked', () => {
        if (this.isCut && world.random.chance(0.5)) return;
        if (course === 'not done' || broker.isAway(topic)) {
          if (broker.isAway(topic)) world.meet(away[topic]);
          return answer(new QueueUnavailable('no answer'), this.silence());
        }
        if (course === 'failed first, done then') {
          answer(new QueueUnavailable('no answer'), 0);
          return later(world.delay(), 'carried out late', () => {
            if (kind === 'send') world.meet('sent after it was said to have failed');
            arrive(false);
          });
        }
        const error = arrive(course !== 'well' && world.random.chance(0.3));
        if (course === 'well' || error instanceof MessageTooLarge) return answer(error);
        world.meet(
          kind === 'commit offsets' ? 'offsets committed, and not answered' : 'sent, and not answered',
        );
        answer(new QueueUnavailable('no answer'), this.silence());
      });
    });
  }

  private drawCourse(kind: string): Course {
    const { world } = this;
    const { requestFails, doneThough } = this.broker.plan;
    if (!world.strikes(requestFails) && !(world.shaky && requestFails > 0 && world.random.chance(0.3)))
      return 'well';
    if (!world.random.chance(doneThough)) return 'not done';
    // Commits of one client keep their order.
    if (kind === 'commit offsets') return 'done, and not answered';
    return world.random.pick(['done, and not answered', 'failed first, done then'] as const);
  }

  /** A broker that does not answer is waited for. */
  private silence(): number {
    const { random } = this.world;
    return this.world.strikes(this.broker.plan.hangs) ? random.between(500, 4000) : random.between(0, 20);
  }
}

const away = {
  messages: 'broker away',
  rejected: 'topic of rejected records away',
} as const;
