import { useMemo, useRef } from 'preact/hooks';
import { eventTypes, type RocketEvent } from '../../src/domain/rocket-event.js';
import { may } from '../live/session.js';
import {
  exactTime,
  figure,
  latenessOf,
  latenessText,
  needsMillis,
  plural,
  shortTime,
} from '../model/format.js';
import { stepAt, type Step } from '../model/history.js';
import { eventHref } from '../model/route.js';
import { eventWords, speedText } from '../model/wording.js';
import { Detail } from './events-table.js';
import { useRowWindow } from './use-row-window.js';
import { useStillBox } from './use-still-box.js';

interface Props {
  readonly steps: readonly Step[];
  /** Grows with every step that is added. */
  readonly turn: number;
  readonly chosen: number | null;
  readonly type: RocketEvent['type'] | null;
  readonly at: number;
  readonly onPick: (version: number) => void;
  readonly onType: (type: RocketEvent['type'] | null) => void;
}

const columns = ['No.', 'Event', 'Detail', 'Speed after', 'Sent, UTC', 'Recorded, UTC', 'Late by'];

/** Every event of a rocket, newest first, in a box of its own that follows the slider. */
export const HistoryList = (props: Props) => {
  const { steps, turn, chosen, type, at, onPick } = props;
  const box = useRef<HTMLDivElement>(null);
  const oldestFirst = useMemo(
    () => (type === null ? [...steps] : steps.filter(({ event }) => event.type === type)),
    [turn, type],
  );
  const count = oldestFirst.length;
  const { body, first, end, rowHeight } = useRowWindow(count, box);
  const place = count - 1 - (chosen === null ? count - 1 : stepAt(oldestFirst, chosen));
  const onScroll = useStillBox(box, { chosen, type, count, place, rowHeight });

  const rows = Array.from({ length: Math.max(0, end - first) }, (_none, index) => first + index);
  return (
    <>
      <div class="filters">
        <h2 id="history-title">History</h2>
        <select
          aria-label="Type of event"
          value={type ?? ''}
          onChange={({ currentTarget: { value } }) =>
            props.onType(eventTypes.find((known) => known === value) ?? null)
          }
        >
          <option value="">Every event</option>
          {eventTypes.map((known) => (
            <option key={known} value={known}>
              {eventWords[known]}
            </option>
          ))}
        </select>
        <p class="found" role="status">
          {plural(count, 'event')}
        </p>
      </div>
      <div
        class="history-box"
        ref={box}
        onScroll={onScroll}
        tabIndex={0}
        role="region"
        aria-label="History, newest first"
      >
        <div role="table" class="log history-log" aria-label="History" aria-rowcount={count + 1}>
          <div role="rowgroup" class="head">
            <div role="row" class="row" aria-rowindex={1}>
              {columns.map((name) => (
                <div role="columnheader" key={name} class="cell">
                  {name}
                </div>
              ))}
            </div>
          </div>
          <div role="rowgroup" class="rows" ref={body} style={{ height: `${String(count * rowHeight)}px` }}>
            {rows.map((index) => {
              const step = oldestFirst[count - 1 - index];
              if (step === undefined) return null;
              const { number } = step.event;
              return (
                <div
                  role="row"
                  key={number}
                  class={`row event-${step.event.type} ${chosen !== null && index === place ? 'chosen' : ''} ${chosen !== null && number > chosen ? 'future' : ''}`}
                  aria-rowindex={index + 2}
                  style={{ transform: `translateY(${String(index * rowHeight)}px)` }}
                >
                  <Cells
                    step={step}
                    newer={oldestFirst[count - index]}
                    older={oldestFirst[count - 2 - index]}
                    at={at}
                    isChosen={chosen !== null && index === place}
                    onPick={onPick}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </>
  );
};

interface CellsProps {
  readonly step: Step;
  readonly newer: Step | undefined;
  readonly older: Step | undefined;
  readonly at: number;
  readonly isChosen: boolean;
  readonly onPick: (version: number) => void;
}

const Cells = ({ step: { event, rocket }, newer, older, at, isChosen, onPick }: CellsProps) => {
  const time = (name: 'time' | 'recordedAt'): string =>
    shortTime(event[name], at, needsMillis(event[name], newer?.event[name], older?.event[name]));
  return (
    <>
      <div role="cell" class="cell number">
        <button
          type="button"
          class="pick"
          aria-label={`Show the state as of ${String(event.number)}`}
          aria-pressed={isChosen}
          onClick={() => onPick(event.number)}
        >
          {figure(event.number)}
        </button>
      </div>
      <div role="cell" class="cell event-name">
        {may.value.fleet ? (
          <a href={eventHref(event.position)} title="This event in full">
            {eventWords[event.type]}
          </a>
        ) : (
          eventWords[event.type]
        )}
      </div>
      <Detail event={event} />
      <div role="cell" class="cell number speed-after">
        {speedText(rocket.status === 'awaiting-launch' ? undefined : rocket)}
      </div>
      <div role="cell" class="cell when" title={`${exactTime(event.time)}, as sent: ${event.time}`}>
        {time('time')}
      </div>
      <div role="cell" class="cell when" title={exactTime(event.recordedAt)}>
        {time('recordedAt')}
      </div>
      <div role="cell" class="cell number late">
        {latenessText(latenessOf(event))}
      </div>
    </>
  );
};
