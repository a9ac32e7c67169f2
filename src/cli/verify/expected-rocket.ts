import type { Report, SentMessage } from '../launch/sent-message.js';

/**
 * What a rocket must look like after all it reported. Nothing of the service is used here, not even a type: code that
 * checks itself proves nothing. And it computes in another way: sums and last values, not one step after the other.
 */
export interface ExpectedRocket {
  readonly channel: string;
  readonly type: string;
  readonly speed: number;
  readonly speedChange: null;
  readonly mission: string;
  readonly status: 'flying' | 'exploded';
  readonly reason: string | null;
  readonly launchedAt: string;
  readonly explodedAt: string | null;
  readonly updatedAt: string;
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
  const reports = messages.map(({ report }) => report);
  const first = reports[0];
  const last = messages.at(-1);
  if (first?.type !== 'RocketLaunched' || last === undefined)
    throw new Error('A rocket begins with its launch.');
  const exploded = last.report.type === 'RocketExploded' ? last.report : undefined;
  const lastTime = times.at(-1) ?? last.time;
  return {
    channel: last.channel,
    type: first.data.type,
    speed: reports.reduce((sum, report) => sum + speedOf(report), 0),
    speedChange: null,
    mission: reports.map(missionOf).findLast((mission) => mission !== undefined) ?? first.data.mission,
    status: exploded ? 'exploded' : 'flying',
    reason: exploded?.data.reason ?? null,
    launchedAt: times[0] ?? last.time,
    explodedAt: exploded ? lastTime : null,
    updatedAt: lastTime,
    version: last.number,
    highestHeard: last.number,
    waiting: 0,
    late: 0,
    complete: true,
  };
};

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
