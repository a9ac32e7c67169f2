import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** As OTLP has it in JSON. */
interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly SentAttribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface SentAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

export interface ReceivedSpan extends Omit<SentSpan, 'attributes' | 'kind'> {
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of whom it is: `service.name` and the like. */
  readonly resource: Readonly<Record<string, unknown>>;
}

const PATIENCE_MS = 30_000;
const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** A collector of our own for OTLP over HTTP, which keeps what it is sent. */
export class SpanReceiver {
  readonly spans: ReceivedSpan[] = [];
  requests = 0;
  headers: IncomingHttpHeaders = {};
  /** With what it answers; `hang`: not at all. */
  answer: number | 'hang' = 200;
  private server: Server | undefined;

  private constructor(readonly port: number) {}

  static async start(port = 0): Promise<SpanReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const receiver = new SpanReceiver((server.address() as AddressInfo).port);
    receiver.server = server;
    server.on('request', async (req, res) => {
      receiver.requests++;
      receiver.headers = req.headers;
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      if (receiver.answer === 'hang') return;
      if (receiver.answer === 200 && req.url === '/v1/traces')
        receiver.take(Buffer.concat(chunks).toString());
      res.writeHead(receiver.answer, { 'Content-Type': 'application/json' }).end('{}');
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What makes a service send here. */
  get settings(): { readonly TRACING: 'otlp'; readonly OTEL_EXPORTER_OTLP_ENDPOINT: string } {
    return { TRACING: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: this.url };
  }

  named(name: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  ofTrace(traceId: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Waits until there are so many of that name. */
  async untilNamed(name: string, count = 1): Promise<readonly ReceivedSpan[]> {
    for (const began = Date.now(); this.named(name).length < count; await delay(20)) {
      if (Date.now() - began < PATIENCE_MS) continue;
      const all = this.spans.map((span) => span.name).join(', ');
      throw new Error(`${this.named(name).length} of ${count} spans named ${name} among: ${all}`);
    }
    return this.named(name);
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => this.server?.close(() => resolve()));
  }

  private take(text: string): void {
    const { resourceSpans } = JSON.parse(text) as {
      readonly resourceSpans: readonly {
        readonly resource: { readonly attributes: readonly SentAttribute[] };
        readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
      }[];
    };
    for (const { resource, scopeSpans } of resourceSpans) {
      const of = valuesOf(resource.attributes);
      for (const { spans } of scopeSpans) for (const span of spans) this.spans.push(received(span, of));
    }
  }
}

const received = (span: SentSpan, resource: ReceivedSpan['resource']): ReceivedSpan => ({
  ...span,
  kind: kinds[span.kind]!,
  attributes: valuesOf(span.attributes),
  startedAt: millisOf(span.startTimeUnixNano),
  endedAt: millisOf(span.endTimeUnixNano),
  resource,
});

const valuesOf = (attributes: readonly SentAttribute[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Nanoseconds since 1970 are more than a number holds. */
const millisOf = (nanos: string): number => Number(BigInt(nanos) / 1000n) / 1000;
