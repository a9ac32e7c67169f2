import { Asker } from './asker.js';

/** All that is shown and kept current. */
const askers = new Set<Asker>();

/** Keeps one answer current as long as somebody shows it. */
export const keepAsking = (ask: (signal: AbortSignal) => Promise<void>): Asker => {
  const asker = new Asker(ask);
  askers.add(asker);
  return asker;
};

export const stopAsking = (asker: Asker): void => {
  asker.stop();
  askers.delete(asker);
};

/** Something may be another than it is shown. */
export const tellAskers = (since?: number): void => askers.forEach((asker) => asker.changed(since));

/** Something was done from this page: what it changed is looked at without waiting for the feed. */
export const lookAgain = (): void => askers.forEach((asker) => asker.now());

/** Since when the oldest of what is shown is known to be old. */
export const outdatedSince = (): number | undefined => {
  const since = [...askers].map((asker) => asker.outdatedSince).filter((at) => at !== undefined);
  return since.length === 0 ? undefined : Math.min(...since);
};
