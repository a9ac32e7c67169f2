import type { Counters } from './counters.js';
import type { Clock } from './ports/clock.js';
import type { Durability, EventStore } from './ports/event-store.js';
import type { RocketDirectory, RocketTotals } from './ports/rocket-directory.js';
import type { ReorderBuffer } from './reorder-buffer.js';

export interface HealthReport {
  readonly status: 'ok' | 'stopping' | 'unavailable';
  readonly uptimeSeconds: number;
  readonly store: { readonly name: string; readonly durability: Durability };
  readonly rockets?: Pick<RocketTotals, 'byStatus' | 'incomplete' | 'withGaps'> & { readonly total: number };
  readonly events?: number;
  /** Early messages stored. */
  readonly early?: number;
  readonly messages: Counters['messages'];
  /** Messages taken and not answered yet. */
  readonly buffer: { readonly messages: number; readonly bytes: number };
}

/** How the service is, for people and for probes. */
export class Health {
  private readonly startedAt: number;
  private stopping = false;

  constructor(
    private readonly storeName: string,
    private readonly store: EventStore,
    private readonly directory: RocketDirectory,
    private readonly buffer: ReorderBuffer,
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock.now();
  }

  /** From now on nothing new belongs here; the service finishes what it has. */
  beginStopping(): void {
    this.stopping = true;
  }

  async report(): Promise<HealthReport> {
    const base = {
      uptimeSeconds: Math.floor((this.clock.now() - this.startedAt) / 1000),
      store: { name: this.storeName, durability: this.store.durability },
      messages: this.counters.messages,
      buffer: { messages: this.buffer.messages, bytes: this.buffer.bytes },
    };
    const totals = await this.directory.totals().catch(() => undefined);
    if (totals === undefined) return { status: 'unavailable', ...base };
    const { rockets: total, byStatus, incomplete, withGaps, events, buffered: early } = totals;
    const rockets = { total, byStatus, incomplete, withGaps };
    return { status: this.stopping ? 'stopping' : 'ok', ...base, rockets, events, early };
  }
}
