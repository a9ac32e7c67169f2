import type {
  Change,
  FeedBatch,
  FeedPage,
  Following,
  Head,
  HeadRequest,
  NoticeBoard,
  Notices,
  Position,
} from '../../src/application/ports/event-store.js';
import { nothingWaits } from '../../src/infrastructure/stores/waiting-list.js';
import { Connection, type Power } from './connection.js';
import type { Database } from './database.js';
import type { World } from './world.js';

const PAGE = 5;
const LOOKS_WITHIN_MS = 100;
const NOTICES_WITHIN_MS = 400;

type Known = Pick<Head, 'revision' | 'state'>;

/** One process's way to a database that it shares with others: what it remembers of it may be old. */
export class DatabaseConnection extends Connection {
  readonly notices: NoticeBoard = {
    tell: (notices) => this.tell(notices),
    listen: (listener) => this.listen(listener),
  };
  /** Of channels of which nothing waits: they are decided on without asking. */
  private readonly known = new Map<string, Known>();

  constructor(
    process: string,
    who: 'workers' | 'readers',
    world: World,
    private readonly database: Database,
    power: Power,
  ) {
    super(process, who, world, database, power);
  }

  override async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    const heads = requests.map((request) => this.remembered(request));
    const unknown = requests.filter((_, i) => heads[i] === undefined);
    const loaded = unknown.length === 0 ? [] : await this.loadFresh(unknown);
    const fresh = loaded.values();
    return heads.map((head) => head ?? fresh.next().value!);
  }

  override async commit(changes: readonly Change[]): Promise<Head[]> {
    if (changes.length > 1) this.world.meet('several channels in one commit');
    const channels = changes.map(({ channel }) => channel);
    const stale = await this.call<readonly Change[]>('commit', 'before commit', channels, (_, answer) =>
      this.database.commit(changes, this.process, answer),
    );
    for (const change of changes) if (!stale.includes(change)) this.rememberWritten(change);
    if (stale.length === 0) return [];
    this.world.meet('head had moved');
    if (stale.length < changes.length) this.world.meet('some heads of a commit had moved');
    return this.loadFresh(stale);
  }

  /** Looks again and again: whatever cannot be read now is read with the next look. */
  override async follow(tell: (batch: FeedBatch) => void): Promise<Following> {
    this.dismiss();
    const listener = { tell, underway: [], leave: () => undefined };
    this.listener = listener;
    const from = await this.exchange('follow', 'loading', [], () => this.disk.end);
    void this.look(listener, from);
    return { from, stop: () => this.dismiss(listener) };
  }

  private async look(listener: NonNullable<Connection['listener']>, from: Position): Promise<void> {
    let after = from;
    while (this.listener === listener) {
      const page = await this.readSoon(after);
      if (page === undefined || page.events.length === 0 || this.listener !== listener) continue;
      listener.tell({ after, next: page.next, events: page.events });
      after = page.next;
    }
  }

  private readSoon(after: Position): Promise<FeedPage | undefined> {
    const { scheduler, random } = this.world;
    return new Promise((resolve) => {
      scheduler.after(random.between(1, LOOKS_WITHIN_MS), 'look', () => {
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
        if (!isListening || this.isCut) return;
        world.meet('told what another instance did');
        listener(notices);
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
