import { pointAt } from '../model/history.js';

interface Props {
  /** Where the steps stand on the axis of the chart. */
  readonly xs: readonly number[];
  /** The part of the axis in sight, when that is not all of it. */
  readonly range: readonly [number, number] | undefined;
  readonly index: number;
  /** Where the chart has its axis, in pixels. */
  readonly place: { readonly left: number; readonly width: number };
  readonly isLive: boolean;
  readonly words: string;
  readonly onPick: (index: number) => void;
  readonly onLive: () => void;
}

/** Half of the handle, which stands with its middle at the ends of the axis; the style sheet says the same. */
const halfHandle = 7;

/** Moves through the past of a rocket right under its chart; at its right end it follows the rocket live. */
export const TimeSlider = ({ xs, range, index, place, isLive, words, onPick, onLive }: Props) => {
  const [min, max] = range ?? [xs[0] ?? 0, xs.at(-1) ?? 0];
  const x = Math.min(Math.max(xs[index] ?? min, min), max);
  const done = max === min ? 100 : ((x - min) / (max - min)) * 100;
  const go = (to: number): void => onPick(Math.min(Math.max(to, 0), xs.length - 1));
  const onKey = (event: KeyboardEvent): void => {
    const target = keys[event.key]?.(index, xs.length);
    if (target === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    // One step is one event, however close together they stand.
    event.preventDefault();
    go(target);
  };
  return (
    <>
      <div
        class="slider"
        style={{
          marginLeft: `${String(place.left - halfHandle)}px`,
          width: `${String(place.width + 2 * halfHandle)}px`,
        }}
      >
        <input
          id="version-slider"
          type="range"
          min={min}
          max={max}
          step={1}
          value={x}
          aria-label="Show the state as of"
          aria-valuetext={words}
          style={{ '--done': `${String(done)}%` }}
          onInput={({ currentTarget: { valueAsNumber } }) =>
            onPick(valueAsNumber >= max && range === undefined ? xs.length - 1 : pointAt(xs, valueAsNumber))
          }
          onKeyDown={onKey}
        />
      </div>
      <div class="slider-buttons">
        <button type="button" class="quiet" aria-label="One event back" onClick={() => go(index - 1)}>
          ‹
        </button>
        <button type="button" class="quiet" aria-label="One event on" onClick={() => go(index + 1)}>
          ›
        </button>
        <button type="button" class="toggle" aria-pressed={isLive} onClick={onLive}>
          Latest
        </button>
      </div>
    </>
  );
};

const tenth = (count: number): number => Math.max(1, Math.round(count / 10));

const keys: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowLeft: (index) => index - 1,
  ArrowDown: (index) => index - 1,
  ArrowRight: (index) => index + 1,
  ArrowUp: (index) => index + 1,
  PageDown: (index, count) => index - tenth(count),
  PageUp: (index, count) => index + tenth(count),
  Home: () => 0,
  End: (_index, count) => count - 1,
};
