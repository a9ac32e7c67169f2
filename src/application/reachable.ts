import { EVENTS_PER_STEP } from './advance.js';

/**
 * The early messages that one step on these numbers can come across, of those of its channel from the lowest up: those
 * whose turn may come, and the one behind them. A skip, which asks for no numbers, goes on behind the first gap.
 *
 * A store whose channel has very many of them loads these and no more, and of each number the early messages next to it.
 */
export const reachable = <Early>(
  version: number,
  numbers: readonly number[],
  lowest: Iterable<Early>,
  numberOf: (early: Early) => number,
): Early[] => {
  const asked = new Set(numbers);
  const found: Early[] = [];
  let next = version + 1;
  let gaps = 0;
  for (const early of lowest) {
    const number = numberOf(early);
    while (next < number && asked.has(next)) next++;
    found.push(early);
    if (number > next) gaps++;
    if (gaps > (numbers.length === 0 ? 1 : 0) || found.length > EVENTS_PER_STEP) break;
    next = number + 1;
  }
  return found;
};
