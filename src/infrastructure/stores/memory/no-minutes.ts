import type { MinuteLog } from '../../../application/ports/minute-log.js';

/** Nothing outlives this process, and nobody else counts: what it knows itself is all there is. */
export const noMinutes: MinuteLog = {
  note: () => Promise.resolve(),
  ofOthers: () => Promise.resolve([]),
};
