import type { StoredEvent } from './event-store.js';
import type { SinkSettings } from './subscription-store.js';

/** What became of a batch, all of it. */
export type Delivered =
  | { readonly kind: 'yes' }
  /** It may well be taken later; `afterMs`: not before, as the receiver says. */
  | { readonly kind: 'again'; readonly what: string; readonly afterMs?: number }
  /** The receiver does not take these events; others it may. */
  | { readonly kind: 'no'; readonly what: string }
  /** It wants nothing more, until an operator says otherwise. */
  | { readonly kind: 'gone'; readonly what: string };

/** The `traceparent` of what is delivered and whose way is recorded. */
export interface DeliveryTrace {
  /** Of the batch as a whole: that of the first event of those. */
  readonly traceparent: string;
  traceparentOf(event: StoredEvent): string | undefined;
}

/** The way to one receiver. */
export interface Sink {
  /** Never rejects. Aborted, it answers `again` at once. */
  deliver(batch: readonly StoredEvent[], signal: AbortSignal, trace?: DeliveryTrace): Promise<Delivered>;
  /** Makes ready what will most likely be delivered next, while the batch before it is under way. */
  prepare?(next: readonly StoredEvent[]): void;
  /** One event that is marked as a test and stands in no history. */
  test(signal: AbortSignal): Promise<Delivered>;
  close(): Promise<void>;
}

export interface Sinks {
  /** The kinds that this instance can reach. */
  readonly types: readonly SinkSettings['type'][];
  /** What is wrong with the settings, in a sentence for whoever gave them; asks the network where that takes it. */
  problemOf(settings: SinkSettings): Promise<string | undefined>;
  /** `secrets`: asked again with each batch, so that new ones are in force at once. */
  open(name: string, settings: SinkSettings, secrets: () => Promise<readonly string[]>): Sink;
}
