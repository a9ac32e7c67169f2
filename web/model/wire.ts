import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type { Rocket } from '../../src/domain/rocket.js';

// What the service answers, as its HTTP contract words it.

export type RocketStatus = Rocket['status'];

export interface RocketJson {
  readonly channel: string;
  readonly type: string | null;
  readonly speed: number | null;
  /** The sum of the changes heard, where no launch was. */
  readonly speedChange: number | null;
  readonly mission: string | null;
  readonly status: RocketStatus;
  readonly reason: string | null;
  readonly launchedAt: string | null;
  readonly explodedAt: string | null;
  readonly updatedAt: string | null;
  readonly version: number;
  readonly highestHeard: number;
  readonly waiting: number;
  readonly late: number;
  readonly complete: boolean;
}

export type EventJson = {
  readonly position: string;
  readonly channel: string;
  readonly number: number;
  readonly recordedAt: string;
} & RocketEvent;

export type RefusedJson = Extract<EventJson, { type: 'MessageRefused' }>;

export interface GapJson {
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  readonly since: string;
  /** Messages that wait right behind it, up to the next gap. */
  readonly waiting: number;
}

export type Outcome =
  'applied' | 'refused' | 'buffered' | 'duplicate' | 'conflict' | 'invalid' | 'shed' | 'failed';

export interface HealthJson {
  readonly status: 'ok' | 'stopping' | 'unavailable';
  readonly uptimeSeconds: number;
  readonly store: {
    readonly name: string;
    readonly durability: { readonly level: string; readonly description: string };
  };
  /** What the store alone knows is left out while it does not answer. */
  readonly rockets?: {
    readonly total: number;
    readonly byStatus: Readonly<Record<RocketStatus, number>>;
    readonly incomplete: number;
    readonly withGaps: number;
  };
  readonly events?: number;
  readonly waiting?: number;
  readonly late?: number;
  readonly messages: { readonly received: number } & Readonly<Record<Outcome, number>>;
}
