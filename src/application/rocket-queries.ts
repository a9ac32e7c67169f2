import { utcKey } from '../domain/rocket-time.js';
import { initialState, record, type RocketState } from '../domain/rocket.js';
import { selects, storeFilter, type FeedSelection } from './feed/feed-selection.js';
import { firstGap } from './ingest/advance.js';
import type { NumberRange } from './ingest/outcome.js';
import type { Clock } from './ports/clock.js';
import type {
  EventStore,
  FeedPage,
  FeedRequest,
  HistoryPage,
  Position,
  ReceivedMessage,
  SnapshotBound,
  StoredEvent,
} from './ports/event-store.js';
import type {
  GapPage,
  GapQuery,
  MessagePage,
  RocketDirectory,
  RocketPage,
  RocketQuery,
  RocketSummary,
} from './ports/rocket-directory.js';

const PAGE = 1024;
/** So many pages of the feed are looked at for one answer. */
const MOST_LOOKED_AT = 8;

export interface FeedQuery extends FeedSelection, Omit<FeedRequest, keyof FeedSelection | 'after'> {
  readonly after?: Position | 'beginning' | 'latest';
}

/** Silence is counted back from now. */
export type RocketListing = Omit<RocketQuery, 'silentSince'> & { readonly silentForMs?: number };

export type MessageFate =
  | { readonly outcome: 'applied' | 'refused' | 'skipped'; readonly event: StoredEvent }
  | {
      readonly outcome: 'buffered';
      readonly missing: NumberRange | undefined;
      readonly message: ReceivedMessage;
    }
  | { readonly outcome: 'late'; readonly event: StoredEvent; readonly message: ReceivedMessage };

/** Everything that is only asked, never changed. */
export class RocketQueries {
  constructor(
    private readonly store: EventStore,
    private readonly directory: RocketDirectory,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  find(channel: string, signal?: AbortSignal): Promise<RocketSummary | undefined> {
    return this.directory.find(channel, signal);
  }

  list({ silentForMs, ...query }: RocketListing, signal?: AbortSignal): Promise<RocketPage> {
    const silentSince = silentForMs === undefined ? undefined : this.clock.now() - silentForMs;
    return this.directory.list({ ...query, silentSince }, signal);
  }

  gaps(query: GapQuery, signal?: AbortSignal): Promise<GapPage> {
    return this.directory.gaps(query, signal);
  }

  waiting(channel: string, page: MessagePage, signal?: AbortSignal): Promise<ReceivedMessage[]> {
    return this.directory.waiting(channel, page, signal);
  }

  late(channel: string, page: MessagePage, signal?: AbortSignal): Promise<ReceivedMessage[]> {
    return this.directory.late(channel, page, signal);
  }

  history(channel: string, page: HistoryPage, signal?: AbortSignal): Promise<StoredEvent[]> {
    return this.store.read(channel, page, signal);
  }

  /** Looks no further than for a moment for what is rare: a page may have less than was asked for, and more follow. */
  async feed({ after, limit, order, ...selection }: FeedQuery, signal?: AbortSignal): Promise<FeedPage> {
    const filter = storeFilter(selection);
    const start = await this.startOf(after, order);
    if (selection.rule === undefined)
      return this.store.readAll({ after: start, limit, order, ...filter }, signal);
    const events: StoredEvent[] = [];
    for (let from = start, looked = 0; ;) {
      const page = await this.store.readAll({ after: from, limit: PAGE, order, ...filter }, signal);
      for (const event of page.events) {
        if (!selects(selection, event)) continue;
        if (events.length === limit) return { events, next: events.at(-1)!.position, end: false };
        events.push(event);
      }
      if (page.end || ++looked === MOST_LOOKED_AT) return { ...page, events };
      from = page.next;
    }
  }

  /** The ends of the feed have names, for whoever has no position yet. */
  private async startOf(after: FeedQuery['after'], order: FeedQuery['order']): Promise<Position | undefined> {
    if (after === 'beginning') return this.store.beginning;
    if (after !== 'latest') return after;
    return order === 'desc' ? undefined : this.store.lastPosition();
  }

  eventAt(position: Position): Promise<StoredEvent | undefined> {
    return this.store.readAt(position);
  }

  /**
   * The state as it was: after the last event at or below `version`, or before the first event that was sent
   * after `time` (as `utcKey` writes it). Folded from the nearest stored state, never looked up.
   */
  async asOf(channel: string, bound: SnapshotBound, signal?: AbortSignal): Promise<RocketState> {
    let state = (await this.store.snapshot(channel, bound)) ?? initialState;
    for (;;) {
      const left = (bound.version ?? Infinity) - state.version;
      if (left <= 0) return state;
      const limit = Math.min(PAGE, left);
      const events = await this.store.read(channel, { after: state.version, limit }, signal);
      for (const { number, event } of events) {
        if (bound.version !== undefined && number > bound.version) return state;
        if (bound.time !== undefined && utcKey(event.time) > bound.time) return state;
        state = record(state, number, event);
      }
      if (events.length < limit) return state;
    }
  }

  /** What became of one message; undefined when it was never heard. */
  async fate(channel: string, number: number): Promise<MessageFate | undefined> {
    const [head] = await this.store.load([{ channel, numbers: [number], fresh: true }]);
    if (head === undefined) return undefined;
    const waiting = head.waiting.get(number);
    if (waiting !== undefined) return { outcome: 'buffered', missing: firstGap(head), message: waiting };
    if (number > head.state.version) return undefined;
    const [event] = await this.history(channel, { after: number - 1, limit: 1 });
    if (event === undefined) return undefined;
    const message = head.late.get(number);
    return message === undefined ? { outcome: fateOf(event), event } : { outcome: 'late', event, message };
  }
}

const fateOf = ({ event }: StoredEvent): 'applied' | 'refused' | 'skipped' => {
  if (event.type === 'MessagesSkipped') return 'skipped';
  return event.type === 'MessageRefused' ? 'refused' : 'applied';
};
