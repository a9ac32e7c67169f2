/** One story in all examples: a Falcon-9 that launches, speeds up, loses message 3 and hears 4 and 5 ahead of it. */
export const channel = '193270a9-c9cf-404a-8f83-838e71d9ae67';

export const launchMessage = {
  metadata: {
    channel,
    messageNumber: 1,
    messageTime: '2026-10-01T17:39:05.8633720+02:00',
    messageType: 'RocketLaunched',
  },
  message: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
};

const laterMessage = (messageNumber: number, messageType: string, message: object) => ({
  metadata: { channel, messageNumber, messageTime: '2026-10-01T17:39:42.8989223+02:00', messageType },
  message,
});

export const messages = {
  launch: launchMessage,
  faster: laterMessage(2, 'RocketSpeedIncreased', { by: 3000 }),
  slower: laterMessage(3, 'RocketSpeedDecreased', { by: 2500 }),
  newMission: laterMessage(4, 'RocketMissionChanged', { newMission: 'SHUTTLE_MIR' }),
  explosion: laterMessage(5, 'RocketExploded', { reason: 'PRESSURE_VESSEL_FAILURE' }),
};

export const rocket = {
  channel,
  type: 'Falcon-9',
  speed: 3500,
  speedChange: null,
  mission: 'ARTEMIS',
  status: 'flying',
  reason: null,
  launchedAt: '2026-10-01T15:39:05.863372Z',
  explodedAt: null,
  updatedAt: '2026-10-01T15:39:42.8989223Z',
  heardAt: '2026-10-01T15:39:43.120Z',
  version: 2,
  highestHeard: 5,
  waiting: 2,
  late: 0,
  complete: true,
};

export const pastRocket = {
  ...rocket,
  speed: 500,
  updatedAt: rocket.launchedAt,
  heardAt: null,
  version: 1,
  highestHeard: 1,
  waiting: 0,
  asOf: { version: 1 },
};

export const position = 'k3x9q2-1';

export const launchEvent = {
  position,
  channel,
  number: 1,
  type: 'RocketLaunched',
  data: launchMessage.message,
  time: launchMessage.metadata.messageTime,
  recordedAt: '2026-10-01T15:39:06.012Z',
};

export const skipEvent = {
  position: 'k3x9q2-3',
  channel,
  number: 3,
  type: 'MessagesSkipped',
  data: { from: 3, to: 3, by: { who: 'operator' }, why: 'The sender is gone.' },
  time: messages.newMission.metadata.messageTime,
  recordedAt: '2026-10-01T16:02:11.480Z',
};

const received = (message: ReturnType<typeof laterMessage>, receivedAt: string): object => ({
  channel,
  number: message.metadata.messageNumber,
  type: message.metadata.messageType,
  time: message.metadata.messageTime,
  payload: message.message,
  receivedAt,
});

export const waitingMessage = received(messages.newMission, '2026-10-01T15:39:43.120Z');
export const lateMessage = received(messages.slower, '2026-10-01T16:10:00.007Z');

export const fates = {
  applied: { channel, number: 1, outcome: 'applied', event: launchEvent },
  buffered: {
    channel,
    number: 4,
    outcome: 'buffered',
    missing: { from: 3, to: 3 },
    message: waitingMessage,
  },
  skipped: { channel, number: 3, outcome: 'skipped', event: skipEvent },
  late: { channel, number: 3, outcome: 'late', message: lateMessage, event: skipEvent },
};

export const gap = { channel, from: 3, to: 3, count: 1, since: '2026-10-01T15:39:43.120Z', waiting: 2 };

export const outcomes = {
  applied: { outcome: 'applied', channel, number: 1, version: 1 },
  buffered: { outcome: 'buffered', channel, number: 4, version: 2, missing: { from: 3, to: 3 } },
  refused: { outcome: 'refused', channel, number: 6, version: 6, rule: 'rocket-exploded' },
  duplicate: { outcome: 'duplicate', channel, number: 1, version: 2 },
  queued: { outcome: 'queued', channel, number: 1 },
};

export const skipped = { channel, from: 3, to: 3, gaps: 1, numbers: 1, version: 5 };

export const newSubscription = {
  name: 'billing',
  types: ['RocketLaunched', 'RocketExploded'],
  from: 'start',
  sink: { type: 'webhook', url: 'https://billing.example/rockets', batch: { events: 100, ms: 50 } },
};

export const subscription = {
  name: newSubscription.name,
  state: 'running',
  types: newSubscription.types,
  sink: newSubscription.sink,
  position,
  lag: { events: 4, seconds: 0.031 },
  waitsFor: 'its turn',
  delivered: 1,
  retried: 0,
  parked: 1,
  givenUp: 0,
  lastError: { at: '2026-10-01T15:39:44.200Z', what: '503 Service Unavailable' },
  createdAt: '2026-10-01T15:30:00.000Z',
  kept: true,
};

export const secret = 'whsec_…';

export const parked = {
  channel,
  number: 2,
  position: 'k3x9q2-2',
  since: '2026-10-01T15:39:44.200Z',
  tries: 3,
  nextTryAt: '2026-10-01T15:39:46.310Z',
  what: '422 Unprocessable Content',
};
