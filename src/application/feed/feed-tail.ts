import type { FeedBatch, Notices, Position, StoredEvent } from '../ports/event-store.js';
import { isOfEvents, selects, type FeedSelection } from './feed-selection.js';
import type { FeedMessage } from './feed-message.js';

/** So many of the last events are at hand; a reader further behind reads pages of the store. Some 4 MB. */
const EVENTS_AT_HAND = 16_384;
const BURSTS_AT_HAND = 16_384;
/** What is told at once: rendered and written in about a millisecond. */
const EVENTS_PER_BURST = 1024;
/** So many of the last bursts are told at the same time, to readers that keep up. */
const BURSTS_SHARED = 32;
/** Of more rockets than this it is only said that many have changed. */
const NAMED_AT_ONCE = 500;

/** Some events that follow on each other, and notices: read once, and narrowed once for each filter in use. */
export class Burst {
  /** Undefined once most readers have had it: with a thousand filters it is more than the events. */
  private narrowed: Map<string, readonly FeedMessage[]> | undefined = new Map();

  constructor(
    readonly after: Position,
    readonly next: Position,
    private readonly events: readonly StoredEvent[],
    private readonly notices: Notices | undefined,
  ) {}

  get size(): number {
    return this.events.length;
  }

  /** For a filter, the same objects for all its readers, so that they are rendered once. */
  messagesFor(filter: FeedSelection): readonly FeedMessage[] {
    const key = `${filter.channel ?? ''} ${filter.type ?? ''} ${filter.rule ?? ''}`;
    let messages = this.narrowed?.get(key);
    if (messages === undefined) {
      const wanted = this.events.filter((event) => selects(filter, event));
      messages = [...newsOf(wanted), ...noticesFor(this.notices, filter)];
      this.narrowed?.set(key, messages);
    }
    return messages;
  }

  forgetNarrowed(): void {
    this.narrowed = undefined;
  }

  /** For a reader that has read a part of it in a page of the store, or all of it: then it hears what is no event. */
  messagesBehind(isBehind: (position: Position) => boolean, filter: FeedSelection): readonly FeedMessage[] {
    const wanted = this.events.filter((event) => isBehind(event.position) && selects(filter, event));
    return [...newsOf(wanted), ...noticesFor(this.notices, filter)];
  }
}

/** The newest part of the feed, in bursts that are numbered one after the other. */
export class FeedTail {
  private readonly bursts: Burst[] = [];
  private firstNumber = 0;
  private events = 0;
  private from: Position;
  /** Where the tail ends. */
  end: Position;

  constructor(from: Position) {
    this.from = from;
    this.end = from;
  }

  /** The number of the burst that comes next. */
  get nextNumber(): number {
    return this.firstNumber + this.bursts.length;
  }

  /** Undefined when it is not there yet, or not there any more. */
  burst(number: number): Burst | undefined {
    return this.bursts[number - this.firstNumber];
  }

  /** The burst with which a reader at a position goes on; undefined when what follows on it is not at hand. */
  numberBehind(at: Position, compare: (one: Position, other: Position) => number): number | undefined {
    if (at === this.end) return this.nextNumber;
    if (compare(at, this.from) < 0) return undefined;
    const index = this.bursts.findIndex(({ next }) => compare(next, at) > 0);
    return index === -1 ? this.nextNumber : this.firstNumber + index;
  }

  push(batches: readonly FeedBatch[], notices: Notices | undefined): void {
    let gathered: StoredEvent[] = [];
    for (const { next, events } of batches) {
      for (let i = 0; i < events.length; i++) {
        gathered.push(events[i]!);
        const isLast = i === events.length - 1;
        if (gathered.length < EVENTS_PER_BURST) continue;
        this.add(isLast ? next : events[i]!.position, gathered, undefined);
        gathered = [];
      }
    }
    const end = batches.at(-1)?.next ?? this.end;
    if (gathered.length > 0 || notices !== undefined || end !== this.end) {
      this.add(end, gathered, notices);
    }
  }

  private get isTooLong(): boolean {
    const { length } = this.bursts;
    return length > 1 && (this.events > EVENTS_AT_HAND || length > BURSTS_AT_HAND);
  }

  private add(next: Position, events: readonly StoredEvent[], notices: Notices | undefined): void {
    this.bursts.push(new Burst(this.end, next, events, notices));
    this.bursts.at(-1 - BURSTS_SHARED)?.forgetNarrowed();
    this.events += events.length;
    this.end = next;
    while (this.isTooLong) {
      const { size, next: dropped } = this.bursts.shift()!;
      this.events -= size;
      this.firstNumber++;
      this.from = dropped;
    }
  }
}

/** To whom what is missing may have changed unnoticed. */
export const noticesMissed = (selection: FeedSelection): FeedMessage[] => {
  if (isOfEvents(selection)) return [];
  const { channel } = selection;
  return [{ kind: 'gaps-changed', channels: channel === undefined ? undefined : [channel] }];
};

const newsOf = (events: readonly StoredEvent[]): FeedMessage[] =>
  events.length === 0 ? [] : [{ kind: 'news', events }];

const noticesFor = (notices: Notices | undefined, selection: FeedSelection): FeedMessage[] => {
  if (notices === undefined || isOfEvents(selection)) return [];
  const { channel } = selection;
  const { gapsOf, late } = notices;
  const messages: FeedMessage[] = [];
  const channels = channel === undefined ? gapsOf : new Set([channel].filter((one) => gapsOf.has(one)));
  if (channels.size > NAMED_AT_ONCE) messages.push({ kind: 'gaps-changed', channels: undefined });
  else if (channels.size > 0) messages.push({ kind: 'gaps-changed', channels: [...channels] });
  const concerned = channel === undefined ? late : late.filter((one) => one.channel === channel);
  if (concerned.length > 0) messages.push({ kind: 'message-late', messages: concerned });
  return messages;
};
