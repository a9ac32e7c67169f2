import type { FeedRequest, RocketState, SnapshotBound } from '../../../../application/ports/event-store.js';
import type {
  GapPage,
  GapQuery,
  RocketPage,
  RocketQuery,
  RocketSummary,
  RocketTotals,
} from '../../../../application/ports/rocket-directory.js';
import type { RocketEvent } from '../../../../domain/rocket-event.js';
import type { HeadQuery, PlacedEvent, PlacedPage, StoredHead } from '../event-reader.js';
import type { LogGroup } from '../log/log-line.js';

export type Role = 'writer' | 'reader';

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

export interface GroupReply {
  /** Places, within the group, of changes whose channel had moved; they were not written. */
  readonly moved: number[];
  /** Places of changes that contradict the history, and why; they were not written either. */
  readonly contradictions: (readonly [place: number, reason: string])[];
}

export interface FoldStep {
  /** The entry of the log that was asked for. */
  readonly upTo: number;
  readonly done: boolean;
}

/** What the writer thread can be asked. */
export interface WriterMethods {
  storeId(): string;
  write(group: LogGroup): GroupReply;
  heads(queries: readonly HeadQuery[], room: number): StoredHead[];
  recorded(queries: readonly HeadQuery[]): [number, RocketEvent][][];
  foldChannels(channels: readonly string[]): void;
  foldSome(upTo: number | undefined): FoldStep;
  ask(question: Question): unknown;
  close(): void;
}

/** What the reader thread can be asked: it sees what is folded. */
export interface ReaderMethods {
  read(channel: string, after: number, limit: number): PlacedEvent[];
  readAll(after: number, request: Omit<FeedRequest, 'after'>): PlacedPage | undefined;
  readAt(place: number): PlacedEvent | undefined;
  lastPosition(): number;
  snapshot(channel: string, bound: SnapshotBound): RocketState | undefined;
  unfinished(): string[];
  find(channel: string): RocketSummary | undefined;
  list(query: RocketQuery): RocketPage;
  gaps(query: GapQuery): GapPage;
  totals(): RocketTotals;
  close(): void;
}

export type ReadMethod = Exclude<keyof ReaderMethods, 'close'>;

export interface Question {
  readonly method: ReadMethod;
  readonly args: readonly unknown[];
}
