import { javaHashes } from '../support/kafka/java-hashes.js';
import { seededRandom } from '../support/seeded-random.js';
import {
  byChance,
  dealings,
  fleetsOf,
  imbalanceOf,
  imbalances,
  namings,
  partitionHash,
  sharesOf,
  type Dealing,
} from './balance.js';

const [same, zipf, onePercent] = fleetsOf(20_000);
const named = (name: string): Dealing => dealings.find((dealing) => dealing.name === name)!;

describe('the hash of partitions', () => {
  it.each(javaHashes)('is that of the Java client: %s', (key, hash) => {
    expect(partitionHash(key)).toBe(hash & 0x7fffffff);
  });
});

describe('names of rockets', () => {
  it('are UUIDs where they say so, and each is another', () => {
    for (const { name, channel } of namings) {
      const channels = Array.from({ length: 20_000 }, (_, i) => channel(i));
      expect(new Set(channels).size).toBe(20_000);
      const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[ab][0-9a-f]{3}-[0-9a-f]{12}$/;
      expect(channels.filter((text) => uuid.test(text))).toHaveLength(name.includes('UUID') ? 20_000 : 0);
    }
  });
});

describe('the balance of a fleet', () => {
  it('is 1 where each has as much as the others, and the number of bins where one has all', () => {
    expect(imbalanceOf(Float64Array.of(3, 3, 3))).toBe(1);
    expect(imbalanceOf(Float64Array.of(0, 9, 0))).toBe(3);
    expect(imbalanceOf(Float64Array.of(1, 2, 3))).toBe(1.5);
  });

  it('counts what each rocket sends where its name puts it', () => {
    const fleet = { name: 'three', rockets: 3, rate: (i: number) => 10 ** i };
    const byEnd: Dealing = { name: '', bins: 2, slots: 2, hash: Number, bin: (hash) => hash % 2 };
    // 0 and 2 fall together: 101 of 111.
    expect(imbalances({ name: '', channel: String }, [fleet], [byEnd])).toEqual([[(101 * 2) / 111]]);
  });

  it('has the skew that it says', () => {
    const heaviest = (fleet: typeof same): number => {
      const { heavy, rest } = sharesOf(fleet!);
      return heavy[0]! / (heavy.reduce((sum, rate) => sum + rate, 0) + rest);
    };
    expect(heaviest(same)).toBeCloseTo(1 / 20_000, 9);
    expect(heaviest(onePercent)).toBeCloseTo(0.01, 9);
    // 1 ÷ the sum of k^-1.1 up to 20,000.
    expect(heaviest(zipf)).toBeCloseTo(0.1459, 3);
  });

  it('is that of chance for our hashes, and not for one that knows the last letter alone', () => {
    const ours = named('48 partitions');
    const bad: Dealing = { ...ours, hash: (channel) => channel.charCodeAt(channel.length - 1) };
    const bound = byChance(sharesOf(same!), bad, seededRandom(1));
    for (const naming of namings) {
      const [[partitions, badly] = []] = imbalances(naming, [same!], [ours, bad]);
      expect(partitions).toBeLessThan(bound);
      expect(badly).toBeGreaterThan(bound);
    }
  });

  it('deals the lanes out to instances as far as they can be', () => {
    const lanes = named('12 instances by lane');
    const even = { heavy: [], rest: 1, squares: 0 };
    // Six lanes of 64 where five and a third would be the mean.
    expect(byChance(even, lanes, seededRandom(1))).toBeCloseTo((6 * 12) / 64, 9);
  });
});
