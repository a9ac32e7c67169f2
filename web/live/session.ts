import { computed, signal } from '@preact/signals';
import { endingWords, mayOf } from '../model/session.js';
import type { SessionJson } from '../model/wire.js';

/** Undefined until the service was asked. The key itself is nowhere in this page once it was shown. */
export const session = signal<SessionJson | undefined>(undefined);

/** Why somebody who was let in has to sign in again. */
export const ending = signal<string | undefined>(undefined);

export const may = computed(() => mayOf(session.value));

/** Signed in, or out, on this page. */
export const beginSession = (begun: SessionJson): void => {
  ending.value = undefined;
  session.value = begun;
};

/** `asked` was the session when the question was sent: an answer to another one says nothing of this one. */
export const learnSession = (asked: SessionJson | undefined, told: SessionJson): void => {
  if (session.peek() !== asked || JSON.stringify(asked) === JSON.stringify(told)) return;
  session.value = told;
  if (told.name !== undefined) ending.value = undefined;
};

/** Somebody was not let in with what was asked; returns why, in words for him. */
export const endSession = (asked: SessionJson | undefined, detail: string | undefined): string => {
  const words = endingWords(asked, detail);
  if (asked === undefined || session.peek() !== asked) return words;
  ending.value = words;
  // Which ways there are by now is asked with the next probe.
  session.value = { ways: asked.ways.length === 0 ? ['keys'] : asked.ways, scopes: [] };
  return words;
};
