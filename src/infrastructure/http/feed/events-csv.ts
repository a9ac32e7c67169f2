import type { StoredEvent } from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import { eventView } from '../views.js';

type Cell = string | number | null | undefined;

/** A column for each thing that any event says; a refused message stands in the same ones, with its type in one more. */
const columns = [
  'position',
  'channel',
  'number',
  'type',
  'time',
  'recordedAt',
  'rocketType',
  'launchSpeed',
  'by',
  'mission',
  'reason',
  'rule',
  'refusedType',
  'skippedFrom',
  'skippedTo',
  'skippedBy',
  'why',
] as const;

/** A page of events as RFC 4180 has it. */
export const csvOf = (events: readonly StoredEvent[]): string =>
  [[...columns], ...events.map(cellsOf)].map((cells) => cells.map(cellText).join(',') + '\r\n').join('');

const cellsOf = (stored: StoredEvent): Cell[] => {
  const { position, channel, number, type, time, recordedAt } = eventView(stored);
  const said: Partial<Record<(typeof columns)[number], Cell>> = saidIn(stored.event);
  return columns.map((name) => ({ position, channel, number, type, time, recordedAt, ...said })[name]);
};

const saidIn = (
  event: Pick<RocketEvent, 'type' | 'data'>,
): Partial<Record<(typeof columns)[number], Cell>> => {
  const { type, data } = event as RocketEvent;
  switch (type) {
    case 'RocketLaunched':
      return { rocketType: data.type, launchSpeed: data.launchSpeed, mission: data.mission };
    case 'RocketSpeedIncreased':
    case 'RocketSpeedDecreased':
      return { by: data.by };
    case 'RocketMissionChanged':
      return { mission: data.newMission };
    case 'RocketExploded':
      return { reason: data.reason };
    case 'MessageRefused':
      return { ...saidIn(data.message), rule: data.rule, refusedType: data.message.type };
    case 'MessagesSkipped':
      return { skippedFrom: data.from, skippedTo: data.to, skippedBy: data.by.who, why: data.why };
  }
};

/** Rockets name their missions: a text that a spreadsheet would run as a formula gets an apostrophe in front. */
const cellText = (cell: Cell): string => {
  if (cell == null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
