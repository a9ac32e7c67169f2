import type { StoredEvent } from '../application/ports/event-store.js';
import { toUtc } from '../domain/rocket-time.js';
import { eventText } from './http/views.js';

/** The media types of CloudEvents 1.0 as JSON. */
export const EVENT_MEDIA_TYPE = 'application/cloudevents+json';
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json';

/**
 * Events as other systems are told of them. Put together by hand like their `data`, in a tenth of the time that the package
 * `cloudevents` takes (`make bench ARGS=cloud-events`) and with all digits of their time. The tests read each kind by that package.
 */
export class CloudEvents {
  private readonly beginning: string;

  /** `source`: a URI that names the store and its history. */
  constructor(private readonly source: string) {
    this.beginning = `{"specversion":"1.0","source":${JSON.stringify(source)},"datacontenttype":"application/json",`;
  }

  /** The same as long as it is the same fact: who was told twice can tell by it. */
  idOf({ channel, number }: StoredEvent): string {
    return `${channel}/${number}`;
  }

  textOf(stored: StoredEvent): string {
    const { channel, event } = stored;
    return (
      `${this.beginning}"id":"${this.idOf(stored)}","type":"rockets.${event.type}","subject":"${channel}",` +
      `"time":"${toUtc(event.time)}","data":${eventText(stored)}}`
    );
  }

  /** Put together in one string, which is what a webhook costs least. */
  batchText(batch: readonly StoredEvent[]): string {
    let text = '[';
    for (const event of batch) text += (text.length > 1 ? ',' : '') + this.textOf(event);
    return text + ']';
  }

  /** Stands in no history. */
  testText(id: string, now: number): string {
    return `${this.beginning}"id":"${id}","type":"rockets.test","time":"${new Date(now).toISOString()}","data":{"test":true}}`;
  }

  /** One name for these events in this order, whoever asks and whenever. */
  nameOf(batch: readonly StoredEvent[]): string {
    return [this.source, ...batch.map((event) => this.idOf(event))].join('\n');
  }
}
