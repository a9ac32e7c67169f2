import { laneOf, LANES } from '../../src/application/ingest/lanes.js';

/** How a fleet's messages fall to lanes, partitions and instances. */

/** What share of the messages each rocket sends: rocket `i` of `rockets` in an unnamed unit. */
export interface Fleet {
  readonly name: string;
  readonly rockets: number;
  rate(i: number): number;
}

/** The heaviest rocket is the first in every fleet. */
export const fleetsOf = (rockets: number): readonly Fleet[] => [
  { name: 'all at the same rate', rockets, rate: () => 1 },
  { name: 'rates by Zipf’s law, s = 1.1', rockets, rate: (i) => (i + 1) ** -1.1 },
  // The others send 99 % together.
  { name: 'one sends 1 % of everything', rockets, rate: (i) => (i === 0 ? (rockets - 1) / 99 : 1) },
  { name: 'only 1,000 rockets, at the same rate', rockets: Math.min(1000, rockets), rate: () => 1 },
];

export interface Naming {
  readonly name: string;
  channel(i: number): string;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Four bytes that look drawn, the same for the same number and place. */
const drawn = (i: number, place: number): string => {
  let mixed = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(place, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  mixed ^= mixed >>> 16;
  return HEX[mixed >>> 24]! + HEX[(mixed >>> 16) & 255]! + HEX[(mixed >>> 8) & 255]! + HEX[mixed & 255]!;
};

export const namings: readonly Naming[] = [
  { name: 'rocket-0000001', channel: (i) => `rocket-${String(i + 1).padStart(7, '0')}` },
  {
    name: 'UUIDs drawn by chance',
    channel: (i) => {
      const [a, b, c, d] = [drawn(i, 1), drawn(i, 2), drawn(i, 3), drawn(i, 4)];
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
  },
  {
    name: 'UUIDs that count up',
    channel: (i) => `8a6e7887-064f-54fa-b5ee-${i.toString(16).padStart(12, '0')}`,
  },
];

/** A way to deal out channels. `hash` is taken once of each channel for all that share it. */
export interface Dealing {
  readonly name: string;
  readonly bins: number;
  /** So many values of the hash are told apart: an instance has several lanes, and not each as many. */
  readonly slots: number;
  readonly hash: (channel: string) => number;
  bin(hash: number): number;
}

const byPartition = (bins: number): Dealing => ({
  name: `${bins} partitions`,
  bins,
  slots: bins,
  hash: partitionHash,
  bin: (hash) => hash % bins,
});

const byInstance = (bins: number): Dealing => ({
  name: `${bins} instances by lane`,
  bins,
  slots: LANES,
  hash: laneOf,
  bin: (lane) => lane % bins,
});

const bytes = new Uint8Array(1024);

/**
 * What Kafka's Java client, and so the gateway, makes of a key: murmur2 of its bytes, without the sign. Channels are ASCII. The
 * client library of the service may not be installed here; a slow test holds this against it.
 */
export const partitionHash = (key: string): number => {
  const { length } = key;
  for (let i = 0; i < length; i++) bytes[i] = key.charCodeAt(i);
  let hash = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    const mixed = Math.imul(word, MURMUR);
    hash = Math.imul(hash, MURMUR) ^ Math.imul(mixed ^ (mixed >>> 24), MURMUR);
  }
  if (i < length) {
    for (let last = length - 1; last >= i; last--) hash ^= bytes[last]! << (8 * (last - i));
    hash = Math.imul(hash, MURMUR);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MURMUR);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
};

const MURMUR = 0x5bd1e995;

export const dealings: readonly Dealing[] = [
  { name: `${LANES} lanes`, bins: LANES, slots: LANES, hash: laneOf, bin: (lane) => lane },
  byInstance(3),
  byInstance(12),
  byPartition(12),
  byPartition(48),
  byPartition(200),
];

/** The greatest load ÷ the mean one, of each fleet by each dealing. */
export const imbalances = (
  { channel }: Naming,
  fleets: readonly Fleet[],
  ways: readonly Dealing[] = dealings,
): number[][] => {
  const loads = fleets.map(() => ways.map(({ bins }) => new Float64Array(bins)));
  const hashes = [...new Set(ways.map(({ hash }) => hash))];
  const most = Math.max(...fleets.map(({ rockets }) => rockets));
  const at = ways.map(() => 0);
  for (let i = 0; i < most; i++) {
    const name = channel(i);
    const hashed = hashes.map((hash) => hash(name));
    for (let way = 0; way < ways.length; way++) {
      at[way] = ways[way]!.bin(hashed[hashes.indexOf(ways[way]!.hash)]!);
    }
    for (let fleet = 0; fleet < fleets.length; fleet++) {
      if (i >= fleets[fleet]!.rockets) continue;
      const rate = fleets[fleet]!.rate(i);
      for (let way = 0; way < ways.length; way++) loads[fleet]![way]![at[way]!]! += rate;
    }
  }
  return loads.map((ofFleet) => ofFleet.map(imbalanceOf));
};

export const imbalanceOf = (loads: Float64Array): number => {
  const sum = loads.reduce((total, load) => total + load, 0);
  return (Math.max(...loads) * loads.length) / sum;
};

const HEAVY = 1000;
const THROWS = 200;

/** What the heaviest rockets of a fleet send, and what all others send together. */
export interface Shares {
  readonly heavy: readonly number[];
  readonly rest: number;
  /** Of what each of these sends: how uneven they are among each other. */
  readonly squares: number;
}

export const sharesOf = ({ rockets, rate }: Fleet): Shares => {
  const heavy = Array.from({ length: Math.min(HEAVY, rockets) }, (_, i) => rate(i));
  let rest = 0;
  let squares = 0;
  for (let i = heavy.length; i < rockets; i++) {
    rest += rate(i);
    squares += rate(i) ** 2;
  }
  return { heavy, rest, squares };
};

/**
 * What chance would do, at its worst: the heaviest rockets are thrown many times; the others are so many and so light that a bin
 * has their mean and at most five standard deviations.
 */
export const byChance = (
  { heavy, rest, squares }: Shares,
  { bins, slots, bin }: Pick<Dealing, 'bins' | 'slots' | 'bin'>,
  random: () => number,
): number => {
  const throwOnce = (): number => {
    const loads = new Float64Array(bins);
    for (let slot = 0; slot < slots; slot++) loads[bin(slot)]! += rest / slots;
    for (const rate of heavy) loads[bin(Math.floor(random() * slots))]! += rate;
    return imbalanceOf(loads);
  };
  const sum = rest + heavy.reduce((total, rate) => total + rate, 0);
  const uneven = (5 * Math.sqrt(squares / bins) * bins) / sum;
  return uneven + Math.max(...Array.from({ length: THROWS }, throwOnce));
};
