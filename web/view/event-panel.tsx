import { useAnswer } from '../live/use-answer.js';
import { exactTime, figure, latenessOf, latenessText } from '../model/format.js';
import { rocketHref } from '../model/route.js';
import type { EventJson } from '../model/wire.js';
import { eventText, eventWords, ruleWords } from '../model/wording.js';
import { Icon } from './icons.js';
import { ChannelName, Copyable } from './parts.js';

interface Props {
  readonly position: string;
  readonly closeHref: string;
}

/** One event in full. The address of the page leads to it for ever. */
export const EventPanel = ({ position, closeHref }: Props) => {
  const { answer, error } = useAnswer<EventJson>(`/events/${encodeURIComponent(position)}`);
  const event = answer.value?.value;
  return (
    <aside class="event-panel" aria-label="One event in full">
      <div class="panel-head">
        <h2>{event === undefined ? 'Event' : `${eventWords[event.type]}, no. ${figure(event.number)}`}</h2>
        <a class="close" href={closeHref} aria-label="Close" title="Close">
          <Icon name="close" />
        </a>
      </div>
      {event === undefined ? (
        <p class="none" role="status">
          {error.value?.message ?? 'Loading …'}
        </p>
      ) : (
        <Facts event={event} />
      )}
    </aside>
  );
};

const Facts = ({ event }: { readonly event: EventJson }) => {
  const late = latenessOf(event);
  return (
    <>
      <p class="event-text">{eventText(event)}</p>
      {event.type === 'MessageRefused' && <p class="rule-words">Refused: {ruleWords[event.data.rule]}</p>}
      <dl class="facts">
        <dt>Rocket</dt>
        <dd>
          <a href={`${rocketHref(event.channel)}?version=${String(event.number)}`}>
            <ChannelName channel={event.channel} />
          </a>
        </dd>
        <dt>Sent</dt>
        <dd>
          {exactTime(event.time)} UTC
          <span class="aside">in its own words {event.time}</span>
        </dd>
        <dt>Recorded</dt>
        <dd>{exactTime(event.recordedAt)} UTC</dd>
        <dt>Late by</dt>
        <dd>
          {latenessText(late)}
          {late < 0 && <span class="aside">the clock of the rocket is ahead of ours</span>}
        </dd>
        <dt>Position</dt>
        <dd>
          <Copyable what="the position">{event.position}</Copyable>
        </dd>
        <dt>Link</dt>
        <dd>
          <Copyable what="the link">{location.href}</Copyable>
        </dd>
      </dl>
      <div class="raw">
        <Copyable as="pre" what="the event as JSON">
          {JSON.stringify(event, null, 2)}
        </Copyable>
      </div>
    </>
  );
};
