import uPlot from 'uplot';
import { figure } from '../model/format.js';
import type { Mark, SpeedChart } from '../model/history.js';
import { timeLabel, utcDate, type Colours } from './plot.js';

export interface Shown {
  readonly chart: SpeedChart;
  /** Index of the point the slider stands at; undefined at the end, where it follows the rocket. */
  readonly chosen: number | undefined;
}

export interface PlotEvents {
  /** The part of the axis in sight, undefined when all of it is. */
  readonly onZoom: (range: readonly [number, number] | undefined) => void;
  readonly onHover: (index: number | null) => void;
  /** Where the plot itself stands between its axes, in pixels. */
  readonly onSize: (left: number, width: number) => void;
}

/** Speed as the steps it really takes, with missions, skips and the explosion marked, and a line at the slider. */
export const speedPlotOptions = (
  colour: Colours,
  byTime: boolean,
  shown: () => Shown,
  { onZoom, onHover, onSize }: PlotEvents,
): Omit<uPlot.Options, 'width' | 'height'> => {
  const axis: uPlot.Axis = {
    stroke: colour('--ink-2'),
    font: `12px ${colour('--sans')}`,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 6 },
  };
  const measure = (plot: uPlot): void => onSize(plot.over.offsetLeft, plot.over.clientWidth);
  return {
    ms: 1,
    padding: [26, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
    tzDate: utcDate,
    scales: {
      x: { time: byTime, range: roomy },
      y: { range: (_plot, low, high) => [Math.min(0, low), high * 1.08 || 1] },
    },
    axes: [
      {
        ...axis,
        size: 36,
        space: byTime ? 110 : 60,
        values: (_plot, values, _axis, _space, step) =>
          values.map(byTime ? timeLabel(step) : (value) => (Number.isInteger(value) ? figure(value) : '')),
      },
      { ...axis, size: 64, values: (_plot, values) => values.map((value) => figure(value)) },
    ],
    series: [
      {},
      {
        stroke: colour('--trace'),
        width: 2,
        fill: colour('--trace-fill'),
        paths: uPlot.paths.stepped?.({ align: 1, extend: true }),
        points: { show: false },
      },
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, shown(), colour)],
      ready: [measure],
      setSize: [measure],
      setCursor: [
        (plot) =>
          onHover(plot.cursor.left === undefined || plot.cursor.left < 0 ? null : (plot.cursor.idx ?? null)),
      ],
      setScale: [(plot, key) => key === 'x' && onZoom(zoomOf(plot))],
    },
  };
};

/** A single point still gets an axis with some width. */
const roomy = (_plot: uPlot, low: number, high: number): uPlot.Range.MinMax =>
  low === high ? [low - 1, high + 1] : [low, high];

const zoomOf = (plot: uPlot): readonly [number, number] | undefined => {
  const { min, max } = plot.scales['x'] ?? {};
  const [xs] = plot.data;
  const [first, last] = [xs[0], xs.at(-1)];
  if (min === undefined || max === undefined || first === undefined || last === undefined) return undefined;
  return min > first || max < last ? [min, max] : undefined;
};

/** A mark with room for its label gets a line over the whole height; where they crowd, a tick has to do. */
const drawMarks = (plot: uPlot, { chart, chosen }: Shown, colour: Colours): void => {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `${String(11 * devicePixelRatio)}px ${colour('--sans')}`;
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'left';
  const taken: { readonly from: number; readonly to: number }[] = [];
  for (const mark of byWeight(chart.marks)) {
    const x = Math.round(plot.valToPos(mark.x, 'x', true));
    if (x < bbox.left || x > right) continue;
    const text = labelOf(mark);
    const width = ctx.measureText(text).width;
    const from = Math.min(x, right - width);
    const to = from + width + 10 * devicePixelRatio;
    const fits = !taken.some((other) => from < other.to && other.from < to);
    ctx.strokeStyle = ctx.fillStyle = colour(markColours[mark.kind]);
    ctx.setLineDash(mark.kind === 'mission' && fits ? [3 * devicePixelRatio, 3 * devicePixelRatio] : []);
    const height = fits || mark.kind === 'explosion' ? bbox.height : 7 * devicePixelRatio;
    verticalLine(ctx, x, bbox.top, height, mark.kind === 'explosion' ? 2 : 1);
    if (!fits) continue;
    taken.push({ from, to });
    ctx.fillText(text, from, bbox.top - 5 * devicePixelRatio);
  }
  drawChosen(plot, chart, chosen, colour);
  ctx.restore();
};

const weights: Readonly<Record<Mark['kind'], number>> = { explosion: 0, launch: 1, skip: 2, mission: 3 };

/** More labels than this do not fit side by side, and looking for room for thousands would be felt. */
const mostMarks = 400;

const byWeight = (marks: readonly Mark[]): Mark[] =>
  marks.toSorted((a, b) => weights[a.kind] - weights[b.kind]).slice(0, mostMarks);

const markColours: Readonly<Record<Mark['kind'], string>> = {
  launch: '--mission',
  mission: '--mission',
  explosion: '--exploded',
  skip: '--gap',
};

const labelOf = ({ kind, label }: Mark): string => {
  const text = kind === 'explosion' ? `✕ ${label}` : label;
  return text.length > 26 ? `${text.slice(0, 25)}…` : text;
};

const drawChosen = (
  plot: uPlot,
  { xs, speeds }: SpeedChart,
  chosen: number | undefined,
  colour: Colours,
): void => {
  const at = chosen === undefined ? undefined : xs[chosen];
  const { ctx, bbox } = plot;
  if (at === undefined) return;
  const x = Math.round(plot.valToPos(at, 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.setLineDash([]);
  ctx.strokeStyle = ctx.fillStyle = colour('--ink');
  verticalLine(ctx, x, bbox.top, bbox.height, 1.5);
  const speed = speeds[chosen ?? -1];
  if (speed === null || speed === undefined) return;
  ctx.beginPath();
  ctx.arc(x, plot.valToPos(speed, 'y', true), 5 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fill();
};

const verticalLine = (
  ctx: CanvasRenderingContext2D,
  x: number,
  top: number,
  height: number,
  width: number,
): void => {
  ctx.lineWidth = width * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
};
