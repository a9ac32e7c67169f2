import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Asker } from '../live/asker.js';
import { get, rocketPath } from '../live/api.js';
import { useAsker } from '../live/use-answer.js';
import type { RocketHistory } from '../model/history.js';
import type { RocketJson } from '../model/wire.js';

export interface AsOf {
  readonly version: number;
  /** The history it is a state of. */
  readonly history: RocketHistory;
  readonly rocket: RocketJson;
}

/** The state as of a version, as the service tells it; while one question is open only the newest next one is kept. */
export const useAsOf = (
  channel: string,
  history: RocketHistory,
  version: number | null,
): AsOf | undefined => {
  const answer = useSignal<AsOf | undefined>(undefined);
  const wanted = useRef({ history, version });
  wanted.current = { history, version };
  const asker = useRef<Asker>(undefined);
  useAsker(
    channel,
    async (signal) => {
      const { history, version } = wanted.current;
      const known = answer.peek();
      if (version === null || (known?.version === version && known.history === history)) return;
      const rocket = await get<RocketJson>(`${rocketPath(channel)}?version=${String(version)}`, signal);
      answer.value = { version, history, rocket };
    },
    (begun) => (asker.current = begun),
  );
  useEffect(() => asker.current?.now(), [history, version]);
  return version === null ? undefined : answer.value;
};
