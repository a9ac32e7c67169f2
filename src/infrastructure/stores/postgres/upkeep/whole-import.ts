import type { Change, EventStore, Position } from '../../../../application/ports/event-store.js';
import type { ParkedChanges, Subscription } from '../../../../application/ports/subscription-store.js';
import type { Ask } from '../../relational/ask.js';
import { changeRows, unheardRocket } from '../../relational/change-rows.js';
import { rocketCells, type StoredRocket } from '../../relational/rocket-rows.js';
import type { Cell } from '../../relational/rows.js';
import { addTo, countChange, countEvent, type Deltas } from '../../relational/totals.js';
import { plainPlaces, SubscriptionRows } from '../../relational/subscription-rows.js';
import {
  changingParked,
  creating,
  noCondition,
  saving,
  type Statement,
} from '../../relational/subscription-statements.js';
import type { EventName } from '../../upkeep/export-line.js';
import type { ImportedSubscriptions } from '../../upkeep/subscription-import.js';
import { textOf } from '../events.js';
import { putMeta } from '../meta.js';
import { RocketIds } from '../rocket-ids.js';
import { openedGaps } from '../write-order.js';
import { insertEvents, insertRows } from './insert-rows.js';
import { putTotals } from './put-totals.js';

/** Rockets that are written together at the end. */
const AT_ONCE = 5000;

/**
 * Takes changes as a store does that nobody else writes to, and writes what they lead to: each rocket once, as it is at the
 * end. Its checksums are those that commits one by one would have led to.
 */
export class WholeImport implements Pick<EventStore, 'commit' | 'listened'>, ImportedSubscriptions {
  readonly beginning: Position = '0.0';
  private readonly ids: RocketIds;
  private readonly subscriptions = new SubscriptionRows(plainPlaces(['xid', 'position']));
  private readonly rockets = new Map<string, StoredRocket>();
  private readonly totals: Deltas = new Map();
  private events = 0;
  private listenedMs = 0;
  /** While the database writes one batch, the next one is made. */
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ask: Ask,
    private readonly xid: number,
  ) {
    this.ids = new RocketIds(ask);
  }

  async commit(changes: readonly Change[]): Promise<[]> {
    const [events, waiting, late, gaps, snapshots]: Cell[][][] = [[], [], [], [], []];
    for (const change of changes) {
      const before = this.rockets.get(change.channel) ?? unheardRocket(await this.ids.next(), change.channel);
      const { after, rows } = changeRows(change, before, { textOf });
      this.rockets.set(change.channel, after);
      events!.push(...rows.events);
      waiting!.push(...rows.added);
      late!.push(...rows.late);
      gaps!.push(...openedGaps(rows, this.listenedMs));
      snapshots!.push(...rows.snapshots);
      for (const { event } of change.events) countEvent(this.totals, event);
    }
    const place = { xid: this.xid, position: this.events };
    this.events += events!.length;
    addTo(this.totals, 'gaps', gaps!.length);
    await this.writeNext(async () => {
      await insertEvents(this.ask, events!, place);
      await insertRows(this.ask, 'waiting_messages', waiting!);
      await insertRows(this.ask, 'late_messages', late!);
      await insertRows(this.ask, 'missing', gaps!);
      await insertRows(this.ask, 'snapshots', snapshots!);
    });
    return [];
  }

  async listened(ms: number): Promise<number> {
    return (this.listenedMs += ms);
  }

  async positionOf({ channel, number }: EventName): Promise<Position | undefined> {
    await this.writing;
    const [event] = await this.ask<{ position: number }>(
      'SELECT position FROM events WHERE rocket = $1 AND number = $2',
      [this.rockets.get(channel)?.id ?? 0, number],
    );
    return event && `${this.xid}.${event.position}`;
  }

  async create(subscription: Subscription): Promise<boolean> {
    return this.run([creating(this.subscriptions, subscription)]);
  }

  async save(before: Subscription, changes: ParkedChanges = {}): Promise<Subscription | undefined> {
    const after = { ...before, revision: before.revision + 1 };
    const isSaved = await this.run([
      saving(this.subscriptions, before, after, noCondition),
      ...changingParked(this.subscriptions, before.name, changes),
    ]);
    return isSaved ? after : undefined;
  }

  /** What is known in the end only. */
  async finish(): Promise<void> {
    await this.writing;
    const rockets = [...this.rockets.values()];
    for (const rocket of rockets) countChange(this.totals, unheardRocket(rocket.id, rocket.channel), rocket);
    for (let i = 0; i < rockets.length; i += AT_ONCE) {
      await insertRows(this.ask, 'rockets', rockets.slice(i, i + AT_ONCE).map(rocketCells));
    }
    addTo(this.totals, 'events', this.events);
    await putTotals(this.ask, this.totals);
    await putMeta(this.ask, 'listened', String(this.listenedMs));
  }

  private async run(statements: readonly Statement[]): Promise<boolean> {
    for (const { sql, values, isNeeded = false } of statements)
      if ((await this.ask(sql, values)).length === 0 && isNeeded) return false;
    return true;
  }

  private async writeNext(write: () => Promise<void>): Promise<void> {
    await this.writing;
    this.writing = write();
    // The next one hears of it.
    this.writing.catch(() => undefined);
  }
}
