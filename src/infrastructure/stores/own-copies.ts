import type { Change, ReceivedMessage } from '../../application/ports/event-store.js';
import type { RocketReport } from '../../domain/rocket-message.js';
import type { Rocket, RocketState } from '../../domain/rocket.js';

/**
 * A copy that shares no memory with anything. V8 makes a long substring a view of the text it was cut from: to keep
 * one time is to keep the 64 KB of the request it came in.
 */
export const flatCopy = (text: string): string =>
  // Too short to be a view. Otherwise joined, which a view of the result makes V8 do in memory of its own: a third of the
  // cost of the way through a buffer, and every time goes this way (measured).
  text.length < 13 ? text : ` ${text}`.slice(1);

/** Whoever keeps texts for long: some know each text once, others just copy it. */
export interface TextKeeper {
  keep(text: string): string;
}

export const copying: TextKeeper = { keep: flatCopy };

/** The state of a change with texts of our own: those that came in may hold on to the request they came in. */
export const ownState = ({ state, events }: Change, strings: TextKeeper): RocketState => ({
  version: state.version,
  // Any other event leaves the rocket with the texts it had, which are ours since the change that brought them.
  rocket: events.some(({ event }) => bringsText.has(event.type))
    ? ownRocket(state.rocket, strings)
    : state.rocket,
  updatedAt: state.updatedAt === null ? null : flatCopy(state.updatedAt),
});

const bringsText: ReadonlySet<string> = new Set(['RocketLaunched', 'RocketMissionChanged', 'RocketExploded']);

const ownRocket = (rocket: Rocket, strings: TextKeeper): Rocket => {
  if (rocket.status === 'awaiting-launch') return rocket;
  const launched = {
    complete: rocket.complete,
    type: rocket.type === null ? null : strings.keep(rocket.type),
    mission: rocket.mission === null ? null : strings.keep(rocket.mission),
    launchedAt: rocket.launchedAt === null ? null : flatCopy(rocket.launchedAt),
    speed: rocket.speed,
    speedChange: rocket.speedChange,
  };
  if (rocket.status === 'flying') return { status: rocket.status, ...launched };
  const { status, reason, explodedAt } = rocket;
  return { status, reason: strings.keep(reason), explodedAt: flatCopy(explodedAt), ...launched };
};

export const ownMessage = (
  { message, receivedAt }: ReceivedMessage,
  strings: TextKeeper,
): ReceivedMessage => ({
  message: {
    channel: strings.keep(message.channel),
    number: message.number,
    time: flatCopy(message.time),
    report: ownReport(message.report, strings),
  },
  receivedAt,
});

const ownReport = (report: RocketReport, strings: TextKeeper): RocketReport => {
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
