import type { Shipment } from './disorder.js';

/** The official program tries again each 500 ms, whatever Retry-After says. */
export const RETRY_MS = 500;

/** What is to be sent again. All wait equally long, so the first in is the first due. */
export class RetryQueue {
  private waiting: { shipment: Shipment; due: number }[] = [];
  private head = 0;

  get size(): number {
    return this.waiting.length - this.head;
  }

  add(shipment: Shipment, now: number): void {
    this.waiting.push({ shipment, due: now + RETRY_MS });
  }

  /** Milliseconds until one is due; Infinity when none waits. */
  dueIn(now: number): number {
    const next = this.waiting[this.head];
    return next === undefined ? Infinity : Math.max(0, next.due - now);
  }

  take(): Shipment | undefined {
    const next = this.waiting[this.head];
    if (next === undefined) return undefined;
    this.head++;
    if (this.head > 1024 && this.head * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
    return next.shipment;
  }
}
