import type { Series } from '../../application/fleet/activity.js';
import type { FleetReport } from '../../application/fleet/fleet.js';
import { outcomes } from '../../application/ports/minute-log.js';

export const fleetView = (report: FleetReport) => {
  const {
    rockets: total,
    byStatus,
    incomplete,
    withGaps,
    silent,
    silentAfterMs,
    activity,
    ...figures
  } = report;
  const { minute, hour, day } = activity;
  return {
    rockets: { total, byStatus, incomplete, withGaps, silent },
    silentAfterSeconds: silentAfterMs / 1000,
    ...figures,
    activity: {
      since: isoText(activity.since),
      minute: seriesView(minute),
      hour: seriesView(hour),
      day: seriesView(day),
    },
  };
};

/** A column for each figure: a tenth of what objects would take. */
const seriesView = ({ from, seconds, spans }: Series) => ({
  from: isoText(from),
  seconds,
  events: spans.map(({ events }) => events),
  rulesBroken: spans.map(({ rulesBroken }) => rulesBroken),
  gaps: spans.map(({ gaps }) => gaps),
  messages: Object.fromEntries(outcomes.map((outcome) => [outcome, spans.map((span) => span[outcome])])),
});

const isoText = (millis: number): string => new Date(millis).toISOString();
