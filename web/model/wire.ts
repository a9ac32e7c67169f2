import { outcomes as counted } from '../../src/application/ports/minute-log.js';
import type { Selection, SinkSettings } from '../../src/application/ports/subscription-store.js';
import type { KafkaReport } from '../../src/application/health.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type { RocketReport } from '../../src/domain/rocket-message.js';
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
  /** Null in the past: nobody knows any more when it was heard. */
  readonly heardAt: string | null;
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

/** A message that is no event: it waits, or it came late. */
export type MessageJson = {
  readonly channel: string;
  readonly number: number;
  readonly time: string;
  readonly receivedAt: string;
} & PayloadOf<RocketReport>;

type PayloadOf<Report> = Report extends { readonly type: infer Type; readonly data: infer Data }
  ? { readonly type: Type; readonly payload: Data }
  : never;

export interface GapJson {
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  readonly since: string;
  /** Messages that wait right behind it, up to the next gap. */
  readonly waiting: number;
}

/** What may become of a message; `received` is the sum of them. */
export const outcomes = counted.filter((name) => name !== 'received');
export type Outcome = (typeof outcomes)[number];

type ByOutcome<T> = Readonly<Record<(typeof counted)[number], T>>;

/** Who may not read the fleet is told the status alone. */
export interface HealthJson {
  readonly status: 'ok' | 'stopping' | 'unavailable';
  readonly uptimeSeconds?: number;
  readonly store?: {
    readonly name: string;
    readonly durability: { readonly level: string; readonly description: string };
  };
  readonly messages?: ByOutcome<number>;
  readonly feed?: { readonly lagSeconds: number };
  /** Only where it stands before the store. */
  readonly kafka?: KafkaJson;
}

export type KafkaJson = KafkaReport;

/** Who asks, and what he may. */
export interface SessionJson {
  /** In which ways somebody may show who he is; none where nobody has to. */
  readonly ways: readonly ('keys' | 'jwt')[];
  /** Of the key; left out when nobody is signed in. */
  readonly name?: string;
  readonly scopes: readonly ('ingest' | 'read' | 'operate')[];
  /** Left out for all. */
  readonly channels?: readonly string[];
  readonly until?: string;
}

/** What happened in equal spans of time, a column for each figure. */
export interface ActivityJson {
  readonly from: string;
  /** How long each span is. */
  readonly seconds: number;
  readonly events: readonly number[];
  readonly rulesBroken: readonly number[];
  /** Null where nobody looked. */
  readonly gaps: readonly (number | null)[];
  readonly messages: ByOutcome<readonly number[]>;
}

export const spans = ['minute', 'hour', 'day'] as const;
export type Span = (typeof spans)[number];

interface NameCount {
  readonly name: string;
  readonly rockets: number;
}

export interface FleetJson {
  readonly rockets: {
    readonly total: number;
    readonly byStatus: Readonly<Record<RocketStatus, number>>;
    readonly incomplete: number;
    readonly withGaps: number;
    readonly silent: number;
  };
  readonly silentAfterSeconds: number;
  readonly events: number;
  readonly rulesBroken: number;
  readonly gaps: number;
  readonly waiting: number;
  readonly late: number;
  readonly types: readonly NameCount[];
  readonly missions: readonly NameCount[];
  readonly activity: { readonly since: string } & Readonly<Record<Span, ActivityJson>>;
}

export type SinkJson = SinkSettings;
export type SubscriptionState = 'running' | 'paused' | 'failing';

export interface SubscriptionJson extends Selection {
  readonly name: string;
  readonly state: SubscriptionState;
  readonly sink: SinkJson;
  readonly position: string;
  /** `isMore`: nobody counted further. */
  readonly lag: { readonly events: number; readonly isMore?: boolean; readonly seconds: number };
  readonly waitsFor: string;
  readonly delivered: number;
  readonly retried: number;
  /** Rockets with events that the receiver does not take; those given up are not tried again by themselves. */
  readonly parked: number;
  readonly givenUp: number;
  readonly lastError?: { readonly at: string; readonly what: string };
  readonly pausedAs?: string;
  readonly nextTryAt?: string;
  readonly createdAt: string;
  readonly kept: boolean;
}

/** As it was made: what signs it is told once. */
export type MadeSubscriptionJson = SubscriptionJson & { readonly secret?: string };

export interface ParkedJson {
  readonly channel: string;
  /** The first event that was not delivered. */
  readonly number: number;
  readonly position: string;
  readonly since: string;
  readonly tries: number;
  /** Left out when it is not tried again by itself. */
  readonly nextTryAt?: string;
  readonly what: string;
}

export interface TestJson {
  readonly delivered: boolean;
  readonly answer: 'yes' | 'again' | 'no' | 'gone';
  readonly what?: string;
  readonly afterSeconds?: number;
}
