import { exactTime, figure, latenessOf, latenessText, needsMillis, shortTime } from '../model/format.js';
import { eventHref, rocketHref } from '../model/route.js';
import type { EventJson } from '../model/wire.js';
import { eventText, eventWords } from '../model/wording.js';
import { PagedTable } from './paged-table.js';
import { ChannelName, RuleMark } from './parts.js';

interface Props {
  readonly path: string;
  readonly isHeld: boolean;
  /** The position of the event that is shown in full. */
  readonly chosen: string | undefined;
  /** The filters, for the address of an event. */
  readonly params: URLSearchParams;
  readonly found: (count: number, isAll: boolean) => string;
}

const columns = ['Recorded, UTC', 'Channel', 'No.', 'Event', 'Detail', 'Late by'];

export const EventsTable = ({ path, isHeld, chosen, params, found }: Props) => (
  <PagedTable<EventJson>
    label="Events"
    class="log events-log"
    path={path}
    isHeld={isHeld}
    head={columns.map((name) => (
      <div role="columnheader" key={name} class="cell">
        {name}
      </div>
    ))}
    rowKey={({ position }) => position}
    rowClass={({ position, type }) => `event-${type} ${position === chosen ? 'chosen' : ''}`}
    row={(event, at, newer, older) => (
      <Cells event={event} at={at} newer={newer} older={older} params={params} />
    )}
    found={found}
  />
);

interface CellsProps {
  readonly event: EventJson;
  readonly at: number;
  readonly newer: EventJson | undefined;
  readonly older: EventJson | undefined;
  readonly params: URLSearchParams;
}

const Cells = ({ event, at, newer, older, params }: CellsProps) => {
  const { channel, number, position, recordedAt } = event;
  const time = shortTime(recordedAt, at, needsMillis(recordedAt, newer?.recordedAt, older?.recordedAt));
  return (
    <>
      <div role="cell" class="cell when" title={exactTime(recordedAt)}>
        <a href={eventHref(position, params)} aria-label={`${time}, event ${figure(number)} of ${channel}`}>
          {time}
        </a>
      </div>
      <div role="cell" class="cell cell-channel">
        <a href={rocketHref(channel)}>
          <ChannelName channel={channel} />
        </a>
      </div>
      <div role="cell" class="cell number">
        {figure(number)}
      </div>
      <div role="cell" class="cell event-name">
        {eventWords[event.type]}
      </div>
      <Detail event={event} />
      <div role="cell" class="cell number late" title={`sent ${event.time}`}>
        {latenessText(latenessOf(event))}
      </div>
    </>
  );
};

export const Detail = ({ event }: { readonly event: EventJson }) => (
  <div role="cell" class="cell detail" title={eventText(event)}>
    {event.type === 'MessageRefused' && <RuleMark rule={event.data.rule} />} {eventText(event)}
  </div>
);
