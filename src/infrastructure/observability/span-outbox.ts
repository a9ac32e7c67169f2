import type { Logger } from '../../application/ports/logger.js';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Spans that have ended and are not under way to the collector; further ones are let go. */
export const MOST_QUEUED = 4096;
/** ExportResultCode of @opentelemetry/core. */
const SUCCESS = 0;

type Told = Parameters<SpanExporter['export']>[1];

/** Counts what is on its way to the collector, and says so once where it does not arrive, and once when it does again. */
export class SpanOutbox {
  /** Since the process began: those that no collector got. */
  lost = 0;
  private queued = 0;
  private isFailing = false;
  private lostBefore = 0;

  constructor(private readonly logger: Pick<Logger, 'info' | 'warn'>) {}

  /** Lets as many in as there is room for. */
  before(processor: SpanProcessor): SpanProcessor {
    return {
      onStart: (span, context) => processor.onStart(span, context),
      onEnd: (span) => this.take(processor, span),
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
    };
  }

  /** What fails is lost, and no error of those who record. */
  around(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, told) => {
        this.queued -= spans.length;
        exporter.export(spans, (result) => {
          if (result.code === SUCCESS) this.arrived();
          else this.failed(spans.length, result.error?.message);
          (told as (result: Parameters<Told>[0]) => void)({ code: SUCCESS });
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }

  private take(processor: SpanProcessor, span: ReadableSpan): void {
    if (this.queued >= MOST_QUEUED) {
      this.lost++;
      if (!this.isFailing) this.fail('more are recorded than the collector takes: lower TRACING_SAMPLE');
      return;
    }
    this.queued++;
    processor.onEnd(span);
  }

  private failed(spans: number, why = 'no answer'): void {
    this.lost += spans;
    if (!this.isFailing) this.fail(why);
  }

  private fail(why: string): void {
    this.isFailing = true;
    this.logger.warn('spans do not reach the collector and are lost; all else goes on', { why });
  }

  private arrived(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    this.logger.info('spans reach the collector again', { lost: this.lost - this.lostBefore });
    this.lostBefore = this.lost;
  }
}
