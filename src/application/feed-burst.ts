import type { RocketEvent } from '../domain/rocket-event.js';
import type { ChannelRange, GapNews } from './gap-notices.js';
import type { FeedPage, Position, StoredEvent } from './ports/event-store.js';
import type { Gap } from './ports/rocket-directory.js';

export interface FeedFilter {
  readonly channel?: string;
  /** Names the events that are wanted, and only those: gaps are not told to who asks for a type. */
  readonly type?: RocketEvent['type'];
}

/** Events in the order of the feed, then what became of gaps meanwhile. */
export interface FeedNews {
  readonly kind: 'news';
  readonly events: readonly StoredEvent[];
  readonly closed: readonly ChannelRange[];
  readonly opened: readonly Gap[];
}

/** What the store had to tell since the burst before: read once, and narrowed once for each filter in use. */
export class FeedBurst {
  /** By filter. The same object for all its readers, so that it is rendered once. */
  private readonly news = new Map<string, FeedNews | undefined>();
  private groups: Map<string, StoredEvent[]> | undefined;
  readonly next: Position | undefined;

  constructor(
    readonly after: Position | undefined,
    private readonly page: FeedPage,
    private readonly gaps: GapNews,
  ) {
    this.next = page.next ?? after;
  }

  get isEmpty(): boolean {
    return this.page.events.length + this.gaps.closed.length + this.gaps.opened.length === 0;
  }

  /** Undefined when there is nothing for this filter. */
  newsFor(filter: FeedFilter): FeedNews | undefined {
    const key = `${filter.channel ?? ''} ${filter.type ?? ''}`;
    if (!this.news.has(key)) this.news.set(key, this.narrowed(filter));
    return this.news.get(key);
  }

  /** The same for a reader that joins in the middle, at `position`; 'not-here' when it is not in this burst. */
  newsBehind(position: Position | undefined, filter: FeedFilter): FeedNews | undefined | 'not-here' {
    if (position === this.after) return this.newsFor(filter);
    if (position === this.next) return this.gapNewsFor(filter);
    const index = this.page.events.findIndex((event) => event.position === position);
    if (index === -1) return 'not-here';
    const rest = this.page.events.slice(index + 1).filter((event) => passes(event, filter));
    return this.withGaps(rest, filter);
  }

  /** For a reader that is elsewhere: what is told of gaps is of now, not of a place in the feed. */
  gapNewsFor(filter: FeedFilter): FeedNews | undefined {
    const key = `gaps ${filter.channel ?? ''} ${filter.type ?? ''}`;
    if (!this.news.has(key)) this.news.set(key, this.withGaps([], filter));
    return this.news.get(key);
  }

  private narrowed(filter: FeedFilter): FeedNews | undefined {
    const { channel, type } = filter;
    const events = channel === undefined ? this.page.events : (this.byChannel().get(channel) ?? []);
    const wanted = type === undefined ? events : events.filter(({ event }) => event.type === type);
    return this.withGaps(wanted, filter);
  }

  private withGaps(events: readonly StoredEvent[], { channel, type }: FeedFilter): FeedNews | undefined {
    const concerns = (gap: ChannelRange): boolean => channel === undefined || gap.channel === channel;
    const closed = type === undefined ? this.gaps.closed.filter(concerns) : [];
    const opened = type === undefined ? this.gaps.opened.filter(concerns) : [];
    if (events.length + closed.length + opened.length === 0) return undefined;
    return { kind: 'news', events, closed, opened };
  }

  private byChannel(): Map<string, StoredEvent[]> {
    if (this.groups !== undefined) return this.groups;
    this.groups = new Map();
    for (const event of this.page.events) {
      const group = this.groups.get(event.channel);
      if (group === undefined) this.groups.set(event.channel, [event]);
      else group.push(event);
    }
    return this.groups;
  }
}

const passes = ({ channel, event }: StoredEvent, filter: FeedFilter): boolean =>
  (filter.channel === undefined || filter.channel === channel) &&
  (filter.type === undefined || filter.type === event.type);
