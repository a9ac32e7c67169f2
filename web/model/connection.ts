import { clockTime } from './format.js';

export type Phase = 'connecting' | 'loading' | 'live' | 'silent' | 'lost';

export interface Connection {
  readonly phase: Phase;
  /** The moment up to which the page is known to be true; null while it shows nothing yet or is live. */
  readonly freshUntil: number | null;
}

export type Signal = 'opened' | 'loaded' | 'lost' | 'silent' | 'answered';

export const notConnected: Connection = { phase: 'connecting', freshUntil: null };

export const connectionAfter = (connection: Connection, signal: Signal, now: number): Connection => {
  const { phase } = connection;
  const freshUntil = phase === 'live' ? now : connection.freshUntil;
  switch (signal) {
    case 'opened':
      return { phase: 'loading', freshUntil };
    case 'loaded':
      return { phase: 'live', freshUntil: null };
    case 'lost':
      return { phase: 'lost', freshUntil };
    case 'silent':
      return phase === 'live' ? { phase: 'silent', freshUntil: now } : connection;
    case 'answered':
      return phase === 'silent' ? { phase: 'live', freshUntil: null } : connection;
  }
};

export interface ConnectionNotice {
  readonly tone: 'good' | 'busy' | 'bad';
  readonly label: string;
  /** ` since 12:00:10`, beside the label where there is room. */
  readonly since?: string;
  /** What the page says across its whole width while it shows old figures. */
  readonly banner: string | null;
}

/** A reconnect that takes a blink is no news; a page that shows old figures says so. */
const graceMs = 5_000;

export const describeConnection = ({ phase, freshUntil }: Connection, now: number): ConnectionNotice => {
  if (phase === 'live') return { tone: 'good', label: 'Live', banner: null };
  if (freshUntil !== null && now - freshUntil >= graceMs) {
    const since = clockTime(freshUntil);
    return {
      tone: 'bad',
      label: 'Stale',
      since: ` since ${since}`,
      banner: `The figures below are from ${since} UTC. ${phase === 'loading' ? 'Connected again, loading …' : 'Trying to reach the service …'}`,
    };
  }
  if (phase === 'loading') return { tone: 'busy', label: 'Loading', banner: null };
  if (phase === 'connecting') return { tone: 'busy', label: 'Connecting', banner: null };
  if (freshUntil === null)
    return { tone: 'bad', label: 'No connection', banner: 'The service does not answer. Trying again …' };
  return { tone: 'busy', label: 'Reconnecting', banner: null };
};
