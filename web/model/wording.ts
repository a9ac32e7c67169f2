import type { RefusalRule, RocketEvent, SkippedRange } from '../../src/domain/rocket-event.js';
import type { RocketReport } from '../../src/domain/rocket-message.js';
import { figure } from './format.js';
import { rangeText, sizeOf } from './gaps.js';
import type { MessageJson, Outcome, RocketStatus } from './wire.js';

export const statusWords: Readonly<Record<RocketStatus, string>> = {
  'awaiting-launch': 'Awaiting launch',
  flying: 'Flying',
  exploded: 'Exploded',
};

export const eventWords: Readonly<Record<RocketEvent['type'], string>> = {
  RocketLaunched: 'Launched',
  RocketSpeedIncreased: 'Speed up',
  RocketSpeedDecreased: 'Speed down',
  RocketMissionChanged: 'New mission',
  RocketExploded: 'Exploded',
  MessageRefused: 'Refused',
  MessagesSkipped: 'Skipped',
};

export const ruleWords: Readonly<Record<RefusalRule, string>> = {
  'already-launched': 'The rocket had been launched before.',
  'not-launched': 'The rocket had not been launched yet.',
  'speed-out-of-range': 'The speed would leave the range of exact integers.',
  'speed-below-zero': 'The speed would fall below zero.',
  'rocket-exploded': 'The rocket had exploded.',
};

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  applied: 'Applied',
  refused: 'Refused',
  buffered: 'Waiting at first',
  duplicate: 'Duplicates',
  conflict: 'Conflicts',
  invalid: 'Invalid',
  shed: 'Turned away',
  failed: 'Not stored',
};

/** What was answered on arrival; what becomes of a message that waits is known later, and counted nowhere here. */
export const outcomeSentences: Readonly<Record<Outcome, string>> = {
  applied: 'In order and within the rules: it became history at once.',
  refused:
    'It broke a rule of flight, or came after its number was skipped. Recorded, and the rocket goes on.',
  buffered:
    'It overtook messages before it and waited for them. Normal on bad radio; it is applied as soon as they come.',
  duplicate: 'Heard before, word for word. Normal on bad radio; it changes nothing.',
  conflict: 'Its number was used before with other words. The first one stands; a sender is mistaken.',
  invalid: 'Not a message that anybody could read. Nothing was stored; the sender was told what is wrong.',
  shed: 'Too much at once: the sender was asked to come again in a moment.',
  failed: 'The store did not take it. The sender was told so and has to send it again.',
};

/** What should not happen on a healthy fleet, however bad the radio is. */
export const unhealthyOutcomes: readonly Outcome[] = ['conflict', 'invalid', 'shed', 'failed'];

export const reportText = (report: RocketReport): string => {
  switch (report.type) {
    case 'RocketLaunched':
      return `${report.data.type} on ${report.data.mission} at ${figure(report.data.launchSpeed)}`;
    case 'RocketSpeedIncreased':
      return `+${figure(report.data.by)}`;
    case 'RocketSpeedDecreased':
      return `−${figure(report.data.by)}`;
    case 'RocketMissionChanged':
      return report.data.newMission;
    case 'RocketExploded':
      return report.data.reason;
  }
};

const skipText = ({ by, why }: SkippedRange): string => {
  const who =
    by.who === 'timeout' ? 'skipped after waiting too long' : `skipped by ${by.key ?? 'an operator'}`;
  return why === undefined ? who : `${who}: ${why}`;
};

/** A speed, or how much it changed where nobody knows from what. */
export const speedText = (
  rocket: { readonly speed: number | null; readonly speedChange: number | null } | undefined,
): string => {
  const { speed = null, speedChange = null } = rocket ?? {};
  return speed !== null || speedChange === null
    ? figure(speed)
    : `Δ ${speedChange < 0 ? '−' : '+'}${figure(Math.abs(speedChange))}`;
};

export const speedChangeTitle = 'The launch was never heard: by how much the speed has changed since';

export const eventText = (event: RocketEvent): string => {
  switch (event.type) {
    case 'MessageRefused':
      return `${eventWords[event.data.message.type]}: ${reportText(event.data.message)}`;
    case 'MessagesSkipped':
      return `${sizeOf(event.data) === 1 ? 'Message' : 'Messages'} ${rangeText(event.data)}, ${skipText(event.data)}`;
    default:
      return reportText(event);
  }
};

/** What a message said that is no event. */
export const messageText = ({ type, payload }: MessageJson): string =>
  reportText({ type, data: payload } as RocketReport);
