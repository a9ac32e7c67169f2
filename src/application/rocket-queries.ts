import { utcMillis } from '../domain/rocket-time.js';
import type { NumberRange } from './outcome.js';
import type {
  EventStore,
  FeedPage,
  FeedRequest,
  Position,
  RocketState,
  SnapshotBound,
  StoredEvent,
} from './ports/event-store.js';
import type {
  GapPage,
  GapQuery,
  RocketDirectory,
  RocketPage,
  RocketQuery,
  RocketSummary,
} from './ports/rocket-directory.js';
import { initialState, record } from './rocket-state.js';

const PAGE = 1024;

export type MessageFate =
  | { readonly outcome: 'applied' | 'refused' | 'skipped'; readonly event: StoredEvent }
  | { readonly outcome: 'buffered'; readonly missing: NumberRange | undefined };

/** Everything that is only asked, never changed. */
export class RocketQueries {
  constructor(
    private readonly store: EventStore,
    private readonly directory: RocketDirectory,
    private readonly gapReader: Pick<RocketDirectory, 'gaps'> = directory,
  ) {}

  find(channel: string): Promise<RocketSummary | undefined> {
    return this.directory.find(channel);
  }

  list(query: RocketQuery): Promise<RocketPage> {
    return this.directory.list(query);
  }

  gaps(query: GapQuery): Promise<GapPage> {
    return this.gapReader.gaps(query);
  }

  history(channel: string, after: number, limit: number): Promise<StoredEvent[]> {
    return this.store.read(channel, { after, limit });
  }

  feed(request: FeedRequest): Promise<FeedPage> {
    return this.store.readAll(request);
  }

  eventAt(position: Position): Promise<StoredEvent | undefined> {
    return this.store.readAt(position);
  }

  /**
   * The state as it was: after the last event at or below `version`, or before the first event that was sent
   * after `time`. Folded from the nearest stored state, never looked up.
   */
  async asOf(channel: string, bound: SnapshotBound): Promise<RocketState> {
    let state = (await this.store.snapshot(channel, bound)) ?? initialState;
    for (;;) {
      const left = (bound.version ?? Infinity) - state.version;
      if (left <= 0) return state;
      const limit = Math.min(PAGE, left);
      const events = await this.store.read(channel, { after: state.version, limit });
      for (const { number, event } of events) {
        if (bound.version !== undefined && number > bound.version) return state;
        if (bound.time !== undefined && utcMillis(event.time) > bound.time) return state;
        state = record(state, number, event);
      }
      if (events.length < limit) return state;
    }
  }

  /** What became of one message; undefined when it was never heard. */
  async fate(channel: string, number: number): Promise<MessageFate | undefined> {
    const [head] = await this.store.load([{ channel, numbers: [number] }]);
    if (head === undefined) return undefined;
    if (head.early.get(number) !== undefined) {
      const { version } = head.state;
      const lowest = head.early.after(version)!.message.number;
      return {
        outcome: 'buffered',
        missing: lowest > version + 1 ? { from: version + 1, to: lowest - 1 } : undefined,
      };
    }
    if (number > head.state.version) return undefined;
    const [event] = await this.history(channel, number - 1, 1);
    return event && { outcome: fateOf(event), event };
  }
}

const fateOf = ({ event }: StoredEvent): 'applied' | 'refused' | 'skipped' => {
  if (event.type === 'MessagesSkipped') return 'skipped';
  return event.type === 'MessageRefused' ? 'refused' : 'applied';
};
