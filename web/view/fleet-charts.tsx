import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { fleetSeries, latest, most, type FleetSeries } from '../model/activity.js';
import { clockTime, dateTime, figure, rateFigure } from '../model/format.js';
import { spans, type FleetJson, type Span } from '../model/wire.js';
import { Segments } from './parts.js';
import { Plot, timeLabel, utcDate, type Colours } from './plot.js';
import { setParams } from './router.js';

interface Props {
  readonly fleet: FleetJson;
  readonly at: number;
  readonly params: URLSearchParams;
}

/** On a phone the first rockets come first; the charts are one touch away. */
const isWide = matchMedia('(min-width: 720px)');

/** How the fleet came to where it is: kept by the service, so it is there at once. */
export const FleetCharts = ({ fleet, at, params }: Props) => {
  const span = spans.find((known) => known === params.get('span')) ?? 'minute';
  const { since } = fleet.activity;
  const series = useMemo(() => fleetSeries(fleet.activity[span], since, at), [fleet, span]);
  const choose = (next: Span): void => {
    const wanted = new URLSearchParams(params);
    if (next === 'minute') wanted.delete('span');
    else wanted.set('span', next);
    setParams(wanted);
  };
  return (
    <details class="charts" open={isWide.matches}>
      <summary>History of the fleet</summary>
      <div class="charts-body">
        <div class="charts-head">
          <h2>
            The last {span}
            {Date.parse(since) > (series.xs[0] ?? 0) && (
              <span class="since">counted since {dateTime(since).slice(11)}</span>
            )}
          </h2>
          <Segments
            label="Span of time"
            choices={spans.map((value) => ({ value, label: value[0]?.toUpperCase() + value.slice(1) }))}
            chosen={span}
            onChoose={choose}
          />
        </div>
        <Strip
          name="Events a second"
          colour="--trace"
          series={series}
          values={series.eventsPerSecond}
          span={span}
        />
        <Strip name="Open gaps" colour="--gap" series={series} values={series.gaps} span={span} />
        <Strip
          name="Rules broken"
          colour="--refused"
          series={series}
          values={series.rulesBroken}
          span={span}
        />
      </div>
    </details>
  );
};

interface StripProps {
  readonly name: string;
  readonly colour: string;
  readonly series: FleetSeries;
  readonly values: (number | null)[];
  readonly span: Span;
}

const Strip = ({ name, colour, series, values, span }: StripProps) => {
  const hovered = useSignal<number | null>(null);
  const data = useMemo<uPlot.AlignedData>(() => [series.xs, values], [series]);
  const index = hovered.value;
  const value = index === null ? latest(values) : (values[index] ?? null);
  const when = index === null ? 'now' : `at ${clockTime(series.xs[index] ?? 0)}`;
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
        label={`${name} over the last ${span}: ${rateFigure(latest(values))} now, ${rateFigure(most(values))} at most`}
        height={96}
        optionsKey={`${name} ${span}`}
        options={(ink) => stripOptions(ink, colour, (at) => (hovered.value = at))}
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
