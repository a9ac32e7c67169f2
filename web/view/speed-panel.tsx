import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { exactTime, figure } from '../model/format.js';
import { speedChart, stepAt, type ChartAxis, type SpeedChart, type Step } from '../model/history.js';
import { eventText, eventWords, speedText } from '../model/wording.js';
import { Segments } from './parts.js';
import { Plot } from './plot.js';
import { speedPlotOptions, type Shown } from './speed-plot.js';
import { TimeSlider } from './time-slider.js';

interface Props {
  readonly steps: readonly Step[];
  /** Grows with every step that is added. */
  readonly turn: number;
  readonly version: number;
  /** Null follows the rocket live. */
  readonly chosen: number | null;
  readonly axis: ChartAxis;
  readonly onPick: (version: number | null) => void;
  readonly onAxis: (axis: ChartAxis) => void;
}

/** The speed of a rocket and, on the same axis, the slider through its past. */
export const SpeedPanel = ({ steps, turn, version, chosen, axis, onPick, onAxis }: Props) => {
  const chart = useMemo(() => speedChart(steps, axis), [turn, axis]);
  const data = useMemo<uPlot.AlignedData>(() => [chart.xs, chart.speeds], [chart]);
  const zoom = useSignal<readonly [number, number] | undefined>(undefined);
  const hovered = useSignal<number | null>(null);
  const place = useSignal({ left: 64, width: 0 });
  const plot = useRef<uPlot>(undefined);
  const index = chosen === null ? undefined : stepAt(steps, chosen);
  const shown = useRef<Shown>({ chart, chosen: index });
  shown.current = { chart, chosen: index };
  useEffect(() => plot.current?.redraw(false), [index]);

  const last = steps.length - 1;
  const pickIndex = (picked: number): void => {
    const step = steps[picked];
    if (step !== undefined) onPick(picked === last ? null : step.event.number);
  };
  const pick = useRef(pickIndex);
  pick.current = pickIndex;
  const showAll = (): void => {
    const [first, end] = [chart.xs[0], chart.xs.at(-1)];
    if (first !== undefined && end !== undefined) plot.current?.setScale('x', { min: first, max: end });
  };
  const current = index ?? last;
  const pointer = plot.current?.cursor.left ?? 0;
  return (
    <section class="panel chart-panel" aria-label="Speed">
      <div class="panel-head">
        <h2>Speed</h2>
        {zoom.value !== undefined && (
          <button type="button" class="quiet" onClick={showAll}>
            Show all <span class="hint">(or double-click the chart)</span>
          </button>
        )}
        {zoom.value === undefined && steps.length > 2 && (
          <span class="hint wide-only">Drag over a part to look closer</span>
        )}
        <Segments
          label="Horizontal axis"
          choices={[
            { value: 'time', label: 'By time sent' },
            { value: 'version', label: 'By version' },
          ]}
          chosen={axis}
          onChoose={onAxis}
        />
      </div>
      <div class="chart-box">
        <Plot
          class="chart"
          label={inWords(chart)}
          height={220}
          optionsKey={axis}
          options={(colour) =>
            speedPlotOptions(colour, axis === 'time', () => shown.current, {
              onZoom: (range) => (zoom.value = range),
              onHover: (at) => (hovered.value = at),
              onSize: (left, width) => (place.value = { left, width }),
            })
          }
          data={data}
          keepScales={zoom.value !== undefined}
          onPlot={(made) => {
            plot.current = made;
            made.over.addEventListener('click', () => pick.current(made.cursor.idx ?? -1));
          }}
        />
        {hovered.value !== null && (
          <Tooltip
            step={steps[hovered.value]}
            x={place.value.left + pointer}
            isLeft={pointer > place.value.width / 2}
          />
        )}
      </div>
      <TimeSlider
        xs={chart.xs}
        range={zoom.value}
        index={current}
        place={place.value}
        isLive={chosen === null}
        words={wordsAt(steps[current], version)}
        onPick={pickIndex}
        onLive={() => onPick(null)}
      />
      <Readout step={steps[current]} version={version} chosen={chosen} />
    </section>
  );
};

/** Beside the pointer, on the side where there is more room. */
const Tooltip = (props: {
  readonly step: Step | undefined;
  readonly x: number;
  readonly isLeft: boolean;
}) => {
  const { step, x, isLeft } = props;
  if (step === undefined) return null;
  const { event, rocket } = step;
  return (
    <div class={isLeft ? 'tooltip tooltip-left' : 'tooltip'} style={{ left: `${String(Math.round(x))}px` }}>
      <strong>{speedOf(step)}</strong> at version {figure(event.number)}
      <span>{exactTime(event.time)}</span>
      <span>
        {eventWords[event.type]}: {eventText(event)}
      </span>
      {rocket.status !== 'awaiting-launch' && <span>mission {rocket.mission ?? 'unknown'}</span>}
    </div>
  );
};

/** What the slider stands at, in words: the mission among them. */
const Readout = (props: {
  readonly step: Step | undefined;
  readonly version: number;
  readonly chosen: number | null;
}) => {
  const { step, version, chosen } = props;
  if (step === undefined)
    return (
      <p class="readout">
        {chosen === null
          ? 'Nothing became history yet.'
          : `Version ${figure(chosen)} of ${figure(version)} stands before the events that are loaded.`}
      </p>
    );
  const { event, rocket } = step;
  return (
    <p class="readout">
      <output for="version-slider">
        Version {figure(event.number)} of {figure(version)}
      </output>
      {chosen === null && <span class="now">now</span>}
      <span class="readout-mission">
        mission <b>{rocket.status === 'awaiting-launch' ? 'none yet' : (rocket.mission ?? 'unknown')}</b>
      </span>
      <span>{exactTime(event.time)}</span>
      <span class="readout-event" title={eventText(event)}>
        {eventWords[event.type]}: {eventText(event)}
      </span>
    </p>
  );
};

const speedOf = ({ rocket }: Step): string =>
  speedText(rocket.status === 'awaiting-launch' ? undefined : rocket);

const wordsAt = (step: Step | undefined, version: number): string =>
  step === undefined
    ? 'nothing yet'
    : `version ${String(step.event.number)} of ${String(version)}: speed ${speedOf(step)}`;

const inWords = ({ speeds, marks }: SpeedChart): string => {
  const known = speeds.filter((speed) => speed !== null);
  if (known.length === 0) return 'Speed: nothing known yet';
  const most = known.reduce((a, b) => Math.max(a, b));
  const missions = marks.filter(({ kind }) => kind === 'mission').length;
  const explosion = marks.find(({ kind }) => kind === 'explosion');
  return [
    `Speed: ${figure(known[0])} at first, ${figure(most)} at most, ${figure(known.at(-1))} now`,
    missions > 0 ? `${String(missions)} mission changes` : '',
    explosion === undefined ? '' : `exploded: ${explosion.label}`,
  ]
    .filter(Boolean)
    .join('; ');
};
