import type { Report, SentMessage } from '../launch/sent-message.js';

/**
 * What a rocket must look like after all it reported. Nothing of the service is used here, not even a type: code that
 * checks itself proves nothing. And it computes in another way: sums and last values, not one step after the other.
 */
export interface ExpectedRocket {
  readonly channel: string;
  readonly type: string | null;
  readonly speed: number | null;
  readonly speedChange: null;
  readonly mission: string | null;
  readonly status: 'awaiting-launch' | 'flying' | 'exploded';
  readonly reason: string | null;
  readonly launchedAt: string | null;
  readonly explodedAt: string | null;
  readonly updatedAt: string | null;
  readonly version: number;
  readonly highestHeard: number;
  readonly waiting: number;
  readonly late: number;
  readonly complete: boolean;
}

/** All messages of one rocket, in number order, with the times the service is known to hold. */
export const expectedRocket = (
  messages: readonly SentMessage[],
  times: readonly string[],
): ExpectedRocket => {
  const last = messages.at(-1);
  if (last === undefined) throw new Error('A rocket has reported something.');
  const { channel, number } = last;
  return {
    channel,
    ...stateAfter(messages.map((message, index) => ({ ...message, time: times[index] ?? message.time }))),
    version: number,
    highestHeard: number,
    waiting: 0,
    late: 0,
    complete: true,
  };
};

/** What breaks a rule changes nothing, not even the time of the last change. */
const stateAfter = (messages: readonly SentMessage[]) => {
  const facts = messages.filter(({ breaks }) => breaks === undefined);
  const reports = facts.map(({ report }) => report);
  const [first, last] = [reports[0], reports.at(-1)];
  if (first === undefined || last === undefined) return unlaunched;
  if (first.type !== 'RocketLaunched') throw new Error('A rocket begins with its launch.');
  const exploded = last.type === 'RocketExploded' ? last : undefined;
  const [launchedAt, updatedAt] = [facts[0]?.time ?? null, facts.at(-1)?.time ?? null];
  return {
    type: first.data.type,
    speed: reports.reduce((sum, report) => sum + speedOf(report), 0),
    speedChange: null,
    mission: reports.map(missionOf).findLast((mission) => mission !== undefined) ?? first.data.mission,
    status: exploded ? ('exploded' as const) : ('flying' as const),
    reason: exploded?.data.reason ?? null,
    launchedAt,
    explodedAt: exploded ? updatedAt : null,
    updatedAt,
  };
};

const unlaunched = {
  type: null,
  speed: null,
  speedChange: null,
  mission: null,
  status: 'awaiting-launch',
  reason: null,
  launchedAt: null,
  explodedAt: null,
  updatedAt: null,
} as const;

const speedOf = (report: Report): number => {
  switch (report.type) {
    case 'RocketLaunched':
      return report.data.launchSpeed;
    case 'RocketSpeedIncreased':
      return report.data.by;
    case 'RocketSpeedDecreased':
      return -report.data.by;
    default:
      return 0;
  }
};

const missionOf = (report: Report): string | undefined =>
  report.type === 'RocketMissionChanged' ? report.data.newMission : undefined;
