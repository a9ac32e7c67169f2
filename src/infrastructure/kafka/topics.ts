import { closeSoon, connectionOptions, inWords, says, type KafkaSettings } from './connection.js';
import { KafkaRefused, type KafkaAdmin, type KafkaLibrary } from './kafka-library.js';

const LOOK_EVERY_MS = 2000;
const TELL_EVERY_MS = 10_000;

/** What is known of our topics; looked at again and again, which also shows whether the brokers answer. */
export class Topics {
  /** Why the brokers do not answer; undefined: they do. */
  failure: string | undefined = 'not asked yet';
  /** The brokers that lead the partitions of the topic of messages. */
  private leaders: readonly number[] = [];
  private rejectedPartitions = 0;
  private admin: KafkaAdmin | undefined;
  private stopping = false;
  private wake = (): void => undefined;
  private running: Promise<void> = Promise.resolve();
  private toldAt = -Infinity;

  constructor(
    private readonly kafka: KafkaLibrary,
    private readonly settings: KafkaSettings,
    private readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void,
  ) {}

  /** Looks once; what no waiting would mend is thrown. From then on it goes on looking. */
  async start(): Promise<void> {
    await this.look();
    this.running = this.goOn();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    const { admin } = this;
    if (admin !== undefined) await closeSoon(admin, () => admin.close());
  }

  /** Like the Java client. */
  partitionOf(key: Buffer): number {
    return (
      this.kafka.compatibilityPartitioner(undefined, key) % (this.leaders.length || this.settings.partitions)
    );
  }

  readonly partitionOfRejected = (key: Buffer): number =>
    this.kafka.compatibilityPartitioner(undefined, key) %
    (this.rejectedPartitions || this.settings.partitions);

  leaderOf(partition: number): number {
    return this.leaders[partition] ?? -1;
  }

  private async goOn(): Promise<void> {
    while (!this.stopping) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.failure === undefined ? LOOK_EVERY_MS : LOOK_EVERY_MS / 4);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (!this.stopping) await this.look().catch(this.tell);
    }
  }

  private async look(): Promise<void> {
    const { topic, rejectedTopic } = this.settings;
    const admin = (this.admin ??= new this.kafka.Admin(connectionOptions(this.settings)));
    try {
      this.rejectedPartitions = (await this.make(admin, rejectedTopic)).length;
      this.leaders = await this.make(admin, topic);
      this.failure = undefined;
    } catch (error) {
      this.admin = undefined;
      void closeSoon(admin, () => admin.close());
      this.failure = inWords(error);
      if (error instanceof KafkaRefused) throw error;
      this.tell(error);
    }
  }

  /** Answers who leads its partitions. */
  private async make(admin: KafkaAdmin, topic: string): Promise<readonly number[]> {
    try {
      return await leadersOf(admin, topic);
    } catch (error) {
      if (says(error, 'TOPIC_AUTHORIZATION_FAILED'))
        throw new KafkaRefused(
          `The topic ${topic} is missing, or ${this.who} may not use it: let whoever runs Kafka make it, or allow it.`,
        );
      if (isTooOld(error)) {
        throw new KafkaRefused('The Kafka brokers are too old: 2.8 or newer is needed.');
      }
      if (isWrongLogin(error)) {
        throw new KafkaRefused(
          `Kafka takes no KAFKA_USERNAME and KAFKA_PASSWORD as these: ${inWords(error)}`,
        );
      }
      if (!isMissing(error)) throw error;
    }
    const { partitions } = this.settings;
    try {
      // As many replicas as the brokers' own default says.
      await admin.createTopics({ topics: [topic], partitions, replicas: -1 });
    } catch (error) {
      if (says(error, 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED')) {
        throw new KafkaRefused(
          `The topic ${topic} is missing, and ${this.who} may not make it: let whoever runs Kafka do it, as by kafka-topics.sh --create --topic ${topic} --partitions ${partitions}`,
        );
      }
      if (!says(error, 'TOPIC_ALREADY_EXISTS')) throw error;
    }
    return whenKnown(() => leadersOf(admin, topic));
  }

  private get who(): string {
    return this.settings.sasl?.username ?? 'a client without a name';
  }

  private readonly tell = (error: unknown): void => {
    if (performance.now() - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = performance.now();
    this.warn('Kafka does not answer: waiting for it', { error: inWords(error) });
  };
}

/** A broker learns only after a while of a topic that was made by another. */
const whenKnown = async <T>(find: () => Promise<T>): Promise<T> => {
  for (let left = 20; ; left--) {
    try {
      return await find();
    } catch (error) {
      if (!isMissing(error) || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

const leadersOf = async (admin: KafkaAdmin, topic: string): Promise<readonly number[]> => {
  const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
  return topics.get(topic)!.partitions.map(({ leader }) => leader);
};

/** The client says so in its own words. */
const isMissing = (error: unknown): boolean =>
  says(error, 'UNKNOWN_TOPIC_OR_PARTITION') || /^Unknown topic /.test((error as Error).message);

const isTooOld = (error: unknown): boolean => says(error, 'PLT_KFK_UNSUPPORTED_API');

const isWrongLogin = (error: unknown): boolean => says(error, 'PLT_KFK_AUTHENTICATION');
