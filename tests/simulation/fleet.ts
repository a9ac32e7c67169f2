import { laneOf } from '../../src/application/ingest/lanes.js';
import type { Change } from '../../src/application/ports/event-store.js';
import type { RocketMessage, RocketReport } from '../../src/domain/rocket-message.js';
import type { World } from './world.js';

const start = Date.UTC(2026, 5, 1);
const highest = Number.MAX_SAFE_INTEGER;

/** Channels of one lane and of others: what shares a lane shares batches and commits. */
const channels = ((): { readonly together: string[]; readonly apart: string[] } => {
  const together: string[] = [];
  const apart: string[] = [];
  for (let i = 0; together.length < 4 || apart.length < 4; i++) {
    (laneOf(`rocket-${i}`) === laneOf('rocket-0') ? together : apart).push(`rocket-${i}`);
  }
  return { together, apart };
})();

export const drawChannels = ({ random, plan }: World): string[] => {
  const all = random.chance(plan.shared ? 0.2 : 0.5) ? channels.together : channels.apart;
  return all.slice(0, plan.rockets);
};

/** The life of one rocket as it reports it, with as many broken rules as the plan asks for. */
export const drawHistory = (world: World, channel: string): RocketMessage[] => {
  const { random, plan } = world;
  const messages: RocketMessage[] = [];
  const launchAt = random.chance(plan.brokenRules) ? random.between(2, 4) : 1;
  for (let number = 1; number <= plan.messagesPerRocket; number++) {
    const report = number === launchAt ? launch(world) : drawReport(world);
    messages.push({ channel, number, time: drawTime(world, number), report });
  }
  return messages;
};

/** Clocks on rockets lie: the time of a message says nothing about its place. */
export const drawTime = ({ random }: World, number: number): string =>
  new Date(start + number * 1000 + random.between(-5000, 5000)).toISOString();

const POISON = 'POISON';

/** Another report for the same number, which a database refuses to keep. */
export const drawPoison = (world: World, { channel, number }: RocketMessage): RocketMessage => ({
  channel,
  number,
  time: drawTime(world, number),
  report: { type: 'RocketMissionChanged', data: { newMission: POISON } },
});

export const isPoison = ({ report }: RocketMessage): boolean =>
  report.type === 'RocketMissionChanged' && report.data.newMission === POISON;

export const isPoisoned = ({ events, added, late }: Change): boolean =>
  JSON.stringify([events, added, late]).includes(POISON);

const GIANT = 'GIANT';

/** Another report for the same number, which is too large for some topics, and for every consumer. */
export const drawGiant = (world: World, { channel, number }: RocketMessage): RocketMessage => ({
  channel,
  number,
  time: drawTime(world, number),
  report: {
    type: 'RocketMissionChanged',
    data: { newMission: GIANT.repeat(world.random.between(100, 150)) },
  },
});

export const isGiant = ({ report }: RocketMessage): boolean =>
  report.type === 'RocketMissionChanged' && report.data.newMission.startsWith(GIANT);

/** Another report for the same number. */
export const drawImpostor = (world: World, { channel, number, report }: RocketMessage): RocketMessage => {
  const { random } = world;
  const other: RocketReport =
    report.type === 'RocketSpeedIncreased'
      ? { type: 'RocketSpeedIncreased', data: { by: report.data.by === highest ? 0 : report.data.by + 1 } }
      : { type: 'RocketSpeedIncreased', data: { by: random.between(0, 100) } };
  return { channel, number, time: drawTime(world, number), report: other };
};

const launch = ({ random, plan }: World): RocketReport => ({
  type: 'RocketLaunched',
  data: {
    type: random.pick(['Falcon-9', 'Soyuz']),
    launchSpeed: random.chance(plan.brokenRules / 4) ? highest : random.between(0, 1000),
    mission: random.pick(['ARTEMIS', 'GEMINI']),
  },
});

const drawReport = (world: World): RocketReport => {
  const { random, plan } = world;
  if (random.chance(plan.brokenRules / 3)) {
    return random.pick<() => RocketReport>([
      () => launch(world),
      () => ({ type: 'RocketSpeedDecreased', data: { by: random.between(1000, 5000) } }),
      () => ({ type: 'RocketSpeedIncreased', data: { by: highest } }),
      () => ({ type: 'RocketExploded', data: { reason: random.pick(['FUEL', 'ICE']) } }),
    ])();
  }
  const by = random.between(0, 300);
  return random.pick<() => RocketReport>([
    () => ({ type: 'RocketSpeedIncreased', data: { by } }),
    () => ({ type: 'RocketSpeedIncreased', data: { by } }),
    () => ({ type: 'RocketSpeedDecreased', data: { by } }),
    () => ({ type: 'RocketMissionChanged', data: { newMission: `MISSION_${by}` } }),
  ])();
};
