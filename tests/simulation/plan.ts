import type { Random } from './random.js';
import { MOST_VALUE_BYTES } from './topic-ledger.js';

/** What may go wrong in one run, and how often. Each fault is absent from half of the runs (swarm testing). */
export interface Plan {
  readonly rockets: number;
  readonly messagesPerRocket: number;
  /** Whether the store is a database that any number of instances share, or the disk of one machine. */
  readonly shared: boolean;
  readonly instances: number;
  readonly workers: number;
  readonly bufferMessages: number;
  readonly bufferBytes: number;
  /** How long a message may be held up before it is first sent: above 0 the order is lost. */
  readonly reorderWithin: number;
  /** Between the first sends of two messages of one rocket; 0 sends all at once. */
  readonly sendEvery: number;
  readonly slowest: number;
  readonly slow: number;
  readonly duplicate: number;
  readonly requestLost: number;
  readonly replyLost: number;
  /** Never sent before everything heals. */
  readonly withheld: number;
  /** Sent once; nobody repeats it before everything heals. */
  readonly givenUp: number;
  readonly otherTime: number;
  readonly impostor: number;
  readonly invalid: number;
  readonly brokenRules: number;
  readonly loadFails: number;
  /** Of pages of the feed. */
  readonly readFails: number;
  readonly commitFails: number;
  /** Of the commits that fail: how many had written a part or all of it. */
  readonly writtenThough: number;
  /** Heads with no more waiting messages than the port demands. */
  readonly partialHeads: boolean;
  /** How long news of what was written may take to all who follow, also when nothing is wrong. */
  readonly newsWithin: number;
  /** A store that lets more come before work is taken. */
  readonly gathers: boolean;
  readonly crashEvery: number;
  readonly powerLossEvery: number;
  readonly stopEvery: number;
  readonly operatorEvery: number;
  /** How long a service has to listen before a gap is given up by itself. */
  readonly gapTimeout: number;
  readonly clockJumps: number;
  readonly readers: number;
  readonly readerPause: number;
  /** Readers of the live feed. */
  readonly followers: number;
  /** What a follower takes of its connection in a millisecond, in events. */
  readonly followerSpeed: number;
  /** How often a follower leaves by itself when it looks at its connection. */
  readonly followerLeaves: number;
  /** What the followers want of the feed. */
  readonly followed: 'everything' | 'one channel' | 'one type';
  /** When the disk is copied, and when it is put back to that copy; 0 for never. */
  readonly copyAt: number;
  readonly restoreAt: number;
  readonly faultsUntil: number;
  /** How often a process loses its connections to the database. */
  readonly connectionLostEvery: number;
  /** How long each half of a transaction may take, also when nothing is wrong. */
  readonly commitsWithin: number;
  /** How often somebody else has a transaction open, and for how long at the most. */
  readonly foreignEvery: number;
  readonly foreignLasts: number;
  /** Numbers under which something is sent, too, that the database refuses. */
  readonly poison: number;
  /** Of the notices for other instances. */
  readonly noticesLost: number;
  /** Where Kafka stands in front. */
  readonly kafka: KafkaPlan | undefined;
  /** Where others are told of events. */
  readonly subscriptions: SubscriptionPlan | undefined;
}

/** What receivers do to what they are told, each of it to so many of the batches, and what becomes of who tells them. */
export interface SubscriptionPlan {
  readonly count: number;
  readonly patienceMs: number;
  readonly fails: number;
  /** Taken, and the answer is lost. */
  readonly yesLost: number;
  /** Nobody ever answers; the batch may be taken all the same, and long after that. */
  readonly hangs: number;
  readonly late: number;
  readonly asksForTime: number;
  readonly gone: number;
  readonly awayEvery: number;
  readonly awayLasts: number;
  /** Of the events: how many a receiver refuses for some time, and how many of these for ever. */
  readonly refused: number;
  readonly forEver: number;
  /** Operators. */
  readonly actEvery: number;
  /** How often a process is stopped, and for how long it does nothing then. */
  readonly freezeEvery: number;
  readonly freezeLasts: number;
}

/** What an instance does with Kafka. */
export type Role = 'gateway' | 'consumer' | 'both';

