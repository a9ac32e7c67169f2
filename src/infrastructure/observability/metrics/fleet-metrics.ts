import type { FleetFiguresNow } from '../../../application/fleet/fleet-figures.js';
import { MOST_COUNTED, type SubscriptionReport } from '../../../application/subscriptions/subscriptions.js';
import type { Definition, Values } from './definition.js';
import type { Scraped } from './sources.js';

/** What the store says of the whole fleet; nothing while it says nothing. */
export const fleetMetrics = (now: () => Scraped): readonly Definition[] => {
  const gauge = (
    name: string,
    help: string,
    read: (fleet: FleetFiguresNow) => Values,
    labels: readonly string[] = [],
  ): Definition => {
    const ofFleet = (): Values => {
      const { fleet } = now();
      return fleet === undefined ? undefined : read(fleet);
    };
    return { name, type: 'gauge', help, labels, of: 'fleet', read: ofFleet };
  };
  const ofEach = (name: string, help: string, value: (report: SubscriptionReport) => number): Definition => {
    const read = ({ lags = [] }: FleetFiguresNow): Values =>
      lags.map((report) => ({ labels: { subscription: report.subscription.name }, value: value(report) }));
    return gauge(name, help, read, ['subscription']);
  };
  return [
    gauge(
      'rockets_rockets',
      'Rockets by status.',
      ({ totals }) =>
        Object.entries(totals.byStatus).map(([status, value]) => ({ labels: { status }, value })),
      ['status'],
    ),
    gauge(
      'rockets_silent_rockets',
      'Rockets that have not exploded and were not heard for SILENT_AFTER.',
      ({ silent }) => silent,
    ),
    gauge('rockets_events', 'Events that are stored.', ({ totals }) => totals.events),
    gauge(
      'rockets_waiting_messages',
      'Messages that are stored and wait for a gap to close.',
      ({ totals }) => totals.waiting,
    ),
    gauge(
      'rockets_late_messages',
      'Messages that came after their numbers were skipped.',
      ({ totals }) => totals.late,
    ),
    gauge('rockets_gaps', 'Ranges of message numbers that are missing.', ({ totals }) => totals.gaps),
    gauge(
      'rockets_oldest_gap_age_seconds',
      'For how long the oldest gap has been open; 0 without a gap.',
      ({ oldestGapMs }) => inSeconds(oldestGapMs),
    ),
    gauge(
      'rockets_feed_held_back_seconds',
      'For how long events that are stored have been kept out of the feed by a transaction that does not end; 0 when none is.',
      ({ heldBackMs }) => inSeconds(heldBackMs),
    ),
    gauge(
      'rockets_subscriptions',
      'Subscriptions by state.',
      ({ subscriptions: counts }) =>
        counts && [
          { labels: { state: 'running' }, value: counts.running - counts.failing },
          { labels: { state: 'paused' }, value: counts.paused },
          { labels: { state: 'failing' }, value: counts.failing },
        ],
      ['state'],
    ),
    ofEach(
      'rockets_subscription_lag_events',
      `Events that a subscription has yet to deliver; counted up to ${MOST_COUNTED}.`,
      ({ lag }) => lag.events,
    ),
    ofEach(
      'rockets_subscription_lag_seconds',
      'The age of the first event that a subscription has yet to deliver.',
      ({ lag }) => lag.ms / 1000,
    ),
    ofEach(
      'rockets_subscription_parked_rockets',
      'Rockets whose events a subscription has parked, as they were refused for too long.',
      ({ parked }) => parked.parked,
    ),
  ];
};

const inSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
