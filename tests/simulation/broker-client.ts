import { says, type KafkaSettings } from '../../src/infrastructure/kafka/connection.js';
import type { KafkaLibrary, KafkaProducer } from '../../src/infrastructure/kafka/kafka-library.js';
import { TopicWriter } from '../../src/infrastructure/kafka/topic-writer.js';
import { REJECTED_TOPIC, TOPIC, type Broker } from './broker.js';
import type { World } from './world.js';

type Send = Parameters<KafkaProducer['send']>[0];

/** What becomes of a request: mostly all goes well. */
type Course = 'well' | 'not done' | 'done, and not answered' | 'failed first, done then';

interface Request {
  readonly kind: 'send' | 'reject' | 'commit offsets';
  /** Who is asked. */
  readonly leader: number;
  /** Only a part of it when it is not to be answered. */
  readonly carryOut: (isPart: boolean) => void;
}

const settings: KafkaSettings = {
  brokers: ['broker'],
  topic: TOPIC,
  rejectedTopic: REJECTED_TOPIC,
  group: 'rockets',
  partitions: 1,
  instance: 'instance',
};

/** What takes longer is trouble. */
const AT_ONCE_MS = 50;
/** What goes to a new leader may keep up the lane of the old one for as long as a send takes. */
const MOVED_FOR_MS = 7000;

/** One process's way to the brokers. After `cut` nothing of it ever returns; what had left may still arrive. */
export class BrokerClient {
  /** Requests that were said to have failed. */
  failures = 0;
  readonly messages: TopicWriter;
  readonly rejects: TopicWriter;
  private isCut = false;
  /** When each leader last failed this process, or kept it waiting; and since when it does. */
  private readonly troubles = new Map<number, number>();
  private readonly underWay = new Map<symbol, { readonly leader: number; readonly since: number }>();

  constructor(
    private readonly world: World,
    readonly broker: Broker,
  ) {
    const library = this.library();
    this.messages = new TopicWriter(library, settings, settings.topic);
    this.rejects = new TopicWriter(library, settings, settings.rejectedTopic);
  }

  cut(): void {
    if (this.underWay.size > 0) this.world.meet('crash with a send on its way');
    this.isCut = true;
  }

  get isGone(): boolean {
    return this.isCut;
  }

  /** Whether there was one leader since then, and all that was sent to him was taken at once. */
  isWell(leader: number, since: number): boolean {
    const { now } = this.world.scheduler;
    const isWaiting = [...this.underWay.values()].some(
      (each) => each.leader === leader && each.since < now - AT_ONCE_MS,
    );
    const hasMoved = this.broker.movedAt + MOVED_FOR_MS > since;
    return !isWaiting && !hasMoved && (this.troubles.get(leader) ?? -Infinity) < since;
  }

  commit(carryOut: () => void): Promise<void> {
    return this.call({ kind: 'commit offsets', leader: 0, carryOut });
  }

  /** The client as it is: one that has failed is of no more use. */
  private library(): Pick<KafkaLibrary, 'Producer'> {
    const send = (request: Send): Promise<void> => this.send(request);
    const connections = { close: (): void => undefined };
    return {
      Producer: class {
        readonly connections = connections;
        private isSpent = false;

        async send(request: Send): Promise<void> {
          if (this.isSpent) throw new Error('old metadata');
          await send(request).catch((error: unknown) => {
            this.isSpent = !isTooLarge(error);
            throw error;
          });
        }

        close(): Promise<void> {
          return Promise.resolve();
        }

        metadata(): Promise<never> {
          return Promise.reject(new Error('nobody asks'));
        }
      },
    };
  }

  private async send({ messages, acks }: Send): Promise<void> {
    const { world, broker } = this;
    const [{ topic, partition }] = messages as [Send['messages'][number]];
    // A leader that need not wait for the others may be gone before they have it.
    const isKept = (acks as number) === -1 || !world.strikes(0.2);
    if (topic === REJECTED_TOPIC) {
      const carryOut = (isPart: boolean): void => broker.reject(messages, this.partitions(isPart, isKept));
      return this.call({ kind: 'reject', leader: 0, carryOut });
    }
    const leader = broker.leaderOf(partition);
    const carryOut = (isPart: boolean): void => broker.write(messages, this.partitions(isPart, isKept));
    const sending = Symbol('send');
    const since = world.scheduler.now;
    this.underWay.set(sending, { leader, since });
    try {
      await this.call({ kind: 'send', leader, carryOut });
    } catch (error) {
      if (!isTooLarge(error)) this.troubles.set(leader, world.scheduler.now);
      throw error;
    } finally {
      this.underWay.delete(sending);
      if (world.scheduler.now - since > AT_ONCE_MS) this.troubles.set(leader, world.scheduler.now);
    }
  }

  private partitions(isPart: boolean, isKept: boolean): (partition: number) => boolean {
    if (!isKept || !isPart) return () => isKept;
    const salt = this.world.random.between(0, 1);
    return (partition) => partition % 2 === salt;
  }

  private call(request: Request): Promise<void> {
    const { world } = this;
    const { epoch } = world;
    const { kind } = request;
    const course = this.drawCourse(kind);
    return new Promise<void>((resolve, reject) => {
      const answer = (error: Error | undefined, delay = world.delay()): void =>
        this.later(delay, `answered ${kind}`, () => {
          if (this.isCut) return;
          if (error === undefined) return resolve();
          this.failures++;
          reject(error);
        });
      this.later(world.delay(), `asked ${kind}`, () => {
        // What was left behind by who has died may be lost with him; a disk that was put back to a copy knows nothing of it.
        if ((this.isCut && world.random.chance(0.5)) || epoch !== world.epoch) return;
        this.arrive(request, course, answer);
      });
    });
  }

  private arrive(
    { kind, leader, carryOut }: Request,
    course: Course,
    answer: (error: Error | undefined, delay?: number) => void,
  ): void {
    const { world, broker } = this;
    const { epoch } = world;
    const isAway = broker.isAway(kind === 'reject' ? 'rejected' : leader);
    if (isAway) world.meet(kind === 'reject' ? 'topic of rejected records away' : 'broker away');
    if (isAway || course === 'not done') return answer(noAnswer(), this.silence());
    if (course === 'failed first, done then') {
      answer(noAnswer(), 0);
      return this.later(world.delay(), `carried out ${kind}`, () => {
        if (epoch !== world.epoch) return;
        if (kind === 'send') world.meet('sent after it was said to have failed');
        attempt(() => carryOut(false));
      });
    }
    const error = attempt(() => carryOut(course !== 'well' && world.random.chance(0.3)));
    if (course === 'well' || isTooLarge(error)) return answer(error);
    world.meet(kind === 'commit offsets' ? 'offsets committed, and not answered' : 'sent, and not answered');
    answer(noAnswer(), this.silence());
  }

  private drawCourse(kind: Request['kind']): Course {
    const { world } = this;
    const { requestFails, doneThough } = this.broker.plan;
    const isShaky = world.shaky && requestFails > 0 && world.random.chance(0.3);
    if (!world.strikes(requestFails) && !isShaky) return 'well';
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

  private later(delay: number, what: string, run: () => void): void {
    const { broker } = this;
    broker.underWay++;
    this.world.scheduler.after(delay, what, () => {
      broker.underWay--;
      run();
    });
  }
}

const noAnswer = (): Error => new Error('no answer');

const isTooLarge = (error: unknown): boolean => says(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE');

const attempt = (carryOut: () => void): Error | undefined => {
  try {
    carryOut();
    return undefined;
  } catch (error) {
    return error as Error;
  }
};
