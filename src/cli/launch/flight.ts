import { createHash } from 'node:crypto';
import { Random } from './random.js';
import { RuleBreaker } from './rule-breaker.js';
import type { NumberedReport, Report, Reporter } from './sent-message.js';

const missions = ['APOLLO', 'APOLLO_SOYUZ', 'ARTEMIS', 'GEMINI', 'MERCURY', 'SHUTTLE_MIR', 'SKYLAB'];
const types = [
  'Atlas-LV3',
  'Delta-II',
  'Falcon-9',
  'Falcon-Heavy',
  'PGM-19-Jupiter',
  'Redstone',
  'Saturn-I',
  'Saturn-V',
  'Titan-IIID',
];
const reasons = [
  'FROZEN_O_RINGS',
  'PRESSURE_VESSEL_FAILURE',
  'SYSTEM_MALFUNCTION',
  'UNKNOWN_OBJECT_COLLISION',
];

const SPEED_STEP = 500;
const LOWEST_SPEED = 500;
const DOOMED_SHARE = 0.3;
const LONGEST_DOOMED_FLIGHT = 4200;
/** Any fixed UUID serves as the namespace of version 5. */
const NAMESPACE = Buffer.from('6f1c3c2e5a0b4d0e9a57d1b0c8e2f444', 'hex');

/**
 * One rocket's reports, in number order. They depend on the seed and the rocket's index alone, so that runs of any
 * length and any number of rockets agree about every message: a longer run repeats a shorter one.
 */
export class Flight implements Reporter {
  readonly channel: string;
  private readonly random: Random;
  /** The number of the explosion; the first rocket never explodes, so that a run of any length has a reporter. */
  private readonly lastNumber: number;
  private number = 0;
  private speed = 0;
  private mission = '';

  constructor(seed: number, index: number) {
    this.channel = uuidV5(`rocket ${index} of seed ${seed}`);
    this.random = new Random(seed, index);
    const doomed = this.random.chance(DOOMED_SHARE) && index > 0;
    this.lastNumber = doomed ? this.random.between(2, LONGEST_DOOMED_FLIGHT) : Infinity;
  }

  get over(): boolean {
    return this.number >= this.lastNumber;
  }

  next(): NumberedReport {
    this.number++;
    return { channel: this.channel, number: this.number, report: this.report() };
  }

  private report(): Report {
    if (this.number === 1) return this.launch();
    if (this.over) return { type: 'RocketExploded', data: { reason: this.random.pick(reasons) } };
    const draw = this.random.below(100);
    if (draw < 15) return this.changeMission();
    const by = this.random.between(1, 6) * SPEED_STEP;
    const slower = draw < 55 && this.speed - by >= LOWEST_SPEED;
    this.speed += slower ? -by : by;
    return { type: slower ? 'RocketSpeedDecreased' : 'RocketSpeedIncreased', data: { by } };
  }

  private launch(): Report {
    this.speed = this.random.between(1, 10) * SPEED_STEP;
    this.mission = this.random.pick(missions);
    const data = { type: this.random.pick(types), launchSpeed: this.speed, mission: this.mission };
    return { type: 'RocketLaunched', data };
  }

  private changeMission(): Report {
    this.mission = this.random.pick(missions.filter((mission) => mission !== this.mission));
    return { type: 'RocketMissionChanged', data: { newMission: this.mission } };
  }
}

/** All rockets' reports as they come over the radio, each rocket's own in order: at most so many, if rockets last. */
export function* flights(
  seed: number,
  rockets: number,
  maxMessages: number,
  ruleBreaking = 0,
): Generator<NumberedReport> {
  const flying = Array.from({ length: rockets }, (_, index): Reporter => {
    const flight = new Flight(seed, index);
    return ruleBreaking === 0
      ? flight
      : new RuleBreaker(flight, ruleBreaking, new Random(seed, index, 0xbad));
  });
  const random = new Random(seed, rockets, 0xf119);
  for (let sent = 0; sent < maxMessages; sent++) {
    const index = random.below(flying.length);
    const flight = flying[index]!;
    yield flight.next();
    if (flight.over) flying.splice(index, 1);
  }
}

const uuidV5 = (name: string): string => {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
