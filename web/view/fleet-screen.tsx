import { useSignal } from '@preact/signals';
import { useAnswer } from '../live/use-answer.js';
import { queryFromParams, queryToParams, type FleetQuery } from '../model/fleet-query.js';
import type { FleetJson } from '../model/wire.js';
import { Attention } from './attention.js';
import { EmptyState } from './empty-state.js';
import { FleetCharts } from './fleet-charts.js';
import { FleetCounters } from './fleet-counters.js';
import { FleetFilters } from './fleet-filters.js';
import { FleetTable } from './fleet-table.js';
import { setParams } from './router.js';

/** The whole fleet: its figures, its last minute, hour or day, and every rocket. */
export const FleetScreen = ({ params }: { readonly params: URLSearchParams }) => {
  const { answer } = useAnswer<FleetJson>('/fleet');
  const isPaused = useSignal(false);
  const query = queryFromParams(params);
  const change = (next: FleetQuery): void => {
    const wanted = queryToParams(next);
    const span = params.get('span');
    if (span !== null) wanted.set('span', span);
    setParams(wanted);
  };
  const { value: fleet, at } = answer.value ?? { value: undefined, at: 0 };
  if (fleet === undefined)
    return (
      <>
        <h1 class="unseen">Fleet</h1>
        <p class="none waiting-text">Loading …</p>
      </>
    );
  // A service that heard of rockets it could not take in is not quiet.
  if (fleet.rockets.total === 0)
    return (
      <>
        <h1 class="unseen">Fleet</h1>
        <EmptyState />
      </>
    );
  return (
    <div class="fleet-screen">
      <h1 class="unseen">Fleet</h1>
      <FleetCounters fleet={fleet} />
      <FleetCharts fleet={fleet} at={at} params={params} />
      <div class="columns">
        <section class="board" aria-label="Fleet">
          <FleetFilters
            query={query}
            fleet={fleet}
            isPaused={isPaused.value}
            onChange={change}
            onPause={(paused) => (isPaused.value = paused)}
          />
          <FleetTable query={query} fleet={fleet} isHeld={isPaused.value} onChange={change} />
        </section>
        <Attention fleet={fleet} />
      </div>
    </div>
  );
};
