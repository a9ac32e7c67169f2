import type { Change, EarlyMessage, RocketState } from '../../application/ports/event-store.js';
import type { RocketReport } from '../../domain/rocket-message.js';
import type { Rocket } from '../../domain/rocket.js';
import { flatCopy, type StringTable } from './string-table.js';

/** The state of a change with texts of our own: those that came in may hold on to the request they came in. */
export const ownState = ({ state, events }: Change, strings: Pick<StringTable, 'keep'>): RocketState => ({
  version: state.version,
  // Any other event leaves the rocket with the texts it had, which are ours since the change that brought them.
  rocket: events.some(({ event }) => bringsText.has(event.type))
    ? ownRocket(state.rocket, strings)
    : state.rocket,
  updatedAt: state.updatedAt === null ? null : flatCopy(state.updatedAt),
});

const bringsText: ReadonlySet<string> = new Set(['RocketLaunched', 'RocketMissionChanged', 'RocketExploded']);

const ownRocket = (rocket: Rocket, strings: Pick<StringTable, 'keep'>): Rocket => {
  if (rocket.status === 'awaiting-launch') return rocket;
  const launched = {
    complete: rocket.complete,
    type: rocket.type === null ? null : strings.keep(rocket.type),
    mission: rocket.mission === null ? null : strings.keep(rocket.mission),
    launchedAt: rocket.launchedAt === null ? null : flatCopy(rocket.launchedAt),
    speed: rocket.speed,
  };
  if (rocket.status === 'flying') return { status: rocket.status, ...launched };
  const { status, reason, explodedAt } = rocket;
  return { status, reason: strings.keep(reason), explodedAt: flatCopy(explodedAt), ...launched };
};

export const ownEarlyMessage = (
  channel: string,
  { message, receivedAt }: EarlyMessage,
  strings: Pick<StringTable, 'keep'>,
): EarlyMessage => ({
  message: {
    channel,
    number: message.number,
    time: flatCopy(message.time),
    report: ownReport(message.report, strings),
  },
  receivedAt,
});

const ownReport = (report: RocketReport, strings: Pick<StringTable, 'keep'>): RocketReport => {
  switch (report.type) {
    case 'RocketLaunched': {
      const { type, launchSpeed, mission } = report.data;
      return {
        type: report.type,
        data: { type: strings.keep(type), launchSpeed, mission: strings.keep(mission) },
      };
    }
    case 'RocketSpeedIncreased':
    case 'RocketSpeedDecreased':
      return { type: report.type, data: { by: report.data.by } };
    case 'RocketMissionChanged':
      return { type: report.type, data: { newMission: strings.keep(report.data.newMission) } };
    case 'RocketExploded':
      return { type: report.type, data: { reason: strings.keep(report.data.reason) } };
  }
};
