import { useSignal } from '@preact/signals';
import { eventsFromParams, eventsPath, eventsToParams, type EventsQuery } from '../model/events-query.js';
import { plural } from '../model/format.js';
import { withParams } from '../model/route.js';
import { EventPanel } from './event-panel.js';
import { EventsFilters } from './events-filters.js';
import { EventsTable } from './events-table.js';
import { setParams } from './router.js';

interface Props {
  readonly params: URLSearchParams;
  /** Of the event that is shown in full. */
  readonly position: string | undefined;
}

/** What just happened in the whole fleet, newest first. */
export const EventsScreen = ({ params, position }: Props) => {
  const isPaused = useSignal(false);
  const query = eventsFromParams(params);
  const change = (next: EventsQuery): void => setParams(eventsToParams(next));
  return (
    <div class={`events-screen ${position === undefined ? '' : 'with-event'}`}>
      <h1>Events</h1>
      <EventsFilters
        query={query}
        isPaused={isPaused.value}
        onChange={change}
        onPause={(paused) => (isPaused.value = paused)}
      />
      <div class="events-columns">
        <section class="board" aria-label="Events">
          <EventsTable
            path={eventsPath(query, 50)}
            isHeld={isPaused.value}
            chosen={position}
            params={eventsToParams(query)}
            found={(count, isAll) =>
              `${isAll ? plural(count, 'event') : 'Newest first'}${isPaused.value ? ', held still' : ''}`
            }
          />
        </section>
        {position !== undefined && (
          <EventPanel
            key={position}
            position={position}
            closeHref={withParams('#/events', eventsToParams(query))}
          />
        )}
      </div>
    </div>
  );
};