export interface KafkaPlan {
  /** Of each instance, in turn. */
  readonly roles: readonly Role[];
  readonly partitions: number;
  /** How many lead them. */
  readonly brokers: number;
  readonly firstOffset: number;
  /** How often an offset stands for nothing that a reader sees. */
  readonly noRecord: number;
  readonly requestFails: number;
  /** Of the requests that fail: how many were carried out, or will be. */
  readonly doneThough: number;
  /** Of the requests that fail: how many are not answered for long. */
  readonly hangs: number;
  /** What a topic takes of one partition at once. */
  readonly mostBatchBytes: number;
  readonly mostRejectedBytes: number;
  /** Messages that may be too large for the topic. */
  readonly giant: number;
  readonly awayEvery: number;
  readonly rejectedAwayEvery: number;
  readonly awayLasts: number;
  readonly rebalanceEvery: number;
  /** How often the group does not hear of somebody who goes on. */
  readonly putOutEvery: number;
  readonly sessionMs: number;
  /** How often other programs write to the topic. */
  readonly foreignEvery: number;
}

/** Every fifth run has a database and several instances. */
const SHARED_EVERY = 5;

export const isShared = (seed: number): boolean => seed % SHARED_EVERY === 1;

/** Kafka stands in front of every second of these, and of every fifth run beside them. */
export const hasKafka = (seed: number): boolean =>
  seed % SHARED_EVERY === 3 || (isShared(seed) && seed % 2 === 0);

const NEVER = 0;

/** Of ten runs three, of all kinds. */
export const hasSubscriptions = (seed: number): boolean =>
  seed % 10 === 4 || seed % 10 === 7 || (isShared(seed) && seed % 4 < 2);

const drawing = (random: Random) => ({
  sometimes: (highest: number): number => (random.chance(0.5) ? random.next() * highest : NEVER),
  everyOrNever: (shortest: number, longest: number): number =>
    random.chance(0.5) ? random.between(shortest, longest) : NEVER,
});

const alone = {
  connectionLostEvery: NEVER,
  commitsWithin: NEVER,
  foreignEvery: NEVER,
  foreignLasts: NEVER,
  poison: NEVER,
  noticesLost: NEVER,
};

/** What goes wrong where several instances share a database. */
const drawSharing = (random: Random): typeof alone => {
  const { sometimes, everyOrNever } = drawing(random);
  return {
    connectionLostEvery: everyOrNever(200, 3000),
    commitsWithin: random.pick([0, 20, 200, 600]),
    foreignEvery: everyOrNever(200, 1500),
    foreignLasts: random.pick([20, 500, 3000]),
    poison: sometimes(0.2),
    noticesLost: sometimes(0.2),
  };
};

const roles = ['gateway', 'consumer', 'both'] as const;

/** Alone, an instance that only hands on would have nobody who works off what it took. */
const drawRoles = (
  random: Random,
  { shared, instances }: Pick<Plan, 'shared' | 'instances'>,
): readonly Role[] => {
  if (!shared) return Array.from({ length: instances }, () => random.pick(['both', 'both', 'consumer']));
  return [
    random.pick(['gateway', 'both']),
    random.pick(['consumer', 'both']),
    ...Array.from({ length: instances - 2 }, () => random.pick(roles)),
  ];
};

const drawKafka = (random: Random, plan: Pick<Plan, 'shared' | 'instances'>): KafkaPlan => {
  const { sometimes, everyOrNever } = drawing(random);
  return {
    roles: drawRoles(random, plan),
    partitions: random.between(1, 4),
    brokers: random.between(1, 2),
    firstOffset: random.pick([0, 1000]),
    noRecord: sometimes(0.2),
    requestFails: sometimes(random.chance(0.3) ? 0.6 : 0.2),
    doneThough: random.chance(0.5) ? 0.5 : random.next(),
    hangs: sometimes(0.5),
    mostBatchBytes: random.pick([1_000_000, 700, 260]),
    mostRejectedBytes: random.pick([1_000_000, 1800]),
    giant: sometimes(0.1),
    awayEvery: everyOrNever(500, 3000),
    rejectedAwayEvery: everyOrNever(300, 2000),
    awayLasts: random.pick([100, 1000, 3000]),
    rebalanceEvery: everyOrNever(100, 1500),
    putOutEvery: everyOrNever(200, 2000),
    sessionMs: random.pick([100, 1000]),
    foreignEvery: everyOrNever(50, 500),
  };
};

const drawRockets = (random: Random, shared: boolean): number => random.between(shared ? 2 : 1, 4);

const drawInstances = (random: Random, shared: boolean): number => {
  if (shared) return random.between(2, 4);
  return random.chance(0.4) ? 2 : 1;
};

