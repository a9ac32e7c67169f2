import { useMemo } from 'preact/hooks';
import { fleetSeries } from '../model/activity.js';
import { dateTime } from '../model/format.js';
import { spans, type FleetJson, type Span } from '../model/wire.js';
import { Segments } from './parts.js';
import { setParams } from './router.js';
import { Strip } from './strip.js';

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
  const { xs } = series;
  const over = `the last ${span}`;
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
            {Date.parse(since) > (xs[0] ?? 0) && (
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
        <Strip name="Events a second" colour="--trace" xs={xs} values={series.eventsPerSecond} over={over} />
        <Strip name="Open gaps" colour="--gap" xs={xs} values={series.gaps} over={over} />
        <Strip name="Rules broken" colour="--refused" xs={xs} values={series.rulesBroken} over={over} />
      </div>
    </details>
  );
};
