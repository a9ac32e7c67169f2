import type { FleetFiguresNow } from '../../../application/fleet/fleet-figures.js';
import { MOST_COUNTED, type SubscriptionReport } from '../../../application/subscriptions/subscriptions.js';
import { inSeconds, type Definition, type Values } from './definition.js';
import type { Scraped } from './sources.js';

type FleetMetric = Pick<Definition, 'name' | 'unit' | 'help' | 'labels'> & {
  readonly read: (fleet: FleetFiguresNow) => Values;
};

/** What the store says of the whole fleet; nothing while it says nothing. */
export const fleetMetrics = (now: () => Scraped): readonly Definition[] =>
  [...figures, ...subscriptions].map((metric) => ({
    ...metric,
    type: 'gauge',
    of: 'fleet',
    read: () => {
      const { fleet } = now();
      return fleet === undefined ? undefined : metric.read(fleet);
    },
  }));

const figures: readonly FleetMetric[] = [
  {
    name: 'rockets_rockets',
    unit: 'rockets',
    help: 'Rockets by status: awaiting-launch, flying, exploded.',
    labels: ['status'],
    read: ({ totals }) =>
      Object.entries(totals.byStatus).map(([status, value]) => ({ labels: { status }, value })),
  },
  {
    name: 'rockets_silent_rockets',
    unit: 'rockets',
    help: 'Rockets that have not exploded and were not heard for SILENT_AFTER.',
    read: ({ silent }) => silent,
  },
  {
    name: 'rockets_events',
    unit: 'events',
    help: 'Events that are stored.',
    read: ({ totals }) => totals.events,
  },
  {
    name: 'rockets_waiting_messages',
    unit: 'messages',
    help: 'Messages that are stored and wait for a gap to close.',
    read: ({ totals }) => totals.waiting,
  },
  {
    name: 'rockets_late_messages',
    unit: 'messages',
    help: 'Messages that came after their numbers were skipped.',
    read: ({ totals }) => totals.late,
  },
  {
    name: 'rockets_gaps',
    unit: 'gaps',
    help: 'Ranges of message numbers that are missing.',
    read: ({ totals }) => totals.gaps,
  },
  {
    name: 'rockets_oldest_gap_age_seconds',
    unit: 'seconds',
    help: 'For how long the oldest gap has been open; 0 without a gap.',
    read: ({ oldestGapMs }) => inSeconds(oldestGapMs),
  },
  {
    name: 'rockets_feed_held_back_seconds',
    unit: 'seconds',
    help: 'For how long events that are stored have been kept out of the feed, by a transaction that does not end; 0 when none are.',
    read: ({ heldBackMs }) => inSeconds(heldBackMs),
  },
];

const ofEach =
  (value: (report: SubscriptionReport) => number): FleetMetric['read'] =>
  ({ lags = [] }) =>
    lags.map((report) => ({ labels: { subscription: report.subscription.name }, value: value(report) }));

const subscriptions: readonly FleetMetric[] = [
  {
    name: 'rockets_subscriptions',
    unit: 'subscriptions',
    help: 'Subscriptions by state: running, paused, failing.',
    labels: ['state'],
    read: ({ subscriptions: counts }) =>
      counts && [
        { labels: { state: 'running' }, value: counts.running - counts.failing },
        { labels: { state: 'paused' }, value: counts.paused },
        { labels: { state: 'failing' }, value: counts.failing },
      ],
  },
  {
    name: 'rockets_subscription_lag_events',
    unit: 'events',
    help: `Events behind the one that a subscription has come to; counted up to ${MOST_COUNTED}.`,
    labels: ['subscription'],
    read: ofEach(({ lag }) => lag.events),
  },
  {
    name: 'rockets_subscription_lag_seconds',
    unit: 'seconds',
    help: 'The age of the first of these events; 0 when there are none.',
    labels: ['subscription'],
    read: ofEach(({ lag }) => lag.ms / 1000),
  },
  {
    name: 'rockets_subscription_parked_rockets',
    unit: 'rockets',
    help: 'Rockets whose events a subscription has parked, as they were refused for too long.',
    labels: ['subscription'],
    read: ofEach(({ parked }) => parked.parked),
  },
];
