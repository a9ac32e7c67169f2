import type { RocketReport } from '../../src/domain/rocket-message.js';
import type { Random } from '../simulation/random.js';
import { exploded, faster, launched, missionChanged, slower } from './messages.js';

/** A rocket's life by chance: mostly flying, now and then breaking a rule, rarely ending before its last message. */
export const drawReports = (random: Random, length: number): RocketReport[] => {
  const launchAt = random.chance(0.9) ? 0 : random.between(0, 3);
  return Array.from({ length }, (_, i) =>
    i === launchAt ? launched(random.between(0, 1000)) : draw(random, length),
  );
};

const draw = (random: Random, length: number): RocketReport => {
  if (random.chance(0.3 / length)) return exploded();
  if (random.chance(0.05)) return launched();
  const by = random.between(0, 500);
  return random.pick([faster(by), faster(by), slower(by), missionChanged(`MISSION-${by}`)]);
};
