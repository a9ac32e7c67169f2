import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { MOST_QUEUED, SpanOutbox } from '../../../src/infrastructure/observability/span-outbox.js';
import { LogBook } from '../../support/pipeline.js';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

const span = {} as ReadableSpan;

/** Everything between the one who records and the collector, which answers as a test says. */
const outboxTo = (answer: () => Result) => {
  const log = new LogBook();
  const outbox = new SpanOutbox(log);
  const queue: ReadableSpan[] = [];
  const told: Result[] = [];
  const exporter = outbox.around({
    export: (_spans, tell) => tell(answer()),
    shutdown: async () => undefined,
  });
  const processor = outbox.before({ onEnd: (one) => void queue.push(one) } as SpanProcessor);
  const end = (times: number): void => {
    for (let i = 0; i < times; i++) processor.onEnd(span);
  };
  const send = (): void => {
    exporter.export(queue.splice(0), (result) => told.push(result));
  };
  return { log, outbox, queue, told, end, send };
};

const taken: Result = { code: 0 };
const away: Result = { code: 1, error: new Error('ECONNREFUSED') };

describe('spans on their way to the collector', () => {
  it('are handed on without a word', () => {
    const { log, outbox, told, end, send } = outboxTo(() => taken);
    end(3);
    send();
    expect([told, log.lines, outbox.lost]).toEqual([[taken], [], 0]);
  });

  it('are lost where it is away, with one line then and one when it is back', () => {
    let answer = away;
    const { log, outbox, told, end, send } = outboxTo(() => answer);
    for (let i = 0; i < 5; i++) {
      end(2);
      send();
    }
    answer = taken;
    end(1);
    send();
    // To whoever sends them, all is well.
    expect(told.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { why: 'ECONNREFUSED' }],
      ['info', { lost: 10 }],
    ]);
    expect(outbox.lost).toBe(10);
  });

  it('are no more than there is room for, and the line says what to do', () => {
    const { log, outbox, queue, end, send } = outboxTo(() => taken);
    end(MOST_QUEUED + 7);
    expect([queue.length, outbox.lost]).toEqual([MOST_QUEUED, 7]);
    expect(String(log.lines[0]!.fields['why'])).toContain('TRACING_SAMPLE');
    send();
    end(MOST_QUEUED);
    expect(queue).toHaveLength(MOST_QUEUED);
  });
});
