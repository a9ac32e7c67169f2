import { toUtc } from '../../domain/rocket-time.js';
import type { RocketState, StoredEvent } from '../../application/ports/event-store.js';
import type { Gap, RocketSummary } from '../../application/ports/rocket-directory.js';

/** What clients see. The one place that knows the names of JSON fields in answers. */
export const rocketView = ({ channel, version, rocket, updatedAt, highestSeen, pending }: RocketSummary) => {
  const launched = rocket.status === 'awaiting-launch' ? undefined : rocket;
  return {
    channel,
    type: launched?.type ?? null,
    speed: launched?.speed ?? null,
    mission: launched?.mission ?? null,
    status: rocket.status,
    reason: rocket.status === 'exploded' ? rocket.reason : null,
    launchedAt: utc(launched?.launchedAt),
    explodedAt: rocket.status === 'exploded' ? utc(rocket.explodedAt) : null,
    updatedAt: utc(updatedAt),
    version,
    highestSeen,
    pending,
    complete: rocket.complete,
  };
};

/** A past state: as if the message that made it had been the last one heard. */
export const pastRocketView = (channel: string, state: RocketState, asOf: object) => ({
  ...rocketView({ ...state, channel, highestSeen: state.version, pending: 0 }),
  asOf: { ...asOf, version: state.version },
});

export const eventView = ({ position, channel, number, event, recordedAt }: StoredEvent) => ({
  position,
  channel,
  number,
  type: event.type,
  data: event.data,
  time: event.time,
  recordedAt: new Date(recordedAt).toISOString(),
});

export const gapView = ({ channel, from, to, since, waiting }: Gap) => ({
  channel,
  from,
  to,
  count: to - from + 1,
  since: new Date(since).toISOString(),
  waiting,
});

const utc = (time: string | null | undefined): string | null => (time == null ? null : toUtc(time));
