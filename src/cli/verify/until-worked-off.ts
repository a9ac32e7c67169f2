import { setTimeout as sleep } from 'node:timers/promises';
import type { SentMessage } from '../launch/sent-message.js';
import { isObject, type ServiceClient } from '../service-client.js';
import type { Logbook } from './verify-run.js';

/** Rockets that are asked about, again and again, before the next ones are. */
const ASKED_AT_ONCE = 32;
const ASK_EVERY_MS = 100;

/** `stuck`: it got no further for longer than our patience. */
export type WorkedOff = 'done' | 'stuck' | 'interrupted';

/**
 * A service that only queued what it was sent works it off by itself. Every number was sent: a rocket whose version is the last
 * of them has nothing in the queue that could change it.
 */
export const untilWorkedOff = async (
  client: ServiceClient,
  logbook: Logbook,
  patienceMs: number,
  interrupt: AbortSignal,
): Promise<WorkedOff> => {
  let left = [...logbook.rockets];
  let movedAt = performance.now();
  let before = -1;
  while (left.length > 0) {
    if (interrupt.aborted) return 'interrupted';
    const asked = left.slice(0, ASKED_AT_ONCE);
    const versions = await Promise.all(asked.map(({ 0: first }) => versionOf(client, first!)));
    const done = new Set(asked.filter((messages, i) => versions[i]! >= messages.at(-1)!.number));
    const sum = versions.reduce((total, version) => total + version, 0);
    if (done.size > 0 || sum !== before) movedAt = performance.now();
    else if (performance.now() - movedAt > patienceMs) return 'stuck';
    left = left.filter((messages) => !done.has(messages));
    before = sum;
    if (done.size === 0) await sleep(ASK_EVERY_MS, undefined, { signal: interrupt }).catch(() => undefined);
  }
  return 'done';
};

/** A service that cannot say it now is asked again. */
const versionOf = async (client: ServiceClient, { channel }: SentMessage): Promise<number> => {
  const rocket = await client.find(`rockets/${encodeURIComponent(channel)}`).catch(() => undefined);
  return isObject(rocket) && typeof rocket['version'] === 'number' ? rocket['version'] : 0;
};
