import type { ComponentChildren } from 'preact';
import {
  isSilent,
  knownCount,
  rocketsPath,
  sortedBy,
  type FleetQuery,
  type SortKey,
} from '../model/fleet-query.js';
import { dateTime, durationText, exactTime, figure, plural, shortTime, unknown } from '../model/format.js';
import { rocketHref } from '../model/route.js';
import type { FleetJson, RocketJson } from '../model/wire.js';
import { speedChangeTitle, speedText } from '../model/wording.js';
import { Icon } from './icons.js';
import { PagedTable } from './paged-table.js';
import { ChannelName, StatusMark } from './parts.js';

interface Props {
  readonly query: FleetQuery;
  readonly fleet: FleetJson;
  readonly isHeld: boolean;
  readonly onChange: (query: FleetQuery) => void;
}

interface Column {
  readonly name: SortKey | 'version';
  readonly label: string;
  readonly title?: string;
}

const columns: readonly Column[] = [
  { name: 'channel', label: 'Channel' },
  { name: 'status', label: 'Status' },
  { name: 'type', label: 'Type' },
  { name: 'mission', label: 'Mission' },
  { name: 'speed', label: 'Speed' },
  { name: 'version', label: 'Version', title: 'The number of the last message that became history' },
  { name: 'waiting', label: 'Waiting', title: 'Messages that wait for a gap to close' },
  {
    name: 'heardAt',
    label: 'Last heard, UTC',
    title: 'When something new was heard, by the clock of the service',
  },
];

const pageSize = 50;

export const FleetTable = ({ query, fleet, isHeld, onChange }: Props) => {
  const { total } = fleet.rockets;
  const found = (count: number, isAll: boolean): string => {
    const known = isAll ? count : knownCount(query, fleet);
    const held = isHeld ? ', held still' : '';
    if (known === undefined)
      return `more than ${figure(count - pageSize)} of ${plural(total, 'rocket')}${held}`;
    return known === total
      ? `${plural(total, 'rocket')}${held}`
      : `${figure(known)} of ${plural(total, 'rocket')}${held}`;
  };
  return (
    <PagedTable<RocketJson>
      label="Rockets"
      class="fleet"
      path={rocketsPath(query, fleet.silentAfterSeconds, pageSize)}
      isHeld={isHeld}
      head={columns.map((column) => (
        <Heading key={column.name} column={column} query={query} onChange={onChange} />
      ))}
      rowKey={({ channel }) => channel}
      rowClass={({ status }) => `row-${status}`}
      row={(rocket, at) => <Cells rocket={rocket} at={at} silentAfter={fleet.silentAfterSeconds} />}
      found={found}
    />
  );
};

const Heading = (props: { readonly column: Column } & Pick<Props, 'query' | 'onChange'>) => {
  const { query } = props;
  const { name, label, title } = props.column;
  if (name === 'version')
    return (
      <div role="columnheader" class="cell cell-version" title={title}>
        {label}
      </div>
    );
  const order = query.descending ? 'descending' : 'ascending';
  return (
    <div
      role="columnheader"
      class={`cell cell-${name}`}
      aria-sort={query.sort === name ? order : 'none'}
      title={title}
    >
      <button type="button" onClick={() => props.onChange(sortedBy(query, name))}>
        {label}
      </button>
    </div>
  );
};

interface CellsProps {
  readonly rocket: RocketJson;
  readonly at: number;
  readonly silentAfter: number;
}

const Cells = ({ rocket, at, silentAfter }: CellsProps) => {
  const { channel, status, type, mission, version, waiting, heardAt, complete } = rocket;
  return (
    <>
      <div role="cell" class="cell cell-channel">
        <a href={rocketHref(channel)}>
          <ChannelName channel={channel} />
        </a>
      </div>
      <div role="cell" class="cell cell-status">
        <StatusMark status={status} />
        {isSilent(rocket, silentAfter, at) && (
          <Signal title={`Not heard for ${durationText(at - Date.parse(heardAt ?? ''))}`}>silent</Signal>
        )}
        {!complete && (
          <Signal title="Messages were skipped: the figures leave out what they said">incomplete</Signal>
        )}
      </div>
      <Cell name="type">{type ?? unknown}</Cell>
      <Cell name="mission">{mission ?? unknown}</Cell>
      <Cell name="speed" title={rocket.speedChange === null ? undefined : speedChangeTitle}>
        {speedText(rocket)}
      </Cell>
      <Cell name="version">{figure(version)}</Cell>
      <div role="cell" class="cell cell-waiting" title={waitingTitle(rocket)}>
        {waiting > 0 && (
          <span class="signal signal-gap">
            <Icon name="gap" />
            {figure(waiting)}
          </span>
        )}
      </div>
      <Cell
        name="heardAt"
        title={`heard ${exactTime(heardAt)}, last report sent ${dateTime(rocket.updatedAt)}`}
      >
        {shortTime(heardAt, at)}
      </Cell>
    </>
  );
};

/** What does not fit ends in an ellipsis, with the whole of it in the tooltip. */
const Cell = (props: {
  readonly name: string;
  readonly title?: string | undefined;
  readonly children: string;
}) => (
  <div role="cell" class={`cell cell-${props.name}`} title={props.title ?? props.children}>
    {props.children}
  </div>
);

const Signal = (props: { readonly title: string; readonly children: ComponentChildren }) => (
  <span class="signal" title={props.title}>
    {props.children}
  </span>
);

const waitingTitle = ({ waiting, highestHeard }: RocketJson): string | undefined =>
  waiting === 0
    ? undefined
    : `${plural(waiting, 'message')} up to ${figure(highestHeard)} wait for a gap to close`;
