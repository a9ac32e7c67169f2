import type { RefusalRule, RocketEvent, SkippedRange } from '../../src/domain/rocket-event.js';
import type { RocketReport } from '../../src/domain/rocket-message.js';
import { figure } from './format.js';
import { rangeText, sizeOf } from './gaps.js';
import type { Outcome, RocketStatus } from './wire.js';

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
  buffered: 'Buffered',
  duplicate: 'Duplicates',
  conflict: 'Conflicts',
  invalid: 'Invalid',
  shed: 'Turned away',
  failed: 'Not stored',
};

/** Answers are given on arrival; what becomes of a message that waits is known later and counted nowhere here. */
export const outcomeTitles: Readonly<Partial<Record<Outcome, string>>> = {
  refused: 'Broke a rule, or came after its number was skipped',
  buffered: 'Had to wait for messages before them; some may have broken a rule later',
};

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
