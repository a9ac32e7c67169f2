import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type { FleetRow } from '../../web/model/fleet.js';
import type { EventJson, RocketJson } from '../../web/model/wire.js';

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
  version: 1,
  highestHeard: 1,
  waiting: 0,
  late: 0,
  complete: true,
  ...fields,
});

export const row = (fields: Partial<FleetRow> = {}): FleetRow => ({
  ...rocket(fields),
  updatedMs: 0,
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
