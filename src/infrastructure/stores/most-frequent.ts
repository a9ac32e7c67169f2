import type { NameCount } from '../../application/ports/rocket-directory.js';
import { compareText } from './text-order.js';

/** The names with the highest counts, by count and then by name, in one pass over however many there are. */
export const mostFrequent = (
  counts: Iterable<readonly [name: string, rockets: number]>,
  limit: number,
): NameCount[] => {
  const most: NameCount[] = [];
  for (const [name, rockets] of counts) {
    const last = most.at(-1);
    if (most.length === limit && last !== undefined && order({ name, rockets }, last) > 0) continue;
    most.push({ name, rockets });
    most.sort(order);
    if (most.length > limit) most.pop();
  }
  return most;
};

const order = (one: NameCount, other: NameCount): number =>
  other.rockets - one.rockets || compareText(one.name, other.name);
