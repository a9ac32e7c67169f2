import type { Random } from './random.js';
import type { NumberedReport, Report, Reporter, Rule } from './sent-message.js';

/** However seldom rules are broken, an explosion is never a rocket's last word. */
const MOST_LAST_WORDS = 3;
const SPEED_STEP = 500;

interface Breach {
  readonly report: Report;
  readonly breaks: Rule;
}

/** What is wrong both before a launch and after an explosion. */
const untimely: readonly Report[] = [
  { type: 'RocketSpeedIncreased', data: { by: SPEED_STEP } },
  { type: 'RocketSpeedDecreased', data: { by: SPEED_STEP } },
  { type: 'RocketMissionChanged', data: { newMission: 'GEMINI' } },
  { type: 'RocketExploded', data: { reason: 'SYSTEM_MALFUNCTION' } },
];

/** Reports what a flight does, in the same order, and between it a share of what no rocket may say. */
export class RuleBreaker implements Reporter {
  private added = 0;
  private lastNumber = 0;
  /** Undefined before the launch. */
  private speed: number | undefined;
  private lastWords: number;

  constructor(
    private readonly flight: Reporter & { readonly channel: string },
    private readonly share: number,
    private readonly random: Random,
  ) {
    this.lastWords = random.between(1, MOST_LAST_WORDS);
  }

  get over(): boolean {
    return this.flight.over && this.lastWords === 0;
  }

  next(): NumberedReport {
    if (this.flight.over) this.lastWords--;
    else if (!this.random.chance(this.share)) return this.go();
    this.added++;
    return { channel: this.flight.channel, number: ++this.lastNumber, ...this.breach() };
  }

  private go(): NumberedReport {
    const { channel, number, report } = this.flight.next();
    if (report.type === 'RocketLaunched') this.speed = report.data.launchSpeed;
    else if (this.speed !== undefined) this.speed += changeBy(report);
    this.lastNumber = number + this.added;
    return { channel, number: this.lastNumber, report };
  }

  private breach(): Breach {
    if (this.flight.over) return { report: this.random.pick(untimely), breaks: 'rocket-exploded' };
    if (this.speed === undefined) return { report: this.random.pick(untimely), breaks: 'not-launched' };
    return this.random.pick(breachesInFlight(this.speed, this.random.between(1, 6) * SPEED_STEP));
  }
}

const breachesInFlight = (speed: number, step: number): readonly Breach[] => [
  { report: { type: 'RocketSpeedDecreased', data: { by: speed + step } }, breaks: 'speed-below-zero' },
  {
    report: { type: 'RocketSpeedIncreased', data: { by: Number.MAX_SAFE_INTEGER } },
    breaks: 'speed-out-of-range',
  },
  {
    report: {
      type: 'RocketLaunched',
      data: { type: 'Saturn-V', launchSpeed: step, mission: 'SHUTTLE_MIR' },
    },
    breaks: 'already-launched',
  },
];

const changeBy = (report: Report): number => {
  if (report.type === 'RocketSpeedIncreased') return report.data.by;
  return report.type === 'RocketSpeedDecreased' ? -report.data.by : 0;
};
