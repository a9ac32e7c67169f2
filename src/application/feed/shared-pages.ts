import type { EventStore, Position } from '../ports/event-store.js';
import type { FeedMessage } from './feed-message.js';
import { selects, storeFilter, type FeedSelection } from './feed-selection.js';
import type { SharedTurns } from './shared-turns.js';

const EVENTS_PER_PAGE = 256;
/** So many pages are read at a time; all others that catch up wait for theirs. */
const AT_A_TIME = 2;
/** The pages that were read last, some 4 MB: readers that come back together read the same ones. */
const AT_HAND = 32;

/** What a reader that catches up is told, and where it goes on. */
export interface SharedPage {
  readonly news: FeedMessage | undefined;
  readonly told: Position | undefined;
  readonly next: Position;
}

/** Pages of what is stored, read once and rendered once for all readers on the same way. */
export class SharedPages {
  /** The one that was asked for last comes last. */
  private readonly pages = new Map<string, Promise<SharedPage>>();
  private reading = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly store: EventStore,
    private readonly turns: SharedTurns,
  ) {}

  async page(after: Position, filter: FeedSelection): Promise<SharedPage> {
    const key = JSON.stringify([after, filter.channel, filter.type, filter.rule]);
    const known = this.pages.get(key);
    const page = known ?? this.read(after, filter);
    this.pages.delete(key);
    this.pages.set(key, page);
    if (known === undefined) this.keep(key, page, after);
    return page;
  }

  /** What follows on the end of the feed is another page each time; so is one that could not be read. */
  private keep(key: string, page: Promise<SharedPage>, after: Position): void {
    const forget = (): boolean => this.pages.delete(key);
    page.then(({ next }) => next === after && forget(), forget);
    if (this.pages.size > AT_HAND) this.pages.delete(this.pages.keys().next().value!);
  }

  private async read(after: Position, filter: FeedSelection): Promise<SharedPage> {
    while (this.reading >= AT_A_TIME) await new Promise<void>((go) => this.waiting.push(go));
    this.reading++;
    try {
      const asked = { after, limit: EVENTS_PER_PAGE, ...storeFilter(filter) };
      const { events: found, next } = await this.turns.do(() => this.store.readAll(asked));
      const events = found.filter((event) => selects(filter, event));
      const news: FeedMessage | undefined = events.length > 0 ? { kind: 'news', events } : undefined;
      return { news, told: events.at(-1)?.position, next };
    } finally {
      this.reading--;
      this.waiting.shift()?.();
    }
  }
}
