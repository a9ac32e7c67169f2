import type { ComponentChildren } from 'preact';
import { dateTime, exactTime, figure, shortTime, unknown } from '../model/format.js';
import type { RocketJson } from '../model/wire.js';
import { speedChangeTitle, speedText } from '../model/wording.js';
import { StatusMark } from './parts.js';
import type { AsOf } from './use-as-of.js';

interface Props {
  readonly rocket: RocketJson;
  readonly asOf: AsOf | undefined;
  readonly chosen: number | null;
  readonly at: number;
}

/** The rocket now, or as it was at the place of the slider. */
export const RocketFigures = ({ rocket, asOf, chosen, at }: Props) => {
  const state = chosen === null ? rocket : (asOf?.rocket ?? rocket);
  return (
    <dl class={`figures ${mood(asOf, chosen)}`}>
      <Figure name="Status">
        <StatusMark status={state.status} />
        {state.reason !== null && <span class="reason">{state.reason}</span>}
      </Figure>
      <Figure name="Speed" title={state.speedChange === null ? undefined : speedChangeTitle}>
        {speedText(state)}
      </Figure>
      <Figure name="Mission" title={state.mission ?? undefined}>
        {state.mission ?? unknown}
      </Figure>
      <Figure name="Type" title={state.type ?? undefined}>
        {state.type ?? unknown}
      </Figure>
      <Figure name="Launched" unit="UTC">
        {dateTime(state.launchedAt)}
      </Figure>
      <Figure name="Last report" unit="UTC" title={exactTime(state.updatedAt)}>
        {dateTime(state.updatedAt)}
      </Figure>
      <Figure name="Last heard" unit="UTC" title={exactTime(rocket.heardAt)}>
        {shortTime(rocket.heardAt, at)}
      </Figure>
      <Figure name="Version">
        {chosen === null ? versionText(rocket) : `${figure(chosen)} of ${figure(rocket.version)}`}
      </Figure>
    </dl>
  );
};

/** The past looks like the past, and an answer that is still on its way like one. */
const mood = (asOf: AsOf | undefined, chosen: number | null): string => {
  if (chosen === null) return '';
  return asOf?.version === chosen ? 'as-of' : 'as-of coming';
};

const Figure = (props: {
  readonly name: string;
  readonly unit?: string;
  readonly title?: string | undefined;
  readonly children: ComponentChildren;
}) => (
  <div class={`figure-${props.name.toLowerCase().replace(' ', '-')}`}>
    <dt>
      {props.name}
      {props.unit !== undefined && `, ${props.unit}`}
    </dt>
    <dd title={props.title}>{props.children}</dd>
  </div>
);

const versionText = ({ version, highestHeard, waiting, late }: RocketJson): string =>
  figure(version) +
  (waiting === 0 ? '' : ` of ${figure(highestHeard)}, ${figure(waiting)} waiting`) +
  (late === 0 ? '' : `, ${figure(late)} late`);
