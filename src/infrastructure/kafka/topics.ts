import { closeSoon, connectionOptions, inWords, type KafkaSettings } from './connection.js';
import { KafkaRefused, type KafkaAdmin, type KafkaLibrary } from './kafka-library.js';
import { madeTopic } from './made-topic.js';

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
      this.rejectedPartitions = (await madeTopic(admin, rejectedTopic, this.settings)).length;
      this.leaders = await madeTopic(admin, topic, this.settings);
      this.failure = undefined;
    } catch (error) {
      this.admin = undefined;
      void closeSoon(admin, () => admin.close());
      this.failure = inWords(error);
      if (error instanceof KafkaRefused) throw error;
      this.tell(error);
    }
  }

  private readonly tell = (error: unknown): void => {
    if (performance.now() - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = performance.now();
    this.warn('Kafka does not answer: waiting for it', { error: inWords(error) });
  };
}
