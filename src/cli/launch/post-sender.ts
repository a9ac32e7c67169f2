import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../failure.js';
import type { DeliveryRules, Ending } from './delivery.js';
import type { Shipment } from './disorder.js';
import { MessageConnection, NoReplyInTime, type Target } from './message-connection.js';
import { Pacer } from './pacer.js';
import type { Reply } from './reply-reader.js';
import { RetryQueue } from './retry-queue.js';
import type { Tally } from './tally.js';

/** A patient sender takes no new message while so many wait, per connection: an outage must not become a flood. */
const MAX_WAITING = 16;

/** Sends one message per POST over `concurrency` connections, with the official program's manners. */
export class PostSender {
  private readonly source: Iterator<Shipment>;
  private readonly pacer: Pacer;
  private readonly retries = new RetryQueue();
  private readonly stop = new AbortController();
  private sourceEnded = false;
  private retriedLast = false;
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
  }

  async run(interrupt: AbortSignal): Promise<Ending> {
    setMaxListeners(0, this.stop.signal);
    const abort = (): void => this.stop.abort();
    interrupt.addEventListener('abort', abort, { once: true });
    if (interrupt.aborted) abort();
    await Promise.all(Array.from({ length: this.rules.concurrency }, () => this.work()));
    interrupt.removeEventListener('abort', abort);
    this.tally.dropped = this.retries.size;
    if (this.gaveUp) return 'gave-up';
    return interrupt.aborted ? 'interrupted' : 'complete';
  }

  private async work(): Promise<void> {
    const connection = new MessageConnection(this.target);
    const close = (): void => connection.close();
    this.stop.signal.addEventListener('abort', close, { once: true });
    while (!this.stop.signal.aborted) {
      const shipment = this.takeNext();
      if (shipment === 'end') break;
      if (shipment === 'wait') await this.sleep(this.retries.dueIn(performance.now()));
      else await this.send(connection, shipment);
    }
    this.stop.signal.removeEventListener('abort', close);
    connection.close();
    this.tally.connections += connection.connectionsOpened;
  }

  private takeNext(): Shipment | 'wait' | 'end' {
    // An impatient sender makes new messages between the retries: an outage must not keep its run from ending.
    this.retriedLast =
      this.retries.dueIn(performance.now()) === 0 && (this.rules.patient || !this.retriedLast);
    if (this.retriedLast) {
      this.tally.retries++;
      return this.retries.take() ?? 'wait';
    }
    const crowded = this.rules.patient && this.retries.size >= this.rules.concurrency * MAX_WAITING;
    if (!crowded && !this.sourceEnded) {
      const next = this.source.next();
      if (next.done !== true) return next.value;
      this.sourceEnded = true;
    }
    return this.rules.patient && this.retries.size > 0 ? 'wait' : 'end';
  }

  private async send(connection: MessageConnection, shipment: Shipment): Promise<void> {
    const wait = this.pacer.wait(performance.now());
    if (wait >= 1) await this.sleep(wait);
    if (this.stop.signal.aborted) return this.retries.add(shipment, performance.now());
    const start = performance.now();
    try {
      const reply = await connection.post(shipment.body);
      this.tally.latencies.add(performance.now() - start);
      this.settle(shipment, reply);
    } catch (error) {
      if (!this.stop.signal.aborted) this.tally.failed(failureOf(error));
      this.retry(shipment, failureOf(error));
    }
  }

  private settle(shipment: Shipment, reply: Reply): void {
    const verdict = verdictOf(reply.status);
    const { kind, message } = shipment;
    if (verdict === 'later' || (verdict === 'no' && kind !== 'malformed' && !this.rules.patient)) {
      this.tally.failed(`HTTP ${reply.status}`);
      return this.retry(shipment, `HTTP ${reply.status}`);
    }
    this.lastSuccess = performance.now();
    if (kind === 'malformed') return this.tally.malformed(verdict === 'no');
    const outcome = reply.outcome ?? (verdict === 'taken' ? 'taken' : `HTTP ${reply.status}`);
    // Of what is queued nobody knows yet whether the service holds one of an earlier run.
    if (verdict === 'taken' && outcome !== 'duplicate' && outcome !== 'queued') message.accepted = true;
    this.tally.settled(outcome);
  }

  private retry(shipment: Shipment, why: string): void {
    const now = performance.now();
    this.retries.add(shipment, now);
    if (this.stop.signal.aborted) return;
    const { channel, number } = shipment.message;
    this.log(`message ${number} of ${channel} is tried again: ${why}`);
    if (this.rules.patient && now - this.lastSuccess > this.rules.patienceMs) {
      this.gaveUp = true;
      this.stop.abort();
    }
  }

  private async sleep(ms: number): Promise<void> {
    await sleep(Math.min(ms, 2 ** 30), undefined, { signal: this.stop.signal }).catch(() => undefined);
  }
}

const failureOf = (error: unknown): string =>
  error instanceof NoReplyInTime ? 'no reply in time' : reasonOf(error);

/** Whether the service took a message, will never take it, or might take it later. */
const verdictOf = (status: number): 'taken' | 'no' | 'later' => {
  if (status >= 200 && status < 300) return 'taken';
  return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'no' : 'later';
};
