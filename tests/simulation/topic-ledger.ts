import type { RocketMessage } from '../../src/domain/rocket-message.js';
import type { TopicRecord } from '../../src/infrastructure/kafka/assignment.js';
import type { WrittenRecord } from '../../src/infrastructure/kafka/topic-writer.js';
import { isPoison } from './fleet.js';
import type { Ledger } from './ledger.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

/** A record is no message when its value has more bytes. */
export const MOST_VALUE_BYTES = 500;

/** A record, and what it says. */
export interface Entry {
  readonly record: TopicRecord;
  readonly place: string;
  /** Undefined: nobody can make a message of it. */
  readonly message: RocketMessage | undefined;
  /** Then this is what is wrong with it. */
  readonly problem: string | undefined;
}

type Bytes = Buffer | null | undefined;

/** What is known of the records of both topics, and what has to become of them. */
export class TopicLedger {
  private readonly entries = new Map<string, Entry>();
  private readonly messages = new Map<string, RocketMessage[]>();
  private readonly queued: RocketMessage[] = [];
  /** Places of what stands in the topic of rejected records. */
  private readonly rejected = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly ledger: Ledger,
  ) {}

  appended(entry: Entry): void {
    this.entries.set(entry.place, entry);
    const { message } = entry;
    if (message === undefined) return;
    const name = `${message.channel} ${message.number}`;
    const said = this.messages.get(name);
    if (said === undefined) this.messages.set(name, [message]);
    else said.push(message);
    if (!this.wasSent(message)) this.world.violated('what stands in the topic was sent', entry.place);
  }

  /** A sender was told that the topic holds it. */
  acknowledged(message: RocketMessage): void {
    const name = `${message.channel} ${message.number}`;
    this.queued.push(message);
    if (this.messages.get(name)?.some((one) => equal(one, message)) === true) return;
    this.world.violated('what is told to be queued stands in the topic', name);
  }

  /** Whether nobody needs the record any more: its message is stored, or it was rejected. */
  isSettled({ place, message, record }: Entry): boolean {
    if (this.rejected.has(place)) return true;
    if (message === undefined || isTooBig(record)) return false;
    const told = this.told(message);
    return told !== undefined && says(told, message);
  }

  /** The topic of rejected records has got one. */
  wasRejected(written: WrittenRecord, mostBytes: number): void {
    const { world } = this;
    const place = headerOf(written, 'place') ?? '';
    const problem = JSON.parse(headerOf(written, 'problem') ?? '{}') as { readonly type?: string };
    const entry = this.entries.get(place);
    if (entry === undefined) return world.violated('only what cannot be taken is rejected', `at ${place}`);
    const slug = problem.type?.replace('/problems/', '') ?? '';
    if (!this.mayBe(entry, slug)) {
      return world.violated('only what cannot be taken is rejected', `${place} as ${slug}`);
    }
    world.meet(situationOf[slug as keyof typeof situationOf]);
    if (this.rejected.has(place)) world.meet('record rejected twice');
    if (!keptWhole(entry.record, written)) this.leftOut(entry, written, mostBytes);
    this.rejected.add(place);
  }

  /** When nothing is left to be done. */
  check(): void {
    for (const entry of this.entries.values()) {
      if (!this.isSettled(entry)) this.world.violated('nothing in the topic is lost', entry.place);
    }
    for (const message of this.queued) {
      const { channel, number } = message;
      if (!this.messages.get(`${channel} ${number}`)?.some((one) => equal(one, message)))
        this.world.violated('what is told to be queued stands in the topic', `${channel} ${number}`);
    }
  }

  private wasSent({ channel, number, time, report }: RocketMessage): boolean {
    const variants = this.ledger.rocket(channel).sent.get(number) ?? [];
    return variants.some(({ said, times }) => equal(said, report) && times.has(time));
  }

  private told({ channel, number }: RocketMessage) {
    const { standing, late } = this.ledger.rocket(channel);
    return standing.get(number) ?? late.get(number);
  }

  private mayBe({ message, problem, record }: Entry, slug: string): boolean {
    if (message === undefined) return slug === problem;
    if (isTooBig(record)) return slug === 'body-too-large';
    if (slug === 'change-refused') return isPoison(message);
    const told = this.told(message);
    return slug === 'conflict' && told !== undefined && !says(told, message);
  }

  /** Only what was too big for the topic stands there without its bytes. */
  private leftOut({ record, place }: Entry, written: WrittenRecord, mostBytes: number): void {
    const whole = { ...written, key: record.key ?? undefined, value: record.value ?? undefined };
    const ownHeaders = record.headerEntries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    const isShort = sizeOf(whole) + ownHeaders <= mostBytes;
    if (isShort || headerOf(written, 'left-out') === undefined || written.value !== undefined)
      this.world.violated('what is rejected is kept as it was', place);
    else this.world.meet('rejected record kept without its bytes');
  }
}

export const sizeOf = ({ key, value, headers }: WrittenRecord): number => {
  let size = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers ?? []) size += name.length + content.length;
  return size;
};

const situationOf = {
  'malformed-json': 'record rejected: not JSON',
  'invalid-message': 'record rejected: no message',
  'body-too-large': 'record rejected: too big',
  'change-refused': 'record rejected: the store refuses it',
  conflict: 'record rejected: conflict',
} as const;

const isTooBig = ({ value }: TopicRecord): boolean => (value?.length ?? 0) > MOST_VALUE_BYTES;

const says = ({ type, data }: { readonly type: string; readonly data: object }, { report }: RocketMessage) =>
  equal({ type, data }, report);

/** Of several headers of one name the last one counts. */
const headerOf = ({ headers }: WrittenRecord, name: string): string | undefined =>
  [...(headers ?? [])].findLast(([key]) => key.toString() === name)?.[1].toString();

const keptWhole = (record: TopicRecord, { key, value, headers }: WrittenRecord): boolean => {
  const kept = [...(headers ?? [])];
  return (
    same(record.key, key) &&
    same(record.value, value) &&
    kept.length === record.headerEntries.length + 2 &&
    record.headerEntries.every(
      ([name, content], i) => same(name, kept[i]?.[0]) && same(content, kept[i]?.[1]),
    )
  );
};

const same = (one: Bytes, other: Bytes): boolean =>
  one instanceof Buffer && other instanceof Buffer ? one.equals(other) : !one === !other;
