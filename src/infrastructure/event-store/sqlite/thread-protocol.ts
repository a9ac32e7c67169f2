import type { FeedRequest, RocketState, SnapshotBound } from '../../../application/ports/event-store.js';
import type {
  GapPage,
  GapQuery,
  RocketPage,
  RocketQuery,
  RocketSummary,
  RocketTotals,
} from '../../../application/ports/rocket-directory.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { ChangeCells } from './change-cells.js';
import type { HeadQuery, PlacedPage, StoredHead } from './event-reader.js';
import type { PlacedEvent } from './event-rows.js';
import type { GroupReply } from './writer.js';

export type Role = 'writer' | 'reader';

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

/** What the writer thread can be asked. */
export interface WriterMethods {
  storeId(): string;
  write(cells: ChangeCells): GroupReply;
  close(): void;
}

/** What the reader thread can be asked. */
export interface ReaderMethods {
  heads(queries: readonly HeadQuery[]): StoredHead[];
  recorded(queries: readonly HeadQuery[]): [number, RocketEvent][][];
  read(channel: string, after: number, limit: number): PlacedEvent[];
  readAll(after: number, request: Omit<FeedRequest, 'after'>): PlacedPage | undefined;
  readAt(position: number): PlacedEvent | undefined;
  lastPosition(): number;
  snapshot(channel: string, bound: SnapshotBound): RocketState | undefined;
  unfinished(): string[];
  find(channel: string): RocketSummary | undefined;
  list(query: RocketQuery): RocketPage;
  gaps(query: GapQuery): GapPage;
  totals(): RocketTotals;
  close(): void;
}
