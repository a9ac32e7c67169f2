import type {
  Span,
  SpanAttributes,
  SpanOptions,
  TraceContext,
  Tracing,
} from '../../src/application/ports/tracing.js';

/** A span as a test looks at it. */
export class RecordedSpan implements Span {
  attributes: SpanAttributes;
  endedAt: number | undefined;
  error: string | undefined;

  constructor(
    private readonly tracing: FakeTracing,
    public name: string,
    readonly parent: TraceContext | undefined,
    readonly options: SpanOptions,
    readonly traceId: string,
    readonly spanId: string,
    readonly startedAt: number,
  ) {
    this.attributes = { ...options.attributes };
  }

  set(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  rename(name: string): void {
    this.name = name;
  }

  end(at = this.tracing.now(), error?: string): void {
    if (this.endedAt !== undefined) throw new Error(`${this.name} has ended already`);
    this.endedAt = at;
    this.error = error;
  }
}

/** Records everything, and keeps it. Its moments are 1, 2, 3 … */
export class FakeTracing implements Tracing {
  readonly spans: RecordedSpan[] = [];
  records = true;
  private moment = 0;

  now(): number {
    return ++this.moment;
  }

  begin(name: string, traceparent: string | undefined, options: SpanOptions): RecordedSpan | undefined {
    if (!this.records) return undefined;
    const traceId = traceparent?.split('-')[1] ?? String(this.spans.length + 1).padStart(32, '0');
    return this.add(name, traceId, undefined, options);
  }

  child(parent: TraceContext, name: string, options: SpanOptions = {}): RecordedSpan {
    return this.add(name, parent.traceId, parent, options);
  }

  /** Something that was asked. */
  request(): RecordedSpan {
    return this.begin('request', undefined, {})!;
  }

  named(name: string): RecordedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  private add(name: string, traceId: string, parent: TraceContext | undefined, options: SpanOptions) {
    const spanId = String(this.spans.length + 1).padStart(16, '0');
    const span = new RecordedSpan(
      this,
      name,
      parent,
      options,
      traceId,
      spanId,
      options.startedAt ?? this.now(),
    );
    this.spans.push(span);
    return span;
  }
}

/** The names below a span, in the order of their beginnings. */
export const partsOf = (tracing: FakeTracing, whole: TraceContext): string[] =>
  tracing.spans
    .filter(({ parent }) => parent?.spanId === whole.spanId)
    .sort((one, other) => one.startedAt - other.startedAt)
    .map(({ name }) => name);
