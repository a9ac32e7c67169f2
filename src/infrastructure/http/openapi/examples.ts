/** One story in all examples: a Falcon-9 that launches, speeds up, loses message 3 and hears 4 and 5 early. */
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

const laterMessage = (messageNumber: number, messageType: string, message: object): object => ({
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
  mission: 'ARTEMIS',
  status: 'flying',
  reason: null,
  launchedAt: '2026-10-01T15:39:05.8633720Z',
  explodedAt: null,
  updatedAt: '2026-10-01T15:39:42.8989223Z',
  version: 2,
  highestSeen: 5,
  pending: 2,
  complete: true,
};

export const pastRocket = {
  ...rocket,
  speed: 500,
  updatedAt: rocket.launchedAt,
  version: 1,
  highestSeen: 1,
  pending: 0,
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

export const gap = { channel, from: 3, to: 3, count: 1, since: '2026-10-01T15:39:43.120Z', waiting: 2 };

export const outcomes = {
  applied: { outcome: 'applied', channel, messageNumber: 1, version: 1 },
  buffered: { outcome: 'buffered', channel, messageNumber: 4, version: 2, missing: { from: 3, to: 3 } },
  refused: { outcome: 'refused', channel, messageNumber: 6, version: 6, refusal: 'rocket-exploded' },
  duplicate: { outcome: 'duplicate', channel, messageNumber: 1, version: 2 },
};
