import { eventTypes, refusalRules, type RocketEvent } from '../../../domain/rocket-event.js';
import type { Launch, RocketReport } from '../../../domain/rocket-message.js';
import type { StringTable } from './string-table.js';

/** An event without its time as two figures; `value` may be too wide for its place in a row. */
export interface CodedEvent {
  readonly kind: number;
  readonly value: number;
}

const reportTypes = [
  'RocketLaunched',
  'RocketSpeedIncreased',
  'RocketSpeedDecreased',
  'RocketMissionChanged',
  'RocketExploded',
] as const satisfies readonly RocketReport['type'][];

/** A kind is a type of event; from here on it is a refusal, of each report under each rule. */
const FIRST_REFUSAL = eventTypes.length;
const kindCount = FIRST_REFUSAL + refusalRules.length * reportTypes.length;
const typeOfKind = Array.from({ length: kindCount }, (_, kind) => eventTypes[kind] ?? 'MessageRefused');

/** An event without its time. */
type Told<E = RocketEvent> = E extends RocketEvent ? Pick<E, 'type' | 'data'> : never;

/** Turns events into two figures and back; texts and launches stand in tables of their own. */
export class EventTable {
  private readonly launches: Launch[] = [];

  constructor(private readonly strings: StringTable) {}

  encode(event: RocketEvent): CodedEvent {
    switch (event.type) {
      case 'MessagesSkipped':
        // Rare, and with texts of its own: it is kept as text.
        return { kind: eventTypes.indexOf(event.type), value: 0 };
      case 'MessageRefused': {
        const { rule, message } = event.data;
        const kind =
          FIRST_REFUSAL + refusalRules.indexOf(rule) * reportTypes.length + reportTypes.indexOf(message.type);
        return { kind, value: this.valueOf(message) };
      }
      default:
        return { kind: eventTypes.indexOf(event.type), value: this.valueOf(event) };
    }
  }

  typeOf(kind: number): RocketEvent['type'] {
    return typeOfKind[kind]!;
  }

  decode(kind: number, value: number): Told {
    if (kind < reportTypes.length) return this.report(reportTypes[kind]!, value);
    const report = (kind - FIRST_REFUSAL) % reportTypes.length;
    const rule = refusalRules[(kind - FIRST_REFUSAL - report) / reportTypes.length]!;
    return { type: 'MessageRefused', data: { rule, message: this.report(reportTypes[report]!, value) } };
  }

  private valueOf(report: RocketReport): number {
    switch (report.type) {
      case 'RocketLaunched': {
        const { type, launchSpeed, mission } = report.data;
        const { strings } = this;
        return (
          this.launches.push({ type: strings.keep(type), launchSpeed, mission: strings.keep(mission) }) - 1
        );
      }
      case 'RocketSpeedIncreased':
      case 'RocketSpeedDecreased':
        return report.data.by;
      case 'RocketMissionChanged':
        return this.strings.idOf(report.data.newMission);
      case 'RocketExploded':
        return this.strings.idOf(report.data.reason);
    }
  }

  private report(type: RocketReport['type'], value: number): RocketReport {
    switch (type) {
      case 'RocketLaunched':
        return { type, data: { ...this.launches[value]! } };
      case 'RocketSpeedIncreased':
      case 'RocketSpeedDecreased':
        return { type, data: { by: value } };
      case 'RocketMissionChanged':
        return { type, data: { newMission: this.strings.text(value) } };
      case 'RocketExploded':
        return { type, data: { reason: this.strings.text(value) } };
    }
  }
}
