import {
  StoreUnavailable,
  type Change,
  type FeedBatch,
  type FeedPage,
  type Following,
  type Head,
  type HeadRequest,
  type NoticeBoard,
  type Notices,
  type Position,
} from '../../src/application/ports/event-store.js';
import { nothingWaits } from '../../src/infrastructure/stores/waiting-list.js';
import { Connection, type Power } from './connection.js';
import type { Database, ReadUnderLocks, Transaction } from './database.js';
import type { World } from './world.js';

const PAGE = 5;
const LOOKS_WITHIN_MS = 100;
const NOTICES_WITHIN_MS = 400;

/** Whoever has come second so often decides under the locks. */
const MISSES = 2;

interface Hold {
  readonly channels: ReadonlySet<string>;
  readonly transaction: Transaction;
}

type Known = Pick<Head, 'revision' | 'state'>;

/** One process's way to a database that it shares with others: what it remembers of it may be old. */
export class DatabaseConnection extends Connection {
  readonly notices: NoticeBoard = {
    tell: (notices) => this.tell(notices),
    listen: (listener) => this.listen(listener),
  };
  /** Of channels of which nothing waits: they are decided on without asking. */
  private readonly known = new Map<string, Known>();

  private readonly misses = new Map<string, number>();
  /** What was read under its locks, and is to be committed next. */
  private hold: Hold | undefined;

  constructor(
    process: string,
    who: 'workers' | 'readers',
    world: World,
    private readonly database: Database,
    power: Power,
    gate?: (come: () => void) => void,
  ) {
    super(process, who, world, database, power, gate);
  }

  /** Also by who has died meanwhile, and also when it was said to have failed. */
  override change<T>(at: () => T): Promise<T> {
    const { world } = this;
    return this.exchange('change', 'loading', [], () => {
      if (!this.isChangeFailing()) return at();
      const { epoch } = world;
      if (world.random.chance(world.plan.writtenThough)) {
        world.scheduler.after(world.delay(), 'changed after all', () => {
          if (epoch === world.epoch) at();
        });
      }
      throw new StoreUnavailable('change failed');
    });
  }

