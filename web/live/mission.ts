import { type Connection, connectionAfter, notConnected, type Signal } from '../model/connection.js';
import { Fleet } from '../model/fleet.js';
import { RateHistory } from '../model/rate.js';
import { RefusedLog } from '../model/refused-log.js';
import type { EventJson, GapJson, HealthJson } from '../model/wire.js';
import { fetchGaps, fetchGapsOf, fetchHealth, fetchRefused, fetchRocket, fetchRockets } from './api.js';
import { GapRefresh, type GapQuestion } from './gap-refresh.js';
import { type FeedListener, LiveFeed } from './live-feed.js';

const mostRockets = 100_000;
const mostGaps = 10_000;
const mostRefused = 20_000;
const healthMs = 2_000;

/** All the page knows. Changes are told once per frame, however many there were. */
export class Mission implements FeedListener {
  readonly fleet = new Fleet();
  readonly refused = new RefusedLog(mostRefused);
  readonly rate = new RateHistory();
  health: HealthJson | undefined;
  connection: Connection = notConnected;
  /** Grows with every full load; a screen that holds more than the fleet tops itself up then. */
  loadedTimes = 0;

  readonly #feed = new LiveFeed(this);
  readonly #gaps = new GapRefresh((question) => this.#askForGaps(question));
  readonly #watchers = new Set<() => void>();
  readonly #eventWatchers = new Set<(event: EventJson) => void>();
  readonly #refetching = new Set<string>();
  /** What comes before `caught-up` is part of the state that is loaded then; what comes while loading has to wait. */
  #mode: 'ignore' | 'hold' | 'apply' = 'ignore';
  #held: (() => void)[] = [];
  #loads = 0;
  #frame = 0;

  start(): void {
    this.#feed.open();
    void this.#pollHealth();
  }

  /** Returns the function that ends the watching. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  watchEvents(watcher: (event: EventJson) => void): () => void {
    this.#eventWatchers.add(watcher);
    return () => this.#eventWatchers.delete(watcher);
  }

  changed(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const watcher of this.#watchers) watcher();
    });
  }

  opened(): void {
    this.#mode = 'ignore';
    this.#signal('opened');
  }

  caughtUp(): void {
    void this.#load();
  }

  event(event: EventJson): void {
    this.#whenLoaded(() => {
      if (!this.fleet.apply(event)) void this.refetch(event.channel);
      if (event.type === 'MessageRefused') this.refused.add(event);
      for (const watcher of this.#eventWatchers) watcher(event);
    });
  }

  gapsChanged(channel: string | undefined): void {
    this.#whenLoaded(() => this.#gaps.gapsChanged(channel));
  }

  messageLate(channel: string): void {
    this.#whenLoaded(() => this.#gaps.messageLate(channel));
  }

  lost(): void {
    this.#loads += 1;
    this.#mode = 'ignore';
    this.#gaps.forget();
    this.#signal('lost');
  }

  /** The gaps of one rocket as they are now. */
  async gapsNow(channel: string): Promise<readonly GapJson[]> {
    const gaps = await fetchGapsOf(channel, mostGaps);
    this.fleet.setGaps(channel, gaps);
    this.changed();
    return gaps;
  }

  /** Asks the service about one rocket; at most one question per rocket is under way. */
  async refetch(channel: string): Promise<void> {
    if (this.#refetching.has(channel)) return;
    this.#refetching.add(channel);
    try {
      this.fleet.put(await fetchRocket(channel));
      this.changed();
    } catch {
      // The connection's own state tells the user; the next event or reload asks again.
    } finally {
      this.#refetching.delete(channel);
    }
  }

  async #load(): Promise<void> {
    const load = ++this.#loads;
    this.#mode = 'hold';
    this.#held = [];
    try {
      const [rockets, gaps, refused] = await Promise.all([
        fetchRockets(mostRockets),
        fetchGaps(mostGaps),
        fetchRefused(mostRefused),
      ]);
      if (load !== this.#loads) return;
      this.fleet.load(rockets, gaps);
      this.refused.load(refused);
      this.#release();
      this.loadedTimes += 1;
      this.#signal('loaded');
    } catch {
      if (load === this.#loads) this.#feed.reopen();
    }
  }

  #release(): void {
    this.#mode = 'apply';
    for (const apply of this.#held.splice(0)) apply();
  }

  #whenLoaded(apply: () => void): void {
    if (this.#mode === 'hold') this.#held.push(apply);
    if (this.#mode !== 'apply') return;
    apply();
    this.changed();
  }

  #signal(signal: Signal): void {
    this.connection = connectionAfter(this.connection, signal, Date.now());
    this.changed();
  }

  async #pollHealth(): Promise<void> {
    try {
      this.health = await fetchHealth();
      this.rate.add({ at: performance.now(), received: this.health.messages.received });
      this.#signal('answered');
    } catch {
      this.#signal('silent');
    }
    setTimeout(() => void this.#pollHealth(), healthMs);
  }

  async #askForGaps({ gapsOf, lateOf }: GapQuestion): Promise<void> {
    const load = this.#loads;
    const [gaps, rockets, own] = await Promise.all([
      gapsOf === undefined ? fetchGaps(mostGaps) : undefined,
      Promise.all([...new Set([...lateOf, ...(gapsOf ?? [])])].map(fetchRocket)),
      Promise.all(
        (gapsOf ?? []).map(async (channel) => [channel, await fetchGapsOf(channel, mostGaps)] as const),
      ),
    ]);
    // What was asked before everything was loaded anew is no news any more.
    if (load !== this.#loads) return;
    for (const rocket of rockets) this.fleet.put(rocket);
    if (gaps !== undefined) this.fleet.loadGaps(gaps);
    for (const [channel, some] of own) this.fleet.setGaps(channel, some);
    this.changed();
  }
}
