import type { MessageTraces } from '../ingest/message-traces.js';
import type { StoredEvent } from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';
import type { Delivered, DeliveryTrace, Sink, Sinks } from '../ports/sink.js';
import type { SinkSettings } from '../ports/subscription-store.js';
import { traceFields, traceparentOf, type Span, type SpanOptions } from '../ports/tracing.js';

/** Of one delivery so many events at most show in their traces. */
const MOST_SPANS = 32;

/** The same sinks, and each delivery of an event whose way is recorded shows as a part of it; the receiver may go on with it. */
export const tracedSinks = (sinks: Sinks, traces: MessageTraces, logger: Logger): Sinks => ({
  types: sinks.types,
  problemOf: (settings) => sinks.problemOf(settings),
  open: (name, settings, secrets) =>
    new TracedSink(sinks.open(name, settings, secrets), { name, ...deliveryOf(settings) }, traces, logger),
});

interface Told {
  /** Of the subscription. */
  readonly name: string;
  readonly span: string;
  readonly kind: SpanOptions['kind'];
  readonly attributes: SpanOptions['attributes'];
}

class TracedSink implements Sink {
  readonly prepare: Sink['prepare'];

  constructor(
    private readonly sink: Sink,
    private readonly told: Told,
    private readonly traces: MessageTraces,
    private readonly logger: Logger,
  ) {
    this.prepare = sink.prepare && ((next) => sink.prepare!(next));
  }

  async deliver(batch: readonly StoredEvent[], signal: AbortSignal): Promise<Delivered> {
    const spans = this.begin(batch);
    const [first] = spans.values();
    if (first === undefined) return this.sink.deliver(batch, signal);
    const told = await this.sink.deliver(batch, signal, new SpansOfBatch(first, spans));
    const error = told.kind === 'yes' ? undefined : told.what;
    const at = this.traces.tracing.now();
    for (const span of spans.values()) {
      span.set({ 'rockets.delivered': told.kind });
      span.end(at, error);
    }
    if (error !== undefined) {
      const fields = { subscription: this.told.name, what: error, ...traceFields(first) };
      this.logger.debug('events whose way is recorded were not taken', fields);
    }
    return told;
  }

  test(signal: AbortSignal): Promise<Delivered> {
    return this.sink.test(signal);
  }

  close(): Promise<void> {
    return this.sink.close();
  }

  /** One for each event, in its own trace; what goes out with the first of them is linked to it. */
  private begin(batch: readonly StoredEvent[]): Map<StoredEvent, Span> {
    const { traces, told } = this;
    const spans = new Map<StoredEvent, Span>();
    let first: Span | undefined;
    for (const event of batch) {
      const { channel, number } = event;
      const context = traces.contextOf(channel, number);
      if (context === undefined) continue;
      const attributes = {
        ...told.attributes,
        'messaging.batch.message_count': batch.length,
        'rockets.subscription': told.name,
        'rockets.channel': channel,
        'rockets.number': number,
      };
      const links = first === undefined ? [] : [first];
      const span = traces.tracing.child(context, told.span, { kind: told.kind, attributes, links });
      first ??= span;
      spans.set(event, span);
      if (spans.size === MOST_SPANS) break;
    }
    return spans;
  }
}

class SpansOfBatch implements DeliveryTrace {
  readonly traceparent: string;

  constructor(
    first: Span,
    private readonly spans: ReadonlyMap<StoredEvent, Span>,
  ) {
    this.traceparent = traceparentOf(first);
  }

  traceparentOf(event: StoredEvent): string | undefined {
    const span = this.spans.get(event);
    return span && traceparentOf(span);
  }
}

const deliveryOf = (settings: SinkSettings): Omit<Told, 'name'> => {
  if (settings.type === 'kafka') {
    const { topic } = settings;
    const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': topic };
    return {
      span: `send ${topic}`,
      kind: 'producer',
      attributes: { ...attributes, 'messaging.operation.type': 'send' },
    };
  }
  return {
    span: 'deliver by webhook',
    kind: 'client',
    attributes: { 'http.request.method': 'POST', ...hostOf(settings.url) },
  };
};

/** Path and query may hold what only the receiver is to know. */
const hostOf = (url: string): { 'server.address'?: string } =>
  URL.canParse(url) ? { 'server.address': new URL(url).host } : {};
