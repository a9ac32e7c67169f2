import {
  eventTypes,
  refusalRules,
  type RefusalRule,
  type RocketEvent,
} from '../../src/domain/rocket-event.js';
import { withQuery } from '../live/api.js';

export interface EventsQuery {
  readonly type: RocketEvent['type'] | null;
  readonly channel: string;
  readonly rule: RefusalRule | null;
}

export const eventsFromParams = (params: URLSearchParams): EventsQuery => {
  const rule = refusalRules.find((known) => known === params.get('rule')) ?? null;
  return {
    // Only refused messages have a rule.
    type:
      rule === null ? (eventTypes.find((known) => known === params.get('type')) ?? null) : 'MessageRefused',
    channel: params.get('channel') ?? '',
    rule,
  };
};

export const eventsToParams = ({ type, channel, rule }: EventsQuery): URLSearchParams => {
  const params = new URLSearchParams();
  if (type !== null && rule === null) params.set('type', type);
  if (channel !== '') params.set('channel', channel);
  if (rule !== null) params.set('rule', rule);
  return params;
};

/** Newest first. */
export const eventsPath = ({ type, channel, rule }: EventsQuery, limit: number): string =>
  withQuery('/events', {
    order: 'desc',
    limit: String(limit),
    type: rule === null ? (type ?? undefined) : undefined,
    channel: channel.trim(),
    rule: rule ?? undefined,
  });
