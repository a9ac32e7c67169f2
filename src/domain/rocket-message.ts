/** What a rocket reports about itself. The names are the ones on the wire: there is no second vocabulary. */
export type RocketReport =
  | { readonly type: 'RocketLaunched'; readonly data: Launch }
  | { readonly type: 'RocketSpeedIncreased'; readonly data: { readonly by: number } }
  | { readonly type: 'RocketSpeedDecreased'; readonly data: { readonly by: number } }
  | { readonly type: 'RocketMissionChanged'; readonly data: { readonly newMission: string } }
  | { readonly type: 'RocketExploded'; readonly data: { readonly reason: string } };

export interface Launch {
  readonly type: string;
  readonly launchSpeed: number;
  readonly mission: string;
}

export interface RocketMessage {
  readonly channel: string;
  /** 1, 2, 3 … per channel; the one thing that decides order and identity. */
  readonly number: number;
  /** RFC 3339, exactly as sent. It never decides order: clocks on rockets lie. */
  readonly time: string;
  readonly report: RocketReport;
}

/** Two reports say the same. The time of sending is left out: a resent message carries a new one. */
export const sameReport = (a: RocketReport, b: RocketReport): boolean => {
  switch (a.type) {
    case 'RocketLaunched':
      return (
        b.type === a.type &&
        a.data.type === b.data.type &&
        a.data.launchSpeed === b.data.launchSpeed &&
        a.data.mission === b.data.mission
      );
    case 'RocketSpeedIncreased':
    case 'RocketSpeedDecreased':
      return b.type === a.type && a.data.by === b.data.by;
    case 'RocketMissionChanged':
      return b.type === a.type && a.data.newMission === b.data.newMission;
    case 'RocketExploded':
      return b.type === a.type && a.data.reason === b.data.reason;
  }
};
