import { initialState, record } from '../../../application/rocket-state.js';
import { utcMillis } from '../../../domain/rocket-time.js';
import { sumOf, type Cell } from './checksum.js';
import type { ChannelRow } from './channel-row.js';
import type { Database } from './database.js';
import { checkLink, eventsOf, RowsOfRocket } from './event-rows.js';
import { stateCells } from './rocket-row.js';
import { isSnapshotDue, snapshotCells } from './snapshot-rows.js';
import { applyState, newTail, sealed, type Tail } from './tail.js';

export interface Replayed {
  /** The row of `rockets`, as the events say it must be. */
  readonly rocket: readonly Cell[];
  /** The rows of `snapshots`. */
  readonly snapshots: readonly (readonly Cell[])[];
  readonly rows: number;
  readonly events: number;
  readonly early: number;
}

/** Folds the whole history of one rocket anew, checking every row and every link of its chain on the way. */
export class Replay {
  private readonly rows: RowsOfRocket;

  constructor(database: Database) {
    this.rows = new RowsOfRocket(database);
  }

  of({ id, channel }: ChannelRow): Replayed {
    const tail = newTail(id, channel);
    const snapshots: Cell[][] = [];
    let state = initialState;
    let latest: number | null = null;
    let rows = 0;
    let events = 0;
    let commit = { revision: 0, before: 0 };
    const endCommit = (): void => {
      applyState(tail, stateCells(state), latest);
      if (isSnapshotDue(commit.before, tail.version)) snapshots.push(withSum(snapshotCells(tail)));
    };
    for (const row of this.rows.events(id)) {
      if (commit.revision !== 0 && row.revision !== commit.revision) endCommit();
      if (row.revision !== commit.revision) commit = { revision: row.revision, before: state.version };
      checkLink(row, channel, { hash: tail.hash, number: state.version });
      for (const { number, event } of eventsOf(row, channel)) {
        state = record(state, number, event);
        latest = Math.max(latest ?? -Infinity, utcMillis(event.time));
      }
      tail.revision = row.revision;
      tail.hash = row.hash;
      tail.position = row.position;
      rows++;
      events += row.count;
    }
    if (rows > 0) endCommit();
    this.addEarly(tail);
    return { rocket: [...sealed(tail), tail.sum], snapshots, rows, events, early: tail.pending };
  }

  private addEarly(tail: Tail): void {
    for (const { number, revision } of this.rows.early(tail.id)) {
      tail.pending++;
      tail.highest = Math.max(tail.highest, number);
      tail.revision = Math.max(tail.revision, revision);
    }
  }
}

export const withSum = (cells: readonly Cell[]): Cell[] => [...cells, sumOf(cells)];
