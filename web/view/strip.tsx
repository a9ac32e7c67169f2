import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { latest, most } from '../model/activity.js';
import { clockTime, figure, rateFigure } from '../model/format.js';
import { Plot, timeLabel, utcDate, type Colours } from './plot.js';

interface Props {
  readonly name: string;
  readonly colour: string;
  readonly xs: number[];
  readonly values: (number | null)[];
  /** In words: `the last hour`. */
  readonly over: string;
  /** When the last value was true. */
  readonly at?: string;
  readonly height?: number;
}

/** One figure over time, with its value at the pointer. */
export const Strip = ({ name, colour, xs, values, over, at = 'now', height = 96 }: Props) => {
  const hovered = useSignal<number | null>(null);
  const data = useMemo<uPlot.AlignedData>(() => [xs, values], [values]);
  const index = hovered.value;
  const value = index === null ? latest(values) : (values[index] ?? null);
  const when = index === null ? at : `at ${clockTime(xs[index] ?? 0)}`;
  return (
    <figure class="strip" data-name={name}>
      <figcaption>
        <span class="strip-name">{name}</span>
        <strong>{rateFigure(value)}</strong>
        <span class="strip-when">
          {when}, most {rateFigure(most(values))}
        </span>
      </figcaption>
      <Plot
        class="strip-plot"
        label={`${name} over ${over}: ${rateFigure(latest(values))} ${at}, ${rateFigure(most(values))} at most`}
        height={height}
        optionsKey={`${name} ${over}`}
        options={(ink) => stripOptions(ink, colour, (hover) => (hovered.value = hover))}
        data={data}
      />
    </figure>
  );
};

const stripOptions = (
  colour: Colours,
  line: string,
  onHover: (index: number | null) => void,
): Omit<uPlot.Options, 'width' | 'height'> => ({
  ms: 1,
  padding: [6, 26, 0, 0],
  legend: { show: false },
  cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
  tzDate: utcDate,
  scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
  axes: [
    {
      stroke: colour('--ink-2'),
      font: `11px ${colour('--sans')}`,
      grid: { show: false },
      ticks: { stroke: colour('--line'), width: 1, size: 4 },
      size: 22,
      gap: 2,
      space: 90,
      values: (_plot, values, _axis, _space, step) => values.map(timeLabel(step)),
    },
    {
      stroke: colour('--ink-2'),
      font: `11px ${colour('--sans')}`,
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
      size: 44,
      gap: 4,
      space: 28,
      values: (_plot, values) => values.map((value) => (Number.isInteger(value) ? shortAxis(value) : '')),
    },
  ],
  series: [
    {},
    {
      stroke: colour(line),
      width: 1.5,
      fill: `${colour(line)}22`,
      points: { show: false },
      spanGaps: false,
    },
  ],
  hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? null)] },
});

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

const shortAxis = (value: number): string => (value < 10_000 ? figure(value) : compact.format(value));
