import { randomUUID } from 'node:crypto';
import type { Clock } from '../../application/ports/clock.js';
import type { StoredEvent } from '../../application/ports/event-store.js';
import type { Delivered, DeliveryTrace, Sink } from '../../application/ports/sink.js';
import { BATCH_MEDIA_TYPE, type CloudEvents } from '../cloud-events.js';
import { urlOf, type AddressGuard } from './address-guard.js';
import { Poster } from './post.js';
import { messageId, signatureHeaders } from './signatures.js';
import { printable, verdict } from './verdict.js';

const ANSWER_WITHIN_MS = 10_000;

/** What all webhooks of a service have in common. */
export interface WebhookParts {
  readonly events: CloudEvents;
  readonly guard: AddressGuard;
  readonly clock: Pick<Clock, 'now'>;
  readonly answerWithinMs?: number;
}

/** Batches of CloudEvents by POST, signed as Standard Webhooks has it. */
export class WebhookSink implements Sink {
  private readonly poster: Poster | string;
  /** The batch that was made ready last: the one that is under way, or the next one. */
  private ready: Ready = { batch: [], id: '', body: Buffer.alloc(0) };

  constructor(
    private readonly name: string,
    url: string,
    private readonly secrets: () => Promise<readonly string[]>,
    private readonly parts: WebhookParts,
  ) {
    const read = urlOf(url);
    this.poster = typeof read === 'string' ? read : new Poster(read, parts.guard);
  }

  deliver(batch: readonly StoredEvent[], signal: AbortSignal, trace?: DeliveryTrace): Promise<Delivered> {
    if (!isSame(this.ready.batch, batch)) this.prepare(batch);
    const { id, body } = this.ready;
    return this.send(id, body, signal, trace?.traceparent);
  }

  prepare(batch: readonly StoredEvent[]): void {
    const { events } = this.parts;
    const id = messageId(`${this.name}\n${events.nameOf(batch)}`);
    this.ready = { batch, id, body: Buffer.from(events.batchText(batch)) };
  }

  test(signal: AbortSignal): Promise<Delivered> {
    const { events, clock } = this.parts;
    const id = `test/${randomUUID()}`;
    return this.send(messageId(id), Buffer.from(`[${events.testText(id, clock.now())}]`), signal);
  }

  async close(): Promise<void> {
    if (typeof this.poster !== 'string') this.poster.close();
  }

  private async send(
    id: string,
    body: Buffer,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<Delivered> {
    const { clock, answerWithinMs = ANSWER_WITHIN_MS } = this.parts;
    const ended = new AbortController();
    const stop = (): void => ended.abort(new Error('Stopped before there was an answer.'));
    const late = (): void => ended.abort(new Error(`No answer within ${answerWithinMs / 1000} s.`));
    const timer = setTimeout(late, answerWithinMs);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      const answer = await this.post(id, body, ended.signal, traceparent);
      return verdict(answer, clock.now());
    } catch (error) {
      return { kind: 'again', what: printable(reasonOf(error as Error)) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private async post(id: string, body: Buffer, ended: AbortSignal, traceparent: string | undefined) {
    const { poster } = this;
    if (typeof poster === 'string') throw new Error(poster);
    const secrets = await unlessEnded(this.secrets(), ended);
    if (secrets.length === 0) throw new Error('There is no secret to sign with: make one.');
    const headers = signatureHeaders(id, this.parts.clock.now(), body, secrets);
    const trace = traceparent === undefined ? {} : { traceparent };
    return poster.post(
      { ...headers, ...trace, 'content-type': BATCH_MEDIA_TYPE, 'user-agent': 'Rockets' },
      body,
      ended,
    );
  }
}

interface Ready {
  readonly batch: readonly StoredEvent[];
  readonly id: string;
  readonly body: Buffer;
}

const isSame = (one: readonly StoredEvent[], other: readonly StoredEvent[]): boolean =>
  one.length === other.length && one.every((event, i) => event === other[i]);

const unlessEnded = <T>(promise: Promise<T>, ended: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = (): void => reject(ended.reason as Error);
    if (ended.aborted) end();
    ended.addEventListener('abort', end);
    promise.then(resolve, reject).finally(() => ended.removeEventListener('abort', end));
  });

/** Of several addresses that were tried in vain, why the first was. */
const reasonOf = (error: Error): string => {
  const { errors = [] } = error as AggregateError;
  return (errors[0] as Error | undefined)?.message ?? (error.message || error.name);
};
