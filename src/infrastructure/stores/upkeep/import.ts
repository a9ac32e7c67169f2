import type { Change, EventStore } from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import { initialState, record, type RocketState } from '../../../domain/rocket.js';
import {
  exportLineReader,
  type Counted,
  type ExportLine,
  type MessageRules,
  type SubscriptionCounted,
} from './export-line.js';
import { SubscriptionImport, type ImportedSubscriptions } from './subscription-import.js';
import { firstNumber } from '../relational/heads.js';

/** A line that is not one of an export, or does not follow on those before it. */
export class NoExport extends Error {}

/** Changes that are committed together. */
const BATCH = 1000;

export type Imported = Readonly<Record<Counted, number>> & SubscriptionCounted;

type Line<Kind extends ExportLine['kind']> = Extract<ExportLine, { readonly kind: Kind }>;

/** Writes an export into a store that is empty, line by line as it was written. */
export class Import {
  private readonly counts = { rockets: 0, events: 0, waiting: 0, late: 0 };
  private readonly rockets = new Map<string, ImportedRocket>();
  private readonly subscriptions: SubscriptionImport;
  private readonly read: (text: string) => ExportLine | undefined;
  private batch: Change[] = [];
  private listened = 0;
  private line = 0;
  private hasEnded = false;

  constructor(
    private readonly store: Pick<EventStore, 'commit' | 'listened'>,
    rules: MessageRules,
    subscriptions: ImportedSubscriptions,
  ) {
    this.read = exportLineReader(rules);
    this.subscriptions = new SubscriptionImport(subscriptions);
  }

  async take(text: string): Promise<void> {
    this.line++;
    if (text.trim() === '') return;
    const line = this.read(text);
    if (line === undefined) throw this.wrong('it is not one of an export');
    if ((this.line === 1) !== (line.kind === 'rockets-export'))
      throw this.wrong('an export begins in another way');
    if (this.hasEnded) throw this.wrong('the export has ended before');
    await this.add(line);
    if (this.batch.length >= BATCH) await this.flush();
  }

  async finish(): Promise<Imported> {
    if (this.line === 0) throw new NoExport('there is nothing in it');
    if (!this.hasEnded) throw new NoExport(`it was cut off behind line ${this.line}`);
    await this.flush();
    return { ...this.counts, ...this.subscriptions.counts };
  }

  private async add(line: ExportLine): Promise<void> {
    switch (line.kind) {
      case 'rockets-export':
        return;
      case 'rocket':
        return this.rocket(line);
      case 'event':
        return this.event(line);
      case 'waiting':
        return this.waiting(line);
      case 'late':
        return this.late(line);
      case 'listened':
        return this.listen(line.ms);
      case 'subscription':
      case 'parked':
        return this.subscription(line);
      case 'end':
        return this.end(line);
    }
  }

  /** Rockets first, with when they were heard last, so that they are counted as they were. */
  private rocket({ channel, heardAt }: Line<'rocket'>): void {
    if (this.rockets.has(channel)) throw this.wrong(`${channel} is there twice`);
    const rocket = { revision: 0, state: initialState, highest: 0, lastLate: 0, skipped: [] };
    this.rockets.set(channel, rocket);
    this.change(channel, rocket, { recordedAt: heardAt, heard: true });
    this.counts.rockets++;
  }

  private event({ channel, number, type, data, time, recordedAt }: Line<'event'>): void {
    const rocket = this.known(channel);
    const event = { type, data, time } as RocketEvent;
    const first = firstNumber({ number, event });
    if (first !== rocket.state.version + 1) {
      throw this.wrong(`${channel} is at version ${rocket.state.version}, on which it does not follow`);
    }
    if (event.type === 'MessagesSkipped') rocket.skipped.push([first, number]);
    rocket.state = record(rocket.state, number, event);
    rocket.highest = number;
    this.change(channel, rocket, { events: [{ number, event }], recordedAt });
    this.counts.events++;
  }

  /** In the order of numbers, each opens the gap before it, if there is one, at the time at which it was opened. */
  private waiting(line: Line<'waiting'>): void {
    const { channel, number, receivedAt, since = receivedAt } = line;
    const rocket = this.known(channel);
    if (number <= rocket.highest)
      throw this.wrong(`${channel} has said ${number} or something above it before`);
    rocket.highest = number;
    this.change(channel, rocket, { added: [received(line)], recordedAt: since });
    this.counts.waiting++;
  }

  private late(line: Line<'late'>): void {
    const { channel, number, receivedAt } = line;
    const rocket = this.known(channel);
    if (number <= rocket.lastLate || !rocket.skipped.some(([from, to]) => from <= number && number <= to)) {
      throw this.wrong(`${channel} did not skip ${number}, or something above it came late before`);
    }
    rocket.lastLate = number;
    this.change(channel, rocket, { late: [received(line)], recordedAt: receivedAt });
    this.counts.late++;
  }

  private async listen(ms: number): Promise<void> {
    if (ms < this.listened) throw this.wrong('less had been listened than before');
    await this.flush();
    await this.store.listened(ms - this.listened);
    this.listened = ms;
  }

  /** Behind all events, on which they stand. */
  private async subscription(line: Line<'subscription' | 'parked'>): Promise<void> {
    await this.flush();
    const problem = await this.subscriptions.take(line);
    if (problem !== undefined) throw this.wrong(problem);
  }

  private async end(line: Line<'end'>): Promise<void> {
    await this.subscriptions.finish();
    const { subscriptions, parked } = this.subscriptions.counts;
    const counts: Readonly<Record<string, number>> = { ...this.counts, subscriptions, parked };
    const said: Readonly<Record<string, unknown>> = { subscriptions: 0, parked: 0, ...line };
    const other = Object.keys(counts).find((name) => counts[name] !== said[name]);
    if (other !== undefined)
      throw this.wrong(`it counts ${String(said[other])} ${other}, and there were ${counts[other]}`);
    this.hasEnded = true;
  }

  private change(
    channel: string,
    rocket: ImportedRocket,
    parts: Partial<Change> & Pick<Change, 'recordedAt'>,
  ): void {
    const { revision, state } = rocket;
    const nothing = { numbers: [], events: [], added: [], released: [], late: [], heard: false };
    this.batch.push({ ...nothing, channel, revision, state, ...parts });
    rocket.revision++;
  }

  private known(channel: string): ImportedRocket {
    const rocket = this.rockets.get(channel);
    if (rocket === undefined) throw this.wrong(`there is no rocket ${channel} before it`);
    return rocket;
  }

  private async flush(): Promise<void> {
    const changes = this.batch;
    this.batch = [];
    const moved = await this.store.commit(changes);
    if (moved.length > 0) throw new NoExport('somebody else writes into the store');
  }

  private wrong(why: string): NoExport {
    return new NoExport(`line ${this.line}: ${why}`);
  }
}

interface ImportedRocket {
  revision: number;
  state: RocketState;
  /** The highest number heard. */
  highest: number;
  lastLate: number;
  readonly skipped: (readonly [from: number, to: number])[];
}

const received = ({ channel, number, time, receivedAt, type, data }: Line<'waiting' | 'late'>) => ({
  message: { channel, number, time, report: { type, data } as RocketReport },
  receivedAt,
});
