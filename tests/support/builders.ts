import type {
  Change,
  EventStore,
  Head,
  HeadRequest,
  ReceivedMessage,
} from '../../src/application/ports/event-store.js';
import type { RefusalRule, RocketEvent, Skipper } from '../../src/domain/rocket-event.js';
import type { RocketMessage, RocketReport } from '../../src/domain/rocket-message.js';
import { record } from '../../src/domain/rocket.js';

export const noon = '2026-10-01T12:00:00Z';
export const noonMillis = Date.UTC(2026, 9, 1, 12);

export const launched = (time = noon, data = {}): RocketEvent & RocketReport => ({
  type: 'RocketLaunched',
  data: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS', ...data },
  time,
});

export const faster = (by = 100, time = noon): RocketEvent & RocketReport => ({
  type: 'RocketSpeedIncreased',
  data: { by },
  time,
});

export const slower = (by = 100, time = noon): RocketEvent & RocketReport => ({
  type: 'RocketSpeedDecreased',
  data: { by },
  time,
});

export const newMission = (mission: string, time = noon): RocketEvent & RocketReport => ({
  type: 'RocketMissionChanged',
  data: { newMission: mission },
  time,
});

export const exploded = (reason = 'PRESSURE', time = noon): RocketEvent & RocketReport => ({
  type: 'RocketExploded',
  data: { reason },
  time,
});

export const byTimeout: Skipper = { who: 'timeout' };

export const skipped = (
  from: number,
  to: number,
  { time = noon, by = byTimeout, why }: { time?: string; by?: Skipper; why?: string } = {},
): RocketEvent => ({
  type: 'MessagesSkipped',
  data: { from, to, by, ...(why !== undefined && { why }) },
  time,
});

/** What became of a message that broke a rule. */
export const broken = (rule: RefusalRule = 'rocket-exploded', time = noon): RocketEvent => {
  const { type, data } = faster();
  return { type: 'MessageRefused', data: { rule, message: { type, data } as RocketReport }, time };
};

/** An event as the message that would have brought it. */
export const asMessage = (
  channel: string,
  number: number,
  { time, ...report }: RocketEvent & RocketReport,
): RocketMessage => ({ channel, number, time, report });

/** A message that is not an event: it waits, or it is late. */
export const received = (
  channel: string,
  number: number,
  event: RocketEvent & RocketReport = faster(),
  receivedAt = noonMillis,
): ReceivedMessage => ({ message: asMessage(channel, number, event), receivedAt });

/** What a change brings; everything else follows from the head it is decided on. */
export interface ChangeParts {
  readonly events?: readonly RocketEvent[];
  readonly added?: readonly ReceivedMessage[];
  readonly released?: readonly number[];
  readonly late?: readonly ReceivedMessage[];
  readonly numbers?: readonly number[];
  readonly skips?: boolean;
  readonly recordedAt?: number;
  readonly heard?: boolean;
}

/** Events take the numbers that follow, a skipped range the end of it. */
export const changeOn = (head: Head, parts: ChangeParts): Change => {
  const { events = [], added = [], released = [], late = [], numbers = [], skips } = parts;
  const { recordedAt = noonMillis, heard = true } = parts;
  let state = head.state;
  const numbered = events.map((event) => {
    const number = event.type === 'MessagesSkipped' ? event.data.to : state.version + 1;
    state = record(state, number, event);
    return { number, event };
  });
  const { channel, revision } = head;
  const brought = { state, events: numbered, added, released, late };
  return { channel, numbers, skips, revision, ...brought, recordedAt, heard };
};

export const headOf = async (
  store: EventStore,
  channel: string,
  numbers: readonly number[] = [],
  skips = false,
): Promise<Head> => {
  const [head] = await store.load([{ channel, numbers, skips } satisfies HeadRequest]);
  if (head === undefined) throw new Error(`The store answered no head of ${channel}.`);
  return head;
};

/** Commits one change on the channel's present head. */
export const write = async (store: EventStore, channel: string, parts: ChangeParts): Promise<void> => {
  const moved = await store.commit([changeOn(await headOf(store, channel), parts)]);
  if (moved.length > 0) throw new Error(`${channel} moved while nobody else was writing.`);
};
