import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Asker } from './asker.js';
import { ApiError, request, serverTime } from './api.js';
import { keepAsking, stopAsking } from './askers.js';

export interface Answer<T> {
  readonly path: string;
  readonly value: T;
  /** By the clock of the service, whose times the answer holds. */
  readonly at: number;
}

export interface Asked<T> {
  readonly answer: ReadonlySignal<Answer<T> | undefined>;
  /** Why there is no answer to the last question. */
  readonly error: ReadonlySignal<Error | undefined>;
}

/**
 * The answer to a question, kept current while it is shown; nothing is asked while the path is undefined. Until another
 * question is answered the last answer stays: it says in `path` what it answers.
 */
export const useAnswer = <T>(path: string | undefined, begin?: (asker: Asker) => void): Asked<T> => {
  const answer = useSignal<Answer<T> | undefined>(undefined);
  const error = useSignal<Error | undefined>(undefined);
  const ask = async (signal: AbortSignal): Promise<void> => {
    try {
      const response = await request(path ?? '', signal);
      const value = (await response.json()) as T;
      answer.value = { path: path ?? '', value, at: serverTime(response) };
      error.value = undefined;
    } catch (failed) {
      if (!signal.aborted) error.value = failed instanceof Error ? failed : new Error(String(failed));
      // That there is no such thing is an answer, too, and as current as any: it takes the place of the last one.
      if (!(failed instanceof ApiError && failed.status === 404)) throw failed;
      answer.value = undefined;
    }
  };
  useAsker(path, ask, begin);
  return { answer, error };
};

/** Asks as long as the component is there, anew when the key changes, and not at all without one. */
export const useAsker = (
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<void>,
  begin?: (asker: Asker) => void,
): void => {
  useEffect(() => {
    if (key === undefined) return undefined;
    const asker = keepAsking(ask);
    begin?.(asker);
    asker.now();
    return () => stopAsking(asker);
  }, [key]);
};
