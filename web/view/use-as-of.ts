import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Asker } from '../live/asker.js';
import { get, rocketPath } from '../live/api.js';
import { useAsker } from '../live/use-answer.js';
import type { RocketJson } from '../model/wire.js';

export interface AsOf {
  readonly version: number;
  readonly rocket: RocketJson;
}

/** The state as of a version, as the service tells it; while one question is open only the newest next one is kept. */
export const useAsOf = (channel: string, version: number | null): AsOf | undefined => {
  const answer = useSignal<AsOf | undefined>(undefined);
  const wanted = useRef(version);
  wanted.current = version;
  const asker = useRef<Asker>(undefined);
  useAsker(
    channel,
    async (signal) => {
      const asked = wanted.current;
      if (asked === null || answer.peek()?.version === asked) return;
      const rocket = await get<RocketJson>(`${rocketPath(channel)}?version=${String(asked)}`, signal);
      answer.value = { version: asked, rocket };
    },
    (begun) => (asker.current = begun),
  );
  useEffect(() => asker.current?.now(), [version]);
  return version === null ? undefined : answer.value;
};
