/** What W3C calls `traceparent`: the trace that something belongs to, and what of it brought it about. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Something that takes time and is recorded; it is sent when it has ended. */
export interface Span extends TraceContext {
  set(attributes: SpanAttributes): void;
  /** For what shows only later what it is. */
  rename(name: string): void;
  /** Once; at some moment of `Tracing.now`, or now. `error`: why it failed. */
  end(at?: number, error?: string): void;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** A moment of `Tracing.now`; without it, now. */
  readonly startedAt?: number;
  readonly attributes?: SpanAttributes;
  /** Spans of other traces that have to do with it. */
  readonly links?: readonly TraceContext[];
}

/**
 * Records what became of some messages and requests, for a person to look at. Nobody waits for it, and nothing fails with it.
 * Where nothing is recorded there is none of it, and of what is not recorded there is no span: that is all others ask.
 */
export interface Tracing {
  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** Begins what came from outside, where it is to be recorded: as its sender's `traceparent` says, or else by lot. */
  begin(name: string, traceparent: string | undefined, options: SpanOptions): Span | undefined;
  /** Begins a part of what is recorded. */
  child(parent: TraceContext, name: string, options?: SpanOptions): Span;
}

/** For those who are told next. */
export const traceparentOf = ({ traceId, spanId }: TraceContext): string => `00-${traceId}-${spanId}-01`;

/** Says of something that it is not recorded, which whoever goes on with it keeps to. */
export const NOT_RECORDED = `00-${'5'.repeat(32)}-${'5'.repeat(16)}-00`;

/** For log lines. */
export const traceFields = (span: TraceContext | undefined): object =>
  span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
