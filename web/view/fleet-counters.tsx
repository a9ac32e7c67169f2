import type { ComponentChildren } from 'preact';
import { durationText, figure, plural, shortFigure } from '../model/format.js';
import type { FleetJson, RocketStatus } from '../model/wire.js';
import { statusWords } from '../model/wording.js';
import { Icon } from './icons.js';

const statuses: readonly RocketStatus[] = ['flying', 'exploded', 'awaiting-launch'];

/** The figures that tell how the fleet is. Each leads to what it counts. */
export const FleetCounters = ({ fleet }: { readonly fleet: FleetJson }) => {
  const { rockets, events, waiting, late, rulesBroken, gaps, silentAfterSeconds } = fleet;
  return (
    <section class="counters" aria-label="The fleet in figures">
      <RocketsCounter fleet={fleet} />
      <Counter
        name="Events recorded"
        href="#/events"
        value={events}
        about={<a href="#/arrivals">how messages arrived</a>}
      />
      <Counter
        name="Waiting now"
        href="#/?only=gaps"
        value={waiting}
        tone="attention"
        about={gaps === 0 ? 'nothing is missing' : `behind ${plural(gaps, 'gap')}`}
      />
      <Counter
        name="Late"
        href="#/?only=incomplete"
        value={late}
        tone="attention"
        about={
          rockets.incomplete === 0
            ? 'nothing was skipped'
            : `${plural(rockets.incomplete, 'rocket')} incomplete`
        }
      />
      <Counter
        name="Rules broken"
        href="#/events?type=MessageRefused"
        value={rulesBroken}
        about="refused, and in the history"
      />
      <Counter
        name="Silent"
        href="#/?only=silent&sort=heardAt"
        value={rockets.silent}
        tone="attention"
        about={`not heard for ${durationText(silentAfterSeconds * 1000)
          .replace('.0', '')
          .replace('.000', '')}`}
      />
    </section>
  );
};

interface CounterProps {
  readonly name: string;
  readonly href: string;
  readonly value: number;
  readonly about: ComponentChildren;
  /** How it looks when it is not zero, where that asks for attention. */
  readonly tone?: 'attention';
}

const Counter = ({ name, href, value, about, tone }: CounterProps) => (
  <div class="counter" data-tone={value > 0 ? tone : undefined} data-name={name}>
    <h2>
      <a href={href}>{name}</a>
    </h2>
    <strong class="big" title={figure(value)}>
      {shortFigure(value)}
    </strong>
    <span class="about">{about}</span>
  </div>
);

const RocketsCounter = ({ fleet: { rockets } }: { readonly fleet: FleetJson }) => (
  <div class="counter counter-rockets" data-name="Rockets">
    <h2>
      <a href="#/">Rockets</a>
    </h2>
    <strong class="big" title={figure(rockets.total)}>
      {shortFigure(rockets.total)}
    </strong>
    <div class="shares" aria-hidden="true">
      {statuses.map((status) => (
        <span
          key={status}
          class={`share share-${status}`}
          style={{ flexGrow: String(rockets.byStatus[status]) }}
        />
      ))}
    </div>
    <ul class="breakdown">
      {statuses.map((status) => (
        <li key={status}>
          <a href={`#/?status=${status}`} class={`status status-${status}`} title={statusWords[status]}>
            <Icon name={status} />
            <span class="value">{shortFigure(rockets.byStatus[status])}</span>
            <span>{statusWords[status].toLowerCase()}</span>
          </a>
        </li>
      ))}
    </ul>
  </div>
);
