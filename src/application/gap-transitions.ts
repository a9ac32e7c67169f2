import type { EarlyMessages } from './early-messages.js';
import type { NumberRange } from './outcome.js';
import type { Change, Head } from './ports/event-store.js';

export interface GapTransitions {
  readonly opened: readonly NumberRange[];
  readonly closed: readonly NumberRange[];
}

/**
 * Which gaps a change closed and which it opened. A gap is its range: one that shrinks or splits closes, and what is
 * left of it opens, so a set of ranges that follows these stays equal to the gaps there are.
 *
 * Looks only at the neighbourhood of the numbers that changed. `before.early` may show the early messages as they
 * were before the change or, where a store shares its own list, as they are after it: both lead to the same answer.
 * A head that holds only some of very many early messages has the neighbours of every number that was judged.
 */
export const gapTransitions = (before: Pick<Head, 'state' | 'early'>, change: Change): GapTransitions => {
  if (before.early.size === 0 && change.added.length === 0 && change.released.length === 0) return none;
  const places = placesOf(before, change);
  const then = new Ranges();
  const now = new Ranges();
  for (const place of places) {
    if (place.oldAbove !== undefined) then.add(place.oldBelow, place.oldAbove);
    now.add(place.below, place.number);
    if (place.above !== undefined) now.add(place.number, place.above);
  }
  if (change.state.version !== before.state.version) addAroundVersion(before, change, places, then, now);
  return { opened: now.without(then), closed: then.without(now) };
};

const none: GapTransitions = { opened: [], closed: [] };

/** An early message that was added, between its neighbours among all that were heard: before the change and now. */
interface Place {
  readonly number: number;
  readonly below: number;
  readonly above: number | undefined;
  readonly oldBelow: number;
  oldAbove: number | undefined;
}

const placesOf = (before: Pick<Head, 'state' | 'early'>, change: Change): Place[] => {
  const { early, state } = before;
  const { version } = change.state;
  const places: Place[] = [];
  let previous: Place | undefined;
  for (const { message } of change.added) {
    const { number } = message;
    const known = highestBelow(early, version, number);
    const sharesGap = previous !== undefined && previous.number >= known;
    previous = {
      number,
      below: sharesGap ? previous!.number : known,
      above: early.after(number)?.message.number,
      oldBelow: sharesGap
        ? previous!.oldBelow
        : known > version
          ? known
          : (change.released.at(-1) ?? state.version),
      oldAbove: undefined,
    };
    places.push(previous);
  }
  return places.reverse().map(withAbove()).reverse();
};

/** From the highest number down, where everything above a place is known already. */
const withAbove = () => {
  let next: Place | undefined;
  return (place: Place): Place => {
    const { above } = place;
    const beforeNext = next !== undefined && (above === undefined || next.number <= above);
    next = {
      ...place,
      above: beforeNext ? next!.number : above,
      oldAbove: beforeNext ? next!.oldAbove : above,
    };
    return next;
  };
};

/** The gaps that the version has moved through, and the first one above it. */
const addAroundVersion = (
  { state, early }: Pick<Head, 'state' | 'early'>,
  change: Change,
  places: readonly Place[],
  then: Ranges,
  now: Ranges,
): void => {
  let seen = state.version;
  for (const number of change.released) {
    then.add(seen, number);
    seen = number;
  }
  const [lowest] = places;
  const { version } = change.state;
  const above = early.after(version)?.message.number;
  const lowestIsFirst = lowest !== undefined && (above === undefined || lowest.number <= above);
  const oldAbove = lowestIsFirst ? lowest.oldAbove : above;
  if (oldAbove !== undefined) then.add(seen, oldAbove);
  const first = lowestIsFirst ? lowest.number : above;
  if (first !== undefined) now.add(version, first);
};

/** The highest early number below `number`, or `floor`; by bisection, because the list only looks upwards. */
const highestBelow = (early: EarlyMessages, floor: number, number: number): number => {
  let low = floor;
  let high = number;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    // Everything from `middle` up to `high` is free, or there is a better lower bound.
    const found = early.after(middle - 1)?.message.number ?? number;
    if (found < high) low = found;
    else high = middle;
  }
  return low;
};

class Ranges {
  private readonly byKey = new Map<string, NumberRange>();

  /** The range between two numbers that were heard, if there is one. */
  add(below: number, above: number): void {
    if (above - below > 1) this.byKey.set(`${below}-${above}`, { from: below + 1, to: above - 1 });
  }

  without(others: Ranges): NumberRange[] {
    return [...this.byKey].filter(([key]) => !others.byKey.has(key)).map(([, range]) => range);
  }
}