  override async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    const heads = requests.map((request) => this.remembered(request));
    const unknown = requests.filter((_, i) => heads[i] === undefined);
    const loaded = unknown.length === 0 ? [] : await this.loadFresh(unknown);
    const fresh = loaded.values();
    return heads.map((head) => head ?? fresh.next().value!);
  }

  override async commit(changes: readonly Change[]): Promise<Head[]> {
    const moved = await this.commitAll(changes);
    for (const change of changes) this.database.answered.add(change);
    return moved;
  }

  /** What is held is written first, and lets go of its locks: the rest may need the same. */
  private async commitAll(changes: readonly Change[]): Promise<Head[]> {
    if (changes.length > 1) this.world.meet('several channels in one commit');
    const { hold } = this;
    const isHeld = ({ channel }: Change): boolean => hold?.channels.has(channel) === true;
    const stale: Change[] = [];
    if (changes.some(isHeld)) stale.push(...(await this.writeTogether(changes.filter(isHeld), hold)));
    const free = changes.filter((change) => !isHeld(change));
    if (free.length > 0) stale.push(...(await this.writeTogether(free)));
    if (stale.length === 0) return [];
    this.world.meet('head had moved');
    if (stale.length < changes.length) this.world.meet('some heads of a commit had moved');
    return this.isAlwaysSecond(stale) ? this.loadUnderLocks(stale) : this.loadFresh(stale);
  }

  /** Answers what has moved. */
  private async writeTogether(changes: readonly Change[], hold?: Hold): Promise<readonly Change[]> {
    const channels = changes.map(({ channel }) => channel);
    if (this.hold === hold) this.hold = undefined;
    const stale = await this.call<readonly Change[]>('commit', 'before commit', channels, (_, answer) =>
      this.database.commit(changes, this.process, answer, hold?.transaction),
    );
    for (const change of changes) if (!stale.includes(change)) this.rememberWritten(change);
    return stale;
  }

  private isAlwaysSecond(moved: readonly Change[]): boolean {
    let isSecond = false;
    for (const { channel } of moved) {
      const misses = (this.misses.get(channel) ?? 0) + 1;
      this.misses.set(channel, misses);
      isSecond ||= misses >= MISSES;
    }
    return isSecond && this.hold === undefined;
  }

  private async loadUnderLocks(moved: readonly Change[]): Promise<Head[]> {
    const channels = moved.map(({ channel }) => channel);
    const { heads, transaction } = await this.call<ReadUnderLocks>('load', 'loading', channels, (_, answer) =>
      this.database.readUnderLocks(moved, answer),
    );
    this.hold = { channels: new Set(channels), transaction };
    for (const head of heads) this.remember(head.channel, head, head.waiting.size === 0);
    return [...heads];
  }

  /** Looks again and again: whatever cannot be read now is read with the next look. */
  override async follow(tell: (batch: FeedBatch) => void): Promise<Following> {
    this.dismiss();
    const listener = { tell, underway: [], leave: () => undefined };
    this.listener = listener;
    const from = await this.call<Position>('look', 'loading', [], (_, { give }) => give(this.disk.end));
    void this.look(listener, from);
    return { from, stop: () => this.dismiss(listener) };
  }

  private async look(listener: NonNullable<Connection['listener']>, from: Position): Promise<void> {
    let after = from;
    for (let isMore = false; this.listener === listener;) {
      const page = await this.readIn(isMore ? 0 : this.world.random.between(1, LOOKS_WITHIN_MS), after);
      isMore = page?.events.length === PAGE;
      if (page === undefined || page.events.length === 0 || this.listener !== listener) continue;
      listener.tell({ after, next: page.next, events: page.events });
      after = page.next;
    }
  }

  private readIn(ms: number, after: Position): Promise<FeedPage | undefined> {
    return new Promise((resolve) => {
      this.world.scheduler.after(ms, 'look', () => {
        this.call<FeedPage>('look', 'loading', [], (_, { give }) =>
          give(this.disk.readAll({ after, limit: PAGE })),
        ).then(resolve, () => resolve(undefined));
      });
    });
  }

  private tell(notices: Notices): void {
    const { world } = this;
    world.scheduler.after(world.random.between(0, NOTICES_WITHIN_MS), 'notices', () => {
      if (!this.isCut && !world.strikes(world.plan.noticesLost))
        this.database.notices.putUp(this.process, notices);
    });
  }

  private listen(listener: (notices: Notices) => void): () => void {
    const { world } = this;
    let isListening = true;
    const leave = this.database.notices.listen(this.process, (notices) => {
      world.scheduler.after(world.random.between(0, NOTICES_WITHIN_MS), 'notices of another', () => {
        this.gate(() => {
          if (!isListening || this.isCut) return;
          world.meet('told what another instance did');
          listener(notices);
        });
      });
    });
    return () => {
      isListening = false;
      leave();
    };
  }

  private remembered({ channel, numbers, fresh }: HeadRequest): Head | undefined {
    const known = this.known.get(channel);
    if (known === undefined || fresh || numbers.some((number) => number <= known.state.version))
      return undefined;
    if (this.database.record(channel).revision !== known.revision) this.world.meet('decided on an old head');
    return { channel, ...known, waiting: nothingWaits, recorded: new Map(), late: new Map() };
  }

  private async loadFresh(requests: readonly HeadRequest[]): Promise<Head[]> {
    const heads = await super.load(requests);
    for (const head of heads) this.remember(head.channel, head, head.waiting.size === 0);
    return heads;
  }

  private rememberWritten({ channel, revision, state, added }: Change): void {
    this.misses.delete(channel);
    const isKnown = this.known.get(channel)?.revision === revision;
    this.remember(channel, { revision: revision + 1, state }, isKnown && added.length === 0);
  }

  /** What was read a while ago never takes the place of what is known since. */
  private remember(channel: string, { revision, state }: Known, isAll: boolean): void {
    if ((this.known.get(channel)?.revision ?? 0) > revision) return;
    if (isAll) this.known.set(channel, { revision, state });
    else this.known.delete(channel);
  }
}
