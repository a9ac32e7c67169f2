import { setTimeout as delay } from 'node:timers/promises';
import type { Alert, Prometheus } from '../support/prometheus.js';

const LOOK_EVERY_MS = 200;

export type AlertState = Alert['state'] | 'resolved';

/** Once that an alert of one instance, or of all, was pending, and what became of it. */
interface Episode {
  readonly name: string;
  /** When each state was first seen, in milliseconds since the watch began. */
  readonly at: Partial<Record<AlertState, number>>;
  state: AlertState;
}

/** Asks Prometheus for its alerts again and again, tells each change, and remembers when it was. */
export class AlertWatch {
  /** In the order of their beginnings. */
  readonly episodes: Episode[] = [];
  private readonly looking: Promise<void>;
  private isClosed = false;

  constructor(
    private readonly prometheus: Prometheus,
    private readonly elapsed: () => number,
    private readonly tell: (name: string, state: AlertState, summary: string) => void,
  ) {
    this.looking = this.lookOn();
  }

  /** Resolves once it is in that state; rejects if it is not by then. */
  async until(name: string, state: AlertState, patienceMs: number): Promise<void> {
    for (const began = this.elapsed(); this.stateOf(name) !== state; await delay(LOOK_EVERY_MS / 2)) {
      if (this.elapsed() - began < patienceMs) continue;
      throw new Error(`the alert ${name} is not ${state} after ${patienceMs / 1000} s`);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.looking;
  }

  private stateOf(name: string): AlertState | undefined {
    return this.episodes.findLast((one) => one.name === name)?.state;
  }

  private async lookOn(): Promise<void> {
    for (; !this.isClosed; await delay(LOOK_EVERY_MS)) {
      const alerts = await this.prometheus.alerts();
      const now = new Set(alerts.map((alert) => this.take(alert)));
      for (const one of this.episodes)
        if (one.state !== 'resolved' && !now.has(one)) this.change(one, 'resolved', '');
    }
  }

  private take({ labels, state, annotations }: Alert): Episode {
    const { alertname, instance, subscription } = labels;
    const name = [alertname, instance ?? subscription].filter((part) => part !== undefined).join(' ');
    let one = this.episodes.find((begun) => begun.name === name && begun.state !== 'resolved');
    if (one === undefined) this.episodes.push((one = { name, at: {}, state: 'resolved' }));
    if (one.state !== state) this.change(one, state, annotations['summary'] ?? '');
    return one;
  }

  private change(one: Episode, state: AlertState, summary: string): void {
    one.state = state;
    one.at[state] = this.elapsed();
    this.tell(one.name, state, summary);
  }
}
