import {
  freshChannel,
  invalidAt,
  messageText,
  postOf,
  type BadInput,
  type Expected,
  type Literals,
  type MessageType,
} from './bad-input.js';

export type Step = readonly [type: MessageType, number: number, literals?: Literals];

const outcome = (name: string): Expected => ({ status: 202, outcome: name });
const conflict: Expected = { status: 409, slug: 'conflict', outcome: 'conflict' };
export const launch: Step = ['RocketLaunched', 1];
const explosion: Step = ['RocketExploded', 2];
const most = String(Number.MAX_SAFE_INTEGER);

/** Some messages of one rocket that are fine, and one more. */
const history = (
  name: string,
  steps: readonly Step[],
  [type, number, literals]: Step,
  expected: Expected,
): BadInput => {
  const channel = freshChannel();
  const text = ([kind, at, fields]: Step): string =>
    messageText(kind, { channel: `"${channel}"`, messageNumber: String(at), ...fields });
  return { name, before: steps.map(text), bytes: postOf(text([type, number, literals])), expected };
};

const changes: readonly MessageType[] = [
  'RocketSpeedIncreased',
  'RocketSpeedDecreased',
  'RocketMissionChanged',
  'RocketExploded',
];

export const domain: BadInput[] = [
  history('a launch', [], launch, outcome('applied')),
  history('a second launch', [launch], ['RocketLaunched', 2], outcome('refused')),
  ...changes.map((type) => history(`${type} before the launch`, [], [type, 1], outcome('refused'))),
  ...changes.map((type) =>
    history(`${type} after an explosion`, [launch, explosion], [type, 3], outcome('refused')),
  ),
  history('a launch after an explosion', [launch, explosion], ['RocketLaunched', 3], outcome('refused')),
  history(
    'a launch after a refused change',
    [['RocketSpeedIncreased', 1]],
    ['RocketLaunched', 2],
    outcome('applied'),
  ),
  history('a speed below zero', [launch], ['RocketSpeedDecreased', 2, { by: '501' }], outcome('refused')),
  history(
    'a speed of exactly zero',
    [launch],
    ['RocketSpeedDecreased', 2, { by: '500' }],
    outcome('applied'),
  ),
  history('a decrease of 2^53-1', [launch], ['RocketSpeedDecreased', 2, { by: most }], outcome('refused')),
  history(
    'a sum of 2^53',
    [['RocketLaunched', 1, { launchSpeed: '1' }]],
    ['RocketSpeedIncreased', 2, { by: most }],
    outcome('refused'),
  ),
  history(
    'a sum of exactly 2^53-1',
    [['RocketLaunched', 1, { launchSpeed: '0' }]],
    ['RocketSpeedIncreased', 2, { by: most }],
    outcome('applied'),
  ),
  history(
    'a sum of 2^54',
    [['RocketLaunched', 1, { launchSpeed: most }]],
    ['RocketSpeedIncreased', 2, { by: most }],
    outcome('refused'),
  ),
  history('an increase of nothing', [launch], ['RocketSpeedIncreased', 2, { by: '0' }], outcome('applied')),
  history('a launch at 2^53-1', [], ['RocketLaunched', 1, { launchSpeed: most }], outcome('applied')),
  history(
    'a mission that does not change',
    [launch],
    ['RocketMissionChanged', 2, { newMission: '"ARTEMIS"' }],
    outcome('applied'),
  ),
  history('a jump to 2', [], ['RocketExploded', 2], outcome('buffered')),
  history('a jump to 10^9', [launch], ['RocketExploded', 1e9], outcome('buffered')),
  history('a jump to 2^53-1', [launch], ['RocketExploded', Number.MAX_SAFE_INTEGER], outcome('buffered')),
  history('a message that closes a gap', [['RocketExploded', 2]], launch, outcome('applied')),
  history('a message twice', [launch], launch, outcome('duplicate')),
  history(
    'a message twice, sent at another time',
    [launch],
    ['RocketLaunched', 1, { messageTime: '"2023-01-01T00:00:00Z"' }],
    outcome('duplicate'),
  ),
  history('a refused message twice', [['RocketExploded', 1]], ['RocketExploded', 1], outcome('duplicate')),
  history('a waiting message twice', [['RocketExploded', 5]], ['RocketExploded', 5], outcome('duplicate')),
  history(
    'another mission under one number',
    [launch],
    ['RocketLaunched', 1, { mission: '"GEMINI"' }],
    conflict,
  ),
  history(
    'another speed under one number',
    [launch],
    ['RocketLaunched', 1, { launchSpeed: '501' }],
    conflict,
  ),
  history('another type under one number', [launch], ['RocketExploded', 1], conflict),
  history(
    'another reason under a refused number',
    [['RocketExploded', 1]],
    ['RocketExploded', 1, { reason: '"UNKNOWN"' }],
    conflict,
  ),
  history(
    'another reason under a waiting number',
    [['RocketExploded', 5]],
    ['RocketExploded', 5, { reason: '"UNKNOWN"' }],
    conflict,
  ),
  history(
    'the same number in an opposite direction',
    [launch, ['RocketSpeedIncreased', 2]],
    ['RocketSpeedDecreased', 2, { by: '3000' }],
    conflict,
  ),
  history(
    'an invalid message under a number that is taken',
    [launch],
    ['RocketLaunched', 1, { launchSpeed: '-1' }],
    invalidAt('/message/launchSpeed'),
  ),
  history('number 0 after number 1', [launch], ['RocketLaunched', 0], invalidAt('/metadata/messageNumber')),
];
