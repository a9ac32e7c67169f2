import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { Asker } from '../live/asker.js';
import { ApiError, rocketPath } from '../live/api.js';
import { RocketLog } from '../live/rocket-log.js';
import { may } from '../live/session.js';
import { useAnswer, useAsker } from '../live/use-answer.js';
import { plural } from '../model/format.js';
import { queryOfRocket, rocketParams, type RocketQuery } from '../model/rocket-query.js';
import type { RocketJson } from '../model/wire.js';
import { GapsPanel } from './gaps-panel.js';
import { HeldMessages } from './held-messages.js';
import { HistoryList } from './history-list.js';
import { Icon } from './icons.js';
import { Copyable } from './parts.js';
import { RocketFigures } from './rocket-figures.js';
import { setParams } from './router.js';
import { SpeedPanel } from './speed-panel.js';
import { useAsOf } from './use-as-of.js';

interface Props {
  readonly channel: string;
  readonly params: URLSearchParams;
}

export const RocketScreen = ({ channel, params }: Props) => {
  const { answer, error } = useAnswer<RocketJson>(rocketPath(channel));
  const rocket = answer.value?.value;
  return (
    <div class="rocket-screen">
      <a class="back" href="#/">
        <Icon name="back" />
        {may.value.fleet ? 'Fleet' : 'Your rockets'}
      </a>
      <div class="title">
        <h1 class="channel-title">
          <Copyable what="the channel" as="span">
            {channel}
          </Copyable>
        </h1>
        {rocket?.complete === false && <span class="signal">incomplete</span>}
      </div>
      {rocket === undefined ? (
        <p class="none" role="status">
          {messageFor(error.value)}
        </p>
      ) : (
        <Known rocket={rocket} at={answer.value?.at ?? 0} params={params} />
      )}
    </div>
  );
};

const messageFor = (error: Error | undefined): string => {
  if (error instanceof ApiError && error.status === 404)
    return 'Nothing has been heard on this channel. It shows up here with its first message.';
  return error?.message ?? 'Loading …';
};

interface KnownProps {
  readonly rocket: RocketJson;
  readonly at: number;
  readonly params: URLSearchParams;
}

const Known = ({ rocket, at, params }: KnownProps) => {
  const { channel, version } = rocket;
  const loaded = useSignal(0);
  const log = useMemo(() => new RocketLog(channel, () => (loaded.value += 1)), [channel]);
  const asker = useRef<Asker>(undefined);
  useAsker(
    channel,
    (signal) => log.topUp(signal),
    (begun) => (asker.current = begun),
  );
  const query = queryOfRocket(params);
  const change = (part: Partial<RocketQuery>): void => setParams(rocketParams({ ...query, ...part }));
  const chosen = query.version !== null && query.version < version ? query.version : null;
  const asOf = useAsOf(channel, log.history, chosen);
  const { steps } = log.history;
  const turn = loaded.value;
  const more = (): void => {
    log.wantMore();
    asker.current?.now();
  };
  return (
    <>
      <RocketFigures rocket={rocket} asOf={asOf} chosen={chosen} at={at} />
      <SpeedPanel
        steps={steps}
        turn={turn}
        version={version}
        chosen={chosen}
        axis={query.axis}
        onPick={(picked) => change({ version: picked })}
        onAxis={(axis) => change({ axis })}
      />
      <div class="columns">
        <section class="history" aria-labelledby="history-title">
          <HistoryList
            steps={steps}
            turn={turn}
            chosen={chosen}
            type={query.type}
            at={at}
            onPick={(picked) => change({ version: picked >= version ? null : picked })}
            onType={(type) => change({ type })}
          />
          {log.left > 0 && (
            <button type="button" class="toggle" onClick={more}>
              Load more: {plural(log.left, 'event')} before these
            </button>
          )}
        </section>
        <aside class="rail" aria-label="Gaps">
          <GapsPanel rocket={rocket} at={at} />
          <HeldMessages kind="waiting" rocket={rocket} />
          <HeldMessages kind="late" rocket={rocket} />
        </aside>
      </div>
    </>
  );
};
