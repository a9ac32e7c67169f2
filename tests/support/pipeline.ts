import { Counters } from '../../src/application/ingest/counters.js';
import { IngestMessages } from '../../src/application/ingest/ingest-messages.js';
import type { MessageTraces } from '../../src/application/ingest/message-traces.js';
import type { Outcome } from '../../src/application/ingest/outcome.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { EventStore } from '../../src/application/ports/event-store.js';
import type { LogFields, Logger } from '../../src/application/ports/logger.js';
import type { Span } from '../../src/application/ports/tracing.js';
import { ReorderBuffer, type BufferLimits } from '../../src/application/ingest/reorder-buffer.js';
import { WorkerPool } from '../../src/application/ingest/worker-pool.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';

export class LogBook implements Logger {
  readonly lost = 0;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];

  debug = this.write('debug');
  info = this.write('info');
  warn = this.write('warn');
  error = this.write('error');

  private write(level: string) {
    return (message: string, fields: LogFields = {}): void => {
      this.lines.push({ level, message, fields });
    };
  }
}

export interface PipelineOptions {
  readonly workers?: number;
  readonly limits?: BufferLimits;
  readonly clock?: Clock;
  readonly traces?: MessageTraces;
}

/** The way of a message from the use case to the store, without HTTP. */
export const pipelineOver = (store: EventStore, options: PipelineOptions = {}) => {
  const { workers = 3, clock = new SystemClock() } = options;
  const { limits = { messages: 1_000_000, bytes: 1_000_000_000 } } = options;
  const log = new LogBook();
  const counters = new Counters();
  const buffer = new ReorderBuffer(limits);
  const pool = new WorkerPool(buffer, store, clock, log, workers, undefined, options.traces);
  const ingest = new IngestMessages(buffer, pool, counters, log, undefined, options.traces);
  /** Fails as the answer to the message does. */
  const sendWithin = (span: Span | undefined, message: RocketMessage): Promise<Outcome> =>
    new Promise((settle, fail) => {
      const told = (result: Outcome | Error): void =>
        result instanceof Error ? fail(result) : settle(result);
      const refused = ingest.submit(message, 100, told, undefined, span);
      if (refused !== undefined) fail(refused);
    });
  const send = (message: RocketMessage): Promise<Outcome> => sendWithin(undefined, message);
  const sendAll = (messages: readonly RocketMessage[]): Promise<Outcome[]> => Promise.all(messages.map(send));
  return { log, counters, buffer, pool, ingest, send, sendWithin, sendAll };
};
