import type { ComponentChildren } from 'preact';
import { useAnswer } from '../live/use-answer.js';
import { dateTime, figure, plural, shortTime } from '../model/format.js';
import { eventHref, rocketHref } from '../model/route.js';
import type { FleetJson, RefusedJson, RocketJson } from '../model/wire.js';
import { ruleWords } from '../model/wording.js';
import { Icon } from './icons.js';
import { ChannelName } from './parts.js';

const listed = 5;

/** What an operator looks at first: what is missing, and what broke a rule. */
export const Attention = ({ fleet }: { readonly fleet: FleetJson }) => {
  const waiting = useAnswer<RocketJson[]>(`/rockets?waiting=true&sort=-waiting&limit=${String(listed)}`)
    .answer.value?.value;
  const refused = useAnswer<RefusedJson[]>(`/events?type=MessageRefused&order=desc&limit=${String(listed)}`)
    .answer.value;
  return (
    <aside class="rail" aria-label="Needs attention">
      <Panel
        title="Open gaps"
        kind="gap"
        total={fleet.gaps}
        href="#/?only=gaps&sort=-waiting"
        more="All rockets with gaps"
        none="Nothing is missing below the highest number heard."
      >
        {waiting?.map((rocket) => (
          <GapItem key={rocket.channel} rocket={rocket} />
        ))}
      </Panel>
      <Panel
        title="Rules broken"
        kind="refused"
        total={fleet.rulesBroken}
        href="#/events?type=MessageRefused"
        more="All messages that broke a rule"
        none="No message broke a rule."
      >
        {refused?.value.map((event) => (
          <RefusedItem key={event.position} event={event} at={refused.at} />
        ))}
      </Panel>
    </aside>
  );
};

interface PanelProps {
  readonly title: string;
  readonly kind: 'gap' | 'refused';
  readonly total: number;
  readonly href: string;
  readonly more: string;
  readonly none: string;
  readonly children: ComponentChildren;
}

const Panel = ({ title, kind, total, href, more, none, children }: PanelProps) => (
  <section class={`panel panel-${kind} ${total === 0 ? 'calm' : ''}`} aria-label={title}>
    <h2>
      <Icon name={kind} />
      {title}
      <strong class="count">{figure(total)}</strong>
    </h2>
    {total === 0 ? <p class="none">{none}</p> : <ul class="attention-list">{children}</ul>}
    {total > 0 && (
      <a class="more" href={href}>
        {more}
      </a>
    )}
  </section>
);

/** A gap begins right behind the version. */
const GapItem = ({ rocket: { channel, version, waiting } }: { readonly rocket: RocketJson }) => (
  <li>
    <a href={rocketHref(channel)}>
      <ChannelName channel={channel} />
    </a>
    <span class="what">no. {figure(version + 1)} is missing</span>
    <span class="when">{plural(waiting, 'waits', 'wait')}</span>
  </li>
);

const RefusedItem = ({ event, at }: { readonly event: RefusedJson; readonly at: number }) => (
  <li>
    <a href={rocketHref(event.channel)}>
      <ChannelName channel={event.channel} />
    </a>
    <a class="what" href={eventHref(event.position)} title={ruleWords[event.data.rule]}>
      {event.data.rule}
    </a>
    <span class="when" title={`recorded ${dateTime(event.recordedAt)} UTC`}>
      {shortTime(event.recordedAt, at).slice(0, 10)}
    </span>
  </li>
);
