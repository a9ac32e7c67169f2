import type { Clock } from '../application/ports/clock.js';
import type { Sink, Sinks } from '../application/ports/sink.js';
import type { SinkSettings } from '../application/ports/subscription-store.js';
import { CloudEvents } from './cloud-events.js';
import type { KafkaSinks } from './kafka/kafka-sinks.js';
import { AddressGuard, type Resolve } from './webhooks/address-guard.js';
import { WebhookSink } from './webhooks/webhook-sink.js';

export interface SinkRules {
  /** Names the store and its history as a URI. */
  readonly source: string;
  /** Networks, addresses and hosts of the inside that webhooks may go to. */
  readonly webhookAllow: readonly string[];
  /** Or why there is no Kafka here. */
  readonly kafka: KafkaSinks | string;
  readonly resolve?: Resolve;
}

/** Webhooks, and Kafka where it is configured. */
export const createSinks = (
  { source, webhookAllow, kafka, resolve }: SinkRules,
  clock: Pick<Clock, 'now'>,
): Sinks => {
  const events = new CloudEvents(source);
  const guard = new AddressGuard(webhookAllow, resolve);
  return {
    types: typeof kafka === 'string' ? ['webhook'] : ['webhook', 'kafka'],
    async problemOf(settings: SinkSettings): Promise<string | undefined> {
      if (settings.type === 'webhook') return guard.problemOf(settings.url);
      return typeof kafka === 'string' ? kafka : kafka.problemOf(settings.topic);
    },
    open(name, settings, secrets): Sink {
      if (settings.type === 'webhook') {
        return new WebhookSink(name, settings.url, secrets, { events, guard, clock });
      }
      return typeof kafka === 'string' ? new NoSink(kafka) : kafka.open(settings.topic, events);
    },
  };
};

/** Of a subscription that another instance could deliver. */
class NoSink implements Sink {
  constructor(private readonly what: string) {}

  async deliver() {
    return { kind: 'again' as const, what: this.what };
  }

  test() {
    return this.deliver();
  }

  async close(): Promise<void> {}
}
