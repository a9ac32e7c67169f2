import type { Sink } from '../../application/ports/sink.js';
import type { CloudEvents } from '../cloud-events.js';
import { isTopic, withCa, type KafkaSettings } from './connection.js';
import { KafkaRefused, loadKafka, type KafkaLibrary } from './kafka-library.js';
import { KafkaSink } from './kafka-sink.js';

/** Topics that subscriptions go to. */
export class KafkaSinks {
  constructor(
    private readonly library: KafkaLibrary,
    private readonly settings: KafkaSettings,
  ) {}

  /** Or why there are none here, which keeps nobody from starting; `KafkaRefused` for settings that make no sense. */
  static open(settings: KafkaSettings | undefined, nodeVersion = process.versions.node): KafkaSinks | string {
    if (settings === undefined) return 'Kafka is not configured here: set KAFKA_BROKERS.';
    const read = withCa(settings);
    try {
      return new KafkaSinks(loadKafka(nodeVersion), read);
    } catch (error) {
      if (error instanceof KafkaRefused) return error.message;
      throw error;
    }
  }

  /** What is wrong with a topic, in a sentence; asks nobody. */
  problemOf(topic: string): string | undefined {
    if (!isTopic(topic)) return 'The name of a topic has 1 to 249 of A-Z a-z 0-9 . _ -';
    if (topic.startsWith('__')) return `The topic ${topic} is one of Kafka's own.`;
    const ours = [this.settings.topic, this.settings.rejectedTopic];
    // To Kafka these are the same in the names of what it measures, and it makes no two that differ in them alone.
    const same = (one: string): boolean => one.replaceAll('.', '_') === topic.replaceAll('.', '_');
    if (!ours.some(same)) return undefined;
    return `The topic ${topic} is one that Rockets reads or fills itself: events would go round in circles.`;
  }

  open(topic: string, events: CloudEvents): Sink {
    return new KafkaSink(this.library, this.settings, topic, events, () => this.problemOf(topic));
  }
}
