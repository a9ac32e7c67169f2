import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../failure.js';
import type { DeliveryRules, Ending } from './delivery.js';
import type { Shipment } from './disorder.js';
import { credential } from '../service-client.js';
import type { Target } from './message-connection.js';
import { Pacer } from './pacer.js';
import { RETRY_MS } from './retry-queue.js';
import type { Tally } from './tally.js';

const LINES = 5000;
/** A paced sender posts at least so many batches a second. */
const BATCHES_PER_SECOND = 4;
const outcomes = ['applied', 'refused', 'buffered', 'duplicate', 'conflict', 'queued'] as const;

/** Sends many messages per POST, as NDJSON. A batch that fails goes again as a whole: duplicates do no harm. */
export class NdjsonSender {
  private readonly source: Iterator<Shipment>;
  private readonly pacer: Pacer;
  private readonly lines: number;
  private readonly stop = new AbortController();
  private gaveUp = false;
  private lastSuccess = performance.now();

  constructor(
    shipments: Iterable<Shipment>,
    private readonly target: Target,
    private readonly rules: DeliveryRules,
    private readonly tally: Tally,
    private readonly log: (line: string) => void,
  ) {
    this.source = shipments[Symbol.iterator]();
    this.pacer = new Pacer(rules.delayMs, rules.perSecond);
    const perSecond = Math.min(
      rules.perSecond ?? Infinity,
      rules.delayMs > 0 ? 1000 / rules.delayMs : Infinity,
    );
    this.lines = Math.max(1, Math.min(LINES, Math.floor(perSecond / BATCHES_PER_SECOND)));
  }

  async run(interrupt: AbortSignal): Promise<Ending> {
    setMaxListeners(0, this.stop.signal);
    const abort = (): void => this.stop.abort();
    interrupt.addEventListener('abort', abort, { once: true });
    if (interrupt.aborted) abort();
    await Promise.all(Array.from({ length: this.rules.concurrency }, () => this.work()));
    interrupt.removeEventListener('abort', abort);
    if (this.gaveUp) return 'gave-up';
    return interrupt.aborted ? 'interrupted' : 'complete';
  }

  private async work(): Promise<void> {
    for (let batch = this.takeBatch(); batch.length > 0; batch = this.takeBatch()) {
      await this.sleep(this.pacer.wait(performance.now(), batch.length));
      while (!this.stop.signal.aborted && !(await this.deliver(batch))) {
        this.tally.retries++;
        await this.sleep(RETRY_MS);
      }
      if (this.stop.signal.aborted) return;
    }
  }

  private takeBatch(): Shipment[] {
    const batch: Shipment[] = [];
    while (batch.length < this.lines) {
      const next = this.source.next();
      if (next.done === true) break;
      batch.push(next.value);
    }
    return batch;
  }

  private async deliver(batch: readonly Shipment[]): Promise<boolean> {
    const start = performance.now();
    try {
      const response = await fetch(this.target.url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-ndjson',
          Accept: 'application/json',
          ...credential(this.target.apiKey),
        },
        body: batch.map(({ body }) => body).join('\n') + '\n',
        signal: this.stop.signal,
      });
      const answer: unknown = await response.json().catch(() => undefined);
      this.tally.latencies.add(performance.now() - start);
      if (response.status !== 200) return this.failed(`HTTP ${response.status}`);
      this.settle(batch, answer);
      return true;
    } catch (error) {
      return this.stop.signal.aborted ? false : this.failed(reasonOf(error));
    }
  }

  private settle(batch: readonly Shipment[], answer: unknown): void {
    this.lastSuccess = performance.now();
    const damaged = batch.filter(({ kind }) => kind === 'malformed').length;
    for (const outcome of outcomes) {
      const count = countIn(answer, outcome);
      if (count > 0) this.tally.settled(outcome, count);
    }
    const invalid = countIn(answer, 'invalid');
    this.tally.malformed(true, Math.min(invalid, damaged));
    this.tally.malformed(false, Math.max(0, damaged - invalid));
    if (invalid > damaged) this.tally.settled('invalid', invalid - damaged);
    // The answer does not say which lines were duplicates, or will turn out to be; without any, the service holds these very
    // messages.
    if (countIn(answer, 'duplicate') + countIn(answer, 'queued') > 0) return;
    for (const { message } of batch) message.accepted = true;
  }

  private failed(why: string): boolean {
    this.tally.failed(why);
    this.log(`a batch is tried again: ${why}`);
    if (performance.now() - this.lastSuccess > this.rules.patienceMs) {
      this.gaveUp = true;
      this.stop.abort();
    }
    return false;
  }

  private async sleep(ms: number): Promise<void> {
    if (ms < 1) return;
    await sleep(ms, undefined, { signal: this.stop.signal }).catch(() => undefined);
  }
}

const countIn = (answer: unknown, name: string): number => {
  if (typeof answer !== 'object' || answer === null) return 0;
  const count: unknown = Object.entries(answer).find(([key]) => key === name)?.[1];
  return typeof count === 'number' ? count : 0;
};
