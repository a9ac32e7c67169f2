/** A message as the simulator knows it. Deliberately not the type of the service: see verify/expected-rocket.ts. */
export type Report =
  | { readonly type: 'RocketLaunched'; readonly data: { type: string; launchSpeed: number; mission: string } }
  | { readonly type: 'RocketSpeedIncreased' | 'RocketSpeedDecreased'; readonly data: { by: number } }
  | { readonly type: 'RocketMissionChanged'; readonly data: { newMission: string } }
  | { readonly type: 'RocketExploded'; readonly data: { reason: string } };

export type Rule =
  'not-launched' | 'already-launched' | 'speed-below-zero' | 'speed-out-of-range' | 'rocket-exploded';

export interface NumberedReport {
  readonly channel: string;
  readonly number: number;
  readonly report: Report;
  /** The rule for which it has to be refused. */
  readonly breaks?: Rule;
}

/** Whoever has something to say, until it is over. */
export interface Reporter {
  readonly over: boolean;
  next(): NumberedReport;
}

export interface SentMessage extends NumberedReport {
  readonly time: string;
  /** The service holds this very message, time and all; otherwise it may hold one of an earlier run. */
  accepted: boolean;
}

export const bodyOf = ({ channel, number, time, report }: SentMessage): string =>
  `{"metadata":{"channel":"${channel}","messageNumber":${number},"messageTime":"${time}","messageType":"${report.type}"},"message":${JSON.stringify(report.data)}}`;
