import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type {
  ActivityJson,
  EventJson,
  FleetJson,
  RocketJson,
  SubscriptionJson,
} from '../../web/model/wire.js';

export const rocket = (fields: Partial<RocketJson> = {}): RocketJson => ({
  channel: 'a',
  type: 'Falcon-9',
  speed: 500,
  speedChange: null,
  mission: 'ARTEMIS',
  status: 'flying',
  reason: null,
  launchedAt: '2026-10-01T10:00:00Z',
  explodedAt: null,
  updatedAt: '2026-10-01T10:00:00Z',
  heardAt: '2026-10-01T10:00:00.000Z',
  version: 1,
  highestHeard: 1,
  waiting: 0,
  late: 0,
  complete: true,
  ...fields,
});

type Said = RocketEvent extends infer Event
  ? Event extends RocketEvent
    ? Omit<Event, 'time'>
    : never
  : never;

export const event = (
  number: number,
  said: Said,
  fields: { channel?: string; time?: string } = {},
): EventJson => ({
  position: `store-${number}`,
  channel: 'a',
  number,
  recordedAt: '2026-10-01T10:00:00.000Z',
  time: '2026-10-01T10:00:00Z',
  ...said,
  ...fields,
});

export const launch = (fields: { channel?: string; time?: string } = {}): EventJson =>
  event(
    1,
    { type: 'RocketLaunched', data: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' } },
    fields,
  );

export const faster = (number: number, by: number, fields: { time?: string } = {}): EventJson =>
  event(number, { type: 'RocketSpeedIncreased', data: { by } }, fields);

export const refused = (number: number, channel = 'a'): Extract<EventJson, { type: 'MessageRefused' }> => ({
  position: `store-${number}`,
  channel,
  number,
  recordedAt: '2026-10-01T10:00:00.000Z',
  time: '2026-10-01T10:00:00Z',
  type: 'MessageRefused',
  data: { rule: 'speed-below-zero', message: { type: 'RocketSpeedDecreased', data: { by: 9000 } } },
});

export const fleetReport = (fields: Partial<FleetJson['rockets']> = {}): FleetJson => ({
  rockets: {
    total: 20,
    byStatus: { flying: 12, exploded: 7, 'awaiting-launch': 1 },
    incomplete: 1,
    withGaps: 2,
    silent: 3,
    ...fields,
  },
  silentAfterSeconds: 600,
  events: 0,
  rulesBroken: 0,
  gaps: 0,
  waiting: 0,
  late: 0,
  types: [],
  missions: [],
  activity: { since: '', minute: activity(), hour: activity(), day: activity() },
});

export const activity = (fields: Partial<ActivityJson> = {}): ActivityJson => ({
  from: '2026-10-01T10:00:00.000Z',
  seconds: 60,
  events: [],
  rulesBroken: [],
  gaps: [],
  messages: {
    received: [],
    applied: [],
    refused: [],
    buffered: [],
    duplicate: [],
    conflict: [],
    invalid: [],
    shed: [],
    failed: [],
  },
  ...fields,
});

export const subscription = (fields: Partial<SubscriptionJson> = {}): SubscriptionJson => ({
  name: 'billing',
  state: 'running',
  sink: { type: 'webhook', url: 'https://billing.example.org/hooks' },
  position: 'store-7',
  lag: { events: 0, seconds: 0 },
  waitsFor: 'events',
  delivered: 7,
  retried: 0,
  parked: 0,
  givenUp: 0,
  createdAt: '2026-10-01T10:00:00.000Z',
  kept: true,
  ...fields,
});