const drawSubscriptions = (random: Random): SubscriptionPlan => {
  const { sometimes, everyOrNever } = drawing(random);
  return {
    count: random.between(1, 3),
    patienceMs: random.pick([500, 500, 7000, 600_000]),
    fails: sometimes(random.chance(0.3) ? 0.8 : 0.3),
    yesLost: sometimes(0.3),
    hangs: sometimes(0.2),
    late: sometimes(0.3),
    asksForTime: sometimes(0.25),
    gone: sometimes(0.05),
    awayEvery: everyOrNever(500, 3000),
    awayLasts: random.pick([200, 1000, 2500]),
    refused: sometimes(0.4),
    forEver: random.chance(0.5) ? 0.5 : 0,
    actEvery: everyOrNever(30, 600),
    freezeEvery: everyOrNever(300, 2500),
    freezeLasts: random.pick([200, 1500, 4000]),
  };
};

/** What not every run has is drawn last, so that a run is the same otherwise. */
export const drawPlan = (
  random: Random,
  shared: boolean,
  { kafka, subscriptions }: { readonly kafka: boolean; readonly subscriptions: boolean },
): Plan => {
  let plan = drawWithoutKafka(random, shared);
  if (kafka) {
    // A record is larger than what is sent without it.
    const bufferBytes = Math.max(plan.bufferBytes, 1.5 * MOST_VALUE_BYTES);
    plan = { ...plan, bufferBytes, kafka: drawKafka(random, plan) };
  }
  if (!subscriptions) return plan;
  // What is parked is due by the clock on the wall: who sets it back by an hour waits for an hour more.
  return { ...plan, clockJumps: NEVER, subscriptions: drawSubscriptions(random) };
};

const drawWithoutKafka = (random: Random, shared: boolean): Plan => {
  const { sometimes, everyOrNever } = drawing(random);
  const tightBuffer = random.chance(0.3);
  const faultsUntil = random.between(1000, 4000);
  const restoreAt = random.chance(0.1) ? random.between(300, faultsUntil - 1) : NEVER;
  return {
    rockets: drawRockets(random, shared),
    messagesPerRocket: random.between(5, random.chance(0.2) ? 40 : 15),
    shared,
    instances: drawInstances(random, shared),
    workers: random.between(1, 3),
    bufferMessages: tightBuffer ? random.between(1, 6) : 1000,
    bufferBytes: random.chance(0.15) ? random.between(200, 600) : 1_000_000,
    reorderWithin: random.chance(0.8) ? random.between(1, 2000) : 0,
    sendEvery: random.pick([0, 0, 5, 50]),
    slowest: random.pick([50, 500, 3000]),
    slow: sometimes(0.2),
    duplicate: sometimes(0.3),
    requestLost: sometimes(0.3),
    replyLost: sometimes(0.3),
    withheld: sometimes(0.2),
    givenUp: sometimes(0.3),
    otherTime: sometimes(0.5),
    impostor: sometimes(0.2),
    invalid: sometimes(0.1),
    brokenRules: sometimes(0.5),
    loadFails: sometimes(0.1),
    readFails: sometimes(0.2),
    commitFails: sometimes(random.chance(0.3) ? 0.7 : 0.2),
    writtenThough: random.chance(0.5) ? 1 : random.next(),
    partialHeads: random.chance(0.5),
    newsWithin: random.pick([3, 50, 400, 1500]),
    gathers: random.chance(0.5),
    crashEvery: everyOrNever(200, 3000),
    powerLossEvery: everyOrNever(300, 3000),
    stopEvery: random.chance(0.3) ? random.between(300, 2000) : NEVER,
    operatorEvery: everyOrNever(100, 1500),
    gapTimeout: random.chance(0.25) ? random.pick([200, 500, 1000, 2000, 3500]) : NEVER,
    clockJumps: random.chance(0.3) ? random.between(200, 1500) : NEVER,
    readers: random.between(1, 2),
    followers: random.pick([0, 1, 1, 2]),
    followerSpeed: random.pick([10, 1, 0.02, 0.003]),
    followerLeaves: random.pick([0, 0, 0.1, 0.5]),
    followed: random.pick(['everything', 'everything', 'one channel', 'one type']),
    readerPause: random.pick([20, 200, 1500]),
    copyAt:
      restoreAt === NEVER ? NEVER : random.between(random.chance(0.3) ? restoreAt - 20 : 1, restoreAt - 1),
    restoreAt,
    faultsUntil,
    ...(shared ? drawSharing(random) : alone),
    kafka: undefined,
    subscriptions: undefined,
  };
};
