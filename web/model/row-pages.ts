import { ApiError, type Page } from '../live/api.js';

/** So many pages of rows are kept, the ones in sight among them; the others are one question away. */
const keptPages = 12;

/**
 * A list of any length of which only the pages in sight are asked for. A page begins where the one before it said that
 * it ends, so a list that grew or was sorted anew is right from the first page in sight on.
 */
export class RowPages<T> {
  /** Where each known page begins; the first one at the beginning. */
  #starts: string[];
  #pages = new Map<number, readonly T[]>();
  #isEndKnown = false;
  /** When the last answer was given, by the clock of the service. */
  at = 0;

  constructor(
    first: string,
    readonly pageSize: number,
    private readonly load: (path: string, signal?: AbortSignal) => Promise<Page<T>>,
  ) {
    this.#starts = [first];
  }

  /** How many rows there are, as far as anybody knows: the page behind the last one known counts as full. */
  get count(): number {
    const last = this.#starts.length - 1;
    return (
      last * this.pageSize + (this.#pages.get(last)?.length ?? (this.#pages.size === 0 ? 0 : this.pageSize))
    );
  }

  /** Whether `count` is all there is. */
  get isEndKnown(): boolean {
    return this.#isEndKnown;
  }

  get isLoaded(): boolean {
    return this.#pages.size > 0;
  }

  /** Undefined while it was not loaded. */
  row(index: number): T | undefined {
    return this.#pages.get(Math.floor(index / this.pageSize))?.[index % this.pageSize];
  }

  /** Asks for the pages that hold these rows, one after the other; held still, only for those that are not there. */
  async ask(firstRow: number, endRow: number, isHeld = false, signal?: AbortSignal): Promise<void> {
    const first = Math.max(0, Math.floor(firstRow / this.pageSize));
    const last = Math.max(first, Math.floor(Math.max(0, endRow - 1) / this.pageSize));
    for (let index = first; index <= last; index += 1) {
      const start = this.#starts[index];
      if (start === undefined) break;
      if (isHeld && this.#pages.has(index)) continue;
      try {
        const { items, next, at } = await this.load(start, signal);
        this.at = at;
        this.#take(index, items, next);
      } catch (error) {
        if (index === 0 || isHeld || !(error instanceof ApiError && error.status === 400)) throw error;
        // Where this page began means nothing to the service any more: it has another store.
        this.#beginAnew();
        return this.ask(0, 1, isHeld, signal);
      }
    }
    this.#forget(first, last);
  }

  #take(index: number, items: readonly T[], next: string | undefined): void {
    this.#pages.set(index, items);
    if (next === undefined) {
      this.#starts.length = index + 1;
      for (const known of this.#pages.keys()) if (known > index) this.#pages.delete(known);
      this.#isEndKnown = true;
      return;
    }
    if (index === this.#starts.length - 1) this.#isEndKnown = false;
    this.#starts[index + 1] = next;
  }

  #beginAnew(): void {
    this.#starts.length = 1;
    this.#pages.clear();
    this.#isEndKnown = false;
  }

  #forget(first: number, last: number): void {
    const distance = (page: number): number => Math.max(first - page, page - last, 0);
    const far = [...this.#pages.keys()].filter((page) => page > 0).sort((a, b) => distance(b) - distance(a));
    for (const page of far.slice(0, Math.max(0, this.#pages.size - keptPages)))
      if (distance(page) > 0) this.#pages.delete(page);
  }
}
