import { clockTime, plural } from './format.js';

/** What the page knows about how true it is. Times are milliseconds of the browser's clock. */
export interface Vitals {
  /** When the last probe that was answered well was sent: up to then the service is known to have been there. */
  readonly provenAt: number | undefined;
  /** What the last probe met instead of a good answer. */
  readonly trouble: Trouble | undefined;
  /** How far the live feed is behind what is stored, as the service says. */
  readonly lagMs: number;
  /** Since when something may have happened that the page does not show. */
  readonly outdatedSince: number | undefined;
}

export type Trouble = 'silent' | 'unavailable' | 'stopping';

export interface Freshness {
  readonly state: 'connecting' | 'live' | 'behind' | 'lost';
  /** `live`, `3 s behind`, `not connected since 12:00:10 UTC`. */
  readonly label: string;
  /** What is said across the page while nothing on it is current. */
  readonly banner: string | undefined;
}

export const probeEveryMs = 2_000;
/** A probe that hangs for so long counts as not answered; with the interval it stays well below five seconds. */
export const probeTimeoutMs = 1_800;
/** Probes that were never sent (a laptop that slept, a page in the background) prove nothing either. */
export const provenForMs = 4_500;
/** Questions are asked once a second: what is younger than this is as live as it gets. */
const liveWithinMs = 2_500;

export const freshnessOf = (vitals: Vitals, now: number): Freshness => {
  const { provenAt, trouble } = vitals;
  if (provenAt === undefined && trouble === undefined)
    return { state: 'connecting', label: 'connecting', banner: undefined };
  if (trouble !== undefined || provenAt === undefined || now - provenAt > provenForMs)
    return lost(trouble ?? 'silent', provenAt);
  const { lagMs, outdatedSince = now } = vitals;
  const behindMs = Math.max(lagMs, now - outdatedSince);
  return behindMs < liveWithinMs
    ? { state: 'live', label: 'live', banner: undefined }
    : { state: 'behind', label: `${ageText(behindMs)} behind`, banner: undefined };
};

const lost = (trouble: Trouble, provenAt: number | undefined): Freshness => {
  const since = provenAt === undefined ? '' : ` since ${clockTime(provenAt)} UTC`;
  return {
    state: 'lost',
    label: `not connected${since}`,
    banner: `${reasons[trouble]} ${provenAt === undefined ? 'Trying again …' : `What stands below is from ${clockTime(provenAt)} UTC. Trying again …`}`,
  };
};

const reasons: Readonly<Record<Trouble, string>> = {
  silent: 'The service does not answer.',
  unavailable: 'The service answers, but its store does not.',
  stopping: 'The service is shutting down.',
};

const ageText = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return seconds < 120 ? `${String(seconds)} s` : plural(Math.floor(seconds / 60), 'minute');
};
