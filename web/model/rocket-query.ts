import { eventTypes, type RocketEvent } from '../../src/domain/rocket-event.js';
import type { ChartAxis } from './history.js';

/** What of a rocket is looked at, as it stands in the address. */
export interface RocketQuery {
  /** Null follows the rocket live. */
  readonly version: number | null;
  readonly axis: ChartAxis;
  readonly type: RocketEvent['type'] | null;
}

export const queryOfRocket = (params: URLSearchParams): RocketQuery => {
  const version = params.get('version') ?? '';
  return {
    version: /^\d{1,15}$/.test(version) ? Number(version) : null,
    axis: params.get('by') === 'version' ? 'version' : 'time',
    type: eventTypes.find((known) => known === params.get('type')) ?? null,
  };
};

export const rocketParams = ({ version, axis, type }: RocketQuery): URLSearchParams => {
  const params = new URLSearchParams();
  if (version !== null) params.set('version', String(version));
  if (axis === 'version') params.set('by', axis);
  if (type !== null) params.set('type', type);
  return params;
};
