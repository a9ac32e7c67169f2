import uPlot from 'uplot';
import { figure } from '../model/format.js';
import { type Mark, pointAt, type SpeedChart } from '../model/history.js';
import { h } from './dom.js';

const height = 280;

/** Speed as the steps it really takes, with missions, skips and the explosion marked, and a line at the chosen version. */
export const speedChartView = (onPick: (version: number) => void) => {
  const element = h('div', { class: 'chart', role: 'img', 'aria-label': 'Speed' });
  let chart: SpeedChart = { xs: [], speeds: [], versions: [], marks: [] };
  let byTime = true;
  let chosen: number | null = null;
  let plot: uPlot | undefined;

  const build = (): void => {
    plot?.destroy();
    plot = new uPlot(
      optionsFor(element, byTime, () => ({ chart, chosen })),
      [chart.xs, chart.speeds],
      element,
    );
    plot.over.addEventListener('click', () => {
      const version = chart.versions[plot?.cursor.idx ?? -1];
      if (version !== undefined) onPick(version);
    });
  };
  const resize = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }));
  resize.observe(element);
  document.addEventListener('themechange', build);

  const show = (next: SpeedChart, nextByTime: boolean): void => {
    chart = next;
    element.setAttribute('aria-label', inWords(chart));
    if (plot === undefined || nextByTime !== byTime) {
      byTime = nextByTime;
      build();
    } else plot.setData([chart.xs, chart.speeds]);
  };
  const choose = (version: number | null): void => {
    if (version === chosen) return;
    chosen = version;
    plot?.redraw(false);
  };
  const dispose = (): void => {
    resize.disconnect();
    document.removeEventListener('themechange', build);
    plot?.destroy();
  };
  return { element, show, choose, dispose };
};

type Shown = () => { readonly chart: SpeedChart; readonly chosen: number | null };

const optionsFor = (element: HTMLElement, byTime: boolean, shown: Shown): uPlot.Options => {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--ink-2'),
    font: `12px ${colour('--mono')}`,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 6 },
  };
  return {
    width: element.clientWidth,
    height,
    ms: 1,
    padding: [26, 36, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
    tzDate: (millis) => uPlot.tzDate(new Date(millis), 'Etc/UTC'),
    scales: {
      x: { time: byTime, range: roomy },
      y: { range: (_plot, low, high) => [Math.min(0, low), high * 1.08 || 1] },
    },
    axes: [
      {
        ...axis,
        size: 36,
        space: byTime ? 110 : 60,
        values: (_plot, values, _axis, _space, step) => values.map(byTime ? timeLabel(step) : figure),
      },
      { ...axis, size: 72, values: (_plot, values) => values.map((value) => figure(value)) },
    ],
    series: [
      {},
      {
        stroke: colour('--trace'),
        width: 2,
        fill: colour('--trace-fill'),
        paths: stepped,
        points: { show: false },
      },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, shown(), colour)] },
  };
};

const stepped = uPlot.paths.stepped?.({ align: 1, extend: true });

/** As fine as the distance between two labels asks for. */
const timeLabel =
  (stepMs: number) =>
  (millis: number): string => {
    const time = new Date(millis).toISOString();
    if (stepMs >= 86_400_000) return time.slice(0, 10);
    if (stepMs >= 60_000) return time.slice(11, 16);
    return time.slice(11, stepMs >= 1_000 ? 19 : 23);
  };

/** A single point still gets an axis with some width. */
const roomy = (_plot: uPlot, low: number, high: number): uPlot.Range.MinMax =>
  low === high ? [low - 1, high + 1] : [low, high];

/** A mark with room for its label gets a line over the whole height; where they crowd, a tick has to do. */
const drawMarks = (
  plot: uPlot,
  { chart, chosen }: ReturnType<Shown>,
  colour: (name: string) => string,
): void => {
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

const byWeight = (marks: readonly Mark[]): Mark[] =>
  marks.toSorted((a, b) => weights[a.kind] - weights[b.kind]);

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
  chart: SpeedChart,
  chosen: number | null,
  colour: (name: string) => string,
): void => {
  const index = chosen === null ? -1 : pointAt(chart, chosen);
  const at = chart.xs[index];
  if (at === undefined) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(at, 'x', true));
  ctx.setLineDash([]);
  ctx.strokeStyle = ctx.fillStyle = colour('--ink');
  verticalLine(ctx, x, bbox.top, bbox.height, 1.5);
  const speed = chart.speeds[index];
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

const inWords = ({ speeds, marks }: SpeedChart): string => {
  const known = speeds.filter((speed) => speed !== null);
  if (known.length === 0) return 'Speed: nothing known yet';
  const most = known.reduce((a, b) => Math.max(a, b));
  const missions = marks.filter(({ kind }) => kind === 'mission').length;
  const explosion = marks.find(({ kind }) => kind === 'explosion');
  return [
    `Speed over time: ${figure(known[0])} at first, ${figure(most)} at most, ${figure(known.at(-1))} now`,
    missions > 0 ? `${String(missions)} mission changes` : '',
    explosion === undefined ? '' : `exploded: ${explosion.label}`,
  ]
    .filter(Boolean)
    .join('; ');
};
