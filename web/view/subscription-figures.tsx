import type { ComponentChildren } from 'preact';
import { dateTime, figure } from '../model/format.js';
import {
  batchText,
  errorText,
  filterText,
  lagText,
  lagTimeText,
  sinkText,
  waitsText,
} from '../model/subscriptions.js';
import type { SubscriptionJson } from '../model/wire.js';
import { Copyable } from './parts.js';

interface Props {
  readonly subscription: SubscriptionJson;
  readonly at: number;
}

export const SubscriptionFigures = ({ subscription, at }: Props) => {
  const { delivered, retried, parked, givenUp, position, createdAt } = subscription;
  const batch = batchText(subscription);
  return (
    <>
      <dl class="figures">
        <Figure name="Behind by">{lagText(subscription)}</Figure>
        <Figure name="Oldest waits">{lagTimeText(subscription)}</Figure>
        <Figure name="Delivered">{figure(delivered)}</Figure>
        <Figure name="Retried">{figure(retried)}</Figure>
        <Figure name="Parked" isBad={parked > 0}>
          {figure(parked)}
        </Figure>
        <Figure name="Given up" isBad={givenUp > 0}>
          {figure(givenUp)}
        </Figure>
      </dl>
      <dl class="facts">
        <Fact name="Waits for">{waitsText(subscription, at)}</Fact>
        <Fact name="Last error">{errorText(subscription, at)}</Fact>
        <Fact name="Goes to">
          {sinkText(subscription)}
          {batch !== undefined && <span class="aside">{batch}</span>}
        </Fact>
        <Fact name="Events">
          {filterText(subscription)}
          {(subscription.channels?.length ?? 0) > 1 && (
            <span class="aside">{subscription.channels?.slice(0, 20).join(', ')}</span>
          )}
        </Fact>
        <Fact name="Position">
          <Copyable what="the position">{position}</Copyable>
        </Fact>
        <Fact name="Made">{dateTime(createdAt)} UTC</Fact>
      </dl>
    </>
  );
};

const Figure = (props: {
  readonly name: string;
  readonly isBad?: boolean;
  readonly children: ComponentChildren;
}) => (
  <div data-tone={props.isBad === true ? 'bad' : undefined} data-name={props.name}>
    <dt>{props.name}</dt>
    <dd>{props.children}</dd>
  </div>
);

const Fact = (props: { readonly name: string; readonly children: ComponentChildren }) => (
  <>
    <dt>{props.name}</dt>
    <dd>{props.children}</dd>
  </>
);
