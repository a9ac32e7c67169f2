import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Link, Span as OtelSpan, SpanContext, Tracer } from '@opentelemetry/api';
import type { Logger } from '../../application/ports/logger.js';
import type {
  Span,
  SpanAttributes,
  SpanOptions,
  TraceContext,
  Tracing,
} from '../../application/ports/tracing.js';
import { version } from '../../version.js';
import { MOST_QUEUED, SpanOutbox } from './span-outbox.js';
import type { TracingSettings } from './tracing-settings.js';
import { readTraceparent } from './traceparent.js';
import { wallClock } from './wall-clock.js';

/** Spans wait for so long for others. */
const GATHER_MS = 1000;
/** A collector that takes longer is as good as away. */
const ANSWER_WITHIN_MS = 5000;
const MOST_AT_ONCE = 512;

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Spans by OpenTelemetry, sent to a collector as OTLP over HTTP. Only TRACING=otlp loads this file, and with it the library.
 * Whether something is recorded is decided here, before the library is asked: what is not costs a look at a header.
 */
export class OtlpTracing implements Tracing {
  readonly now = wallClock();
  private readonly outbox: SpanOutbox;
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;

  constructor(
    private readonly settings: TracingSettings,
    /** Names this instance among those of the service. */
    instance: string,
    logger: Pick<Logger, 'info' | 'warn'>,
    private readonly random: () => number = Math.random,
  ) {
    this.outbox = new SpanOutbox(logger);
    const url = tracesUrl(settings.endpoint);
    const exporter = new OTLPTraceExporter({
      url,
      headers: { ...settings.headers },
      timeoutMillis: ANSWER_WITHIN_MS,
    });
    const processor = new BatchSpanProcessor({
      exporter: this.outbox.around(exporter),
      maxQueueSize: MOST_QUEUED,
      maxExportBatchSize: MOST_AT_ONCE,
      scheduledDelayMillis: GATHER_MS,
      exportTimeoutMillis: 2 * ANSWER_WITHIN_MS,
    });
    const { serviceName, sample } = settings;
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': serviceName,
        'service.version': version(),
        'service.instance.id': instance,
      }),
      spanProcessors: [this.outbox.before(processor)],
    });
    this.tracer = this.provider.getTracer('rockets', version());
    logger.info('traces are recorded', { collector: withoutSecrets(url), sample });
  }

  begin(name: string, traceparent: string | undefined, options: SpanOptions): Span | undefined {
    const asked = traceparent === undefined ? undefined : readTraceparent(traceparent);
    if (asked === undefined ? this.random() >= this.settings.sample : !asked.isSampled) return undefined;
    return this.start(asked, name, options);
  }

  child(parent: TraceContext, name: string, options: SpanOptions = {}): Span {
    return this.start(parent, name, options);
  }

  /** Spans that no collector got. */
  get lost(): number {
    return this.outbox.lost;
  }

  /** Sends what has ended, for so long at most. */
  async stop(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([this.provider.shutdown().catch(() => undefined), patience]);
    clearTimeout(timer);
  }

  private start(
    parent: TraceContext | undefined,
    name: string,
    { kind = 'internal', startedAt = this.now(), attributes, links }: SpanOptions,
  ): Span {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, sampled(parent));
    const options = {
      kind: kinds[kind],
      startTime: startedAt,
      ...(attributes && { attributes: { ...attributes } }),
      ...(links && { links: links.map((one): Link => ({ context: sampled(one) })) }),
    };
    return new OtlpSpan(this.tracer.startSpan(name, options, context), this.now);
  }
}

class OtlpSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;

  constructor(
    private readonly span: OtelSpan,
    private readonly now: () => number,
  ) {
    ({ traceId: this.traceId, spanId: this.spanId } = span.spanContext());
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes({ ...attributes });
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  end(at = this.now(), error?: string): void {
    if (error !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    this.span.end(at);
  }
}

const sampled = ({ traceId, spanId }: TraceContext): SpanContext => ({ traceId, spanId, traceFlags: 1 });

const tracesUrl = (endpoint: string): string => `${endpoint.replace(/\/+$/, '')}/v1/traces`;

const withoutSecrets = (text: string): string => {
  const { origin, pathname } = new URL(text);
  return origin + pathname;
};
