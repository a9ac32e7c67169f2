import { useSignal } from '@preact/signals';
import { retry, subscriptionPath } from '../live/subscriptions.js';
import { exactTime, figure, plural, shortTime } from '../model/format.js';
import { rocketHref } from '../model/route.js';
import type { ParkedJson, SubscriptionJson } from '../model/wire.js';
import { PagedTable } from './paged-table.js';
import { ChannelName } from './parts.js';
import { DropDialog } from './subscription-dialogs.js';

interface Props {
  readonly subscription: SubscriptionJson;
  /** Does something that the page says itself when it fails. */
  readonly onAct: (work: () => Promise<string>) => void;
}

const columns = ['Rocket', 'From no.', 'Parked since, UTC', 'Tries', 'Next try', 'Why', ''];

/** Rockets whose events the receiver does not take, while others go on. */
export const ParkedPanel = ({ subscription, onAct }: Props) => {
  const { name, parked, givenUp } = subscription;
  const dropped = useSignal<ParkedJson | undefined>(undefined);
  const again = (channel?: string): void =>
    onAct(async () => {
      const { retried } = await retry(name, channel);
      return `${plural(retried, 'rocket is', 'rockets are')} tried again.`;
    });
  return (
    <section class="parked-panel" aria-label="Parked">
      <div class="panel-head">
        <h2>Parked</h2>
        {givenUp > 0 && (
          <button type="button" class="quiet" onClick={() => again()}>
            Retry what was given up
          </button>
        )}
      </div>
      {parked === 0 ? (
        <p class="none">None: no rocket is refused while others are taken.</p>
      ) : (
        <PagedTable<ParkedJson>
          label="Parked"
          class="log parked-log"
          path={`${subscriptionPath(name)}/parked?limit=50`}
          isHeld={false}
          head={columns.map((column) => (
            <div role="columnheader" key={column} class="cell">
              {column === '' ? <span class="unseen">What to do</span> : column}
            </div>
          ))}
          rowKey={({ channel }) => channel}
          row={(one, at) => (
            <Cells
              one={one}
              at={at}
              onRetry={() => again(one.channel)}
              onDrop={() => (dropped.value = one)}
            />
          )}
          found={(count, isAll) =>
            `${isAll ? '' : 'over '}${plural(isAll ? count : count - 1, 'rocket')}, ${figure(givenUp)} given up`
          }
        />
      )}
      {dropped.value !== undefined && (
        <DropDialog
          subscription={subscription}
          parked={dropped.value}
          onClose={() => (dropped.value = undefined)}
        />
      )}
    </section>
  );
};

interface CellsProps {
  readonly one: ParkedJson;
  readonly at: number;
  readonly onRetry: () => void;
  readonly onDrop: () => void;
}

const Cells = ({ one, at, onRetry, onDrop }: CellsProps) => {
  const { channel, number, since, tries, nextTryAt, what } = one;
  return (
    <>
      <div role="cell" class="cell cell-channel">
        <a href={rocketHref(channel)}>
          <ChannelName channel={channel} />
        </a>
      </div>
      <div role="cell" class="cell number">
        {figure(number)}
      </div>
      <div role="cell" class="cell when" title={exactTime(since)}>
        {shortTime(since, at)}
      </div>
      <div role="cell" class="cell number">
        {figure(tries)}
      </div>
      <div role="cell" class="cell next-try">
        {nextTryAt === undefined ? (
          <span class="signal signal-refused" title="It is not tried again by itself">
            given up
          </span>
        ) : (
          shortTime(nextTryAt, at)
        )}
      </div>
      <div role="cell" class="cell detail" title={what}>
        {what}
      </div>
      <div role="cell" class="cell acts">
        <button type="button" class="quiet" aria-label={`Retry ${channel}`} onClick={onRetry}>
          Retry
        </button>
        <button type="button" class="danger-quiet" aria-label={`Drop ${channel} …`} onClick={onDrop}>
          Drop …
        </button>
      </div>
    </>
  );
};
