import { rowWindow } from '../model/row-window.js';

export interface RowView<T> {
  readonly element: HTMLElement;
  update(item: T): void;
}

export interface RowKind<T> {
  key(item: T): string;
  create(): RowView<T>;
}

/**
 * A list of any length of which only the rows in sight exist. The page itself scrolls, and the style sheet says how
 * high a row is. Rows keep their element while they stay in sight, so that focus and selection survive a new order.
 */
export class WindowedRows<T> {
  readonly #mounted = new Map<string, RowView<T>>();
  #items: readonly T[] = [];
  #frame = 0;
  readonly #onMove = (): void => this.#schedule();

  constructor(
    private readonly body: HTMLElement,
    private readonly kind: RowKind<T>,
  ) {
    addEventListener('scroll', this.#onMove, { passive: true });
    addEventListener('resize', this.#onMove, { passive: true });
  }

  dispose(): void {
    removeEventListener('scroll', this.#onMove);
    removeEventListener('resize', this.#onMove);
    cancelAnimationFrame(this.#frame);
  }

  show(items: readonly T[]): void {
    this.#items = items;
    this.#render();
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #render(): void {
    const rowHeight = this.#rowHeight();
    this.body.style.height = `${String(this.#items.length * rowHeight)}px`;
    const offset = -this.body.getBoundingClientRect().top;
    const { first, end } = rowWindow(this.#items.length, rowHeight, offset, innerHeight);
    const focused = document.activeElement;
    const inSight = new Set<string>();
    let place: ChildNode | null = this.body.firstChild;
    for (let index = first; index < end; index += 1) {
      const item = this.#items[index];
      if (item === undefined) break;
      const key = this.kind.key(item);
      inSight.add(key);
      const { element } = this.#rowFor(key, item);
      element.style.transform = `translateY(${String(index * rowHeight)}px)`;
      // Counted from 1, and the header is the first row.
      element.setAttribute('aria-rowindex', String(index + 2));
      if (place === element) place = element.nextSibling;
      else this.body.insertBefore(element, place);
    }
    this.#unmountAllBut(inSight);
    // Moving an element in the document takes its focus away.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.body.contains(focused))
      focused.focus({ preventScroll: true });
  }

  /** Measured on a row: it changes with the width of the screen and with the size of the text. */
  #rowHeight(): number {
    const [item] = this.#items;
    if (item !== undefined && this.#mounted.size === 0)
      this.body.append(this.#rowFor(this.kind.key(item), item).element);
    const [row] = this.#mounted.values();
    return Math.max(1, row?.element.offsetHeight ?? 1);
  }

  #rowFor(key: string, item: T): RowView<T> {
    const known = this.#mounted.get(key);
    const row = known ?? this.kind.create();
    if (known === undefined) this.#mounted.set(key, row);
    row.update(item);
    return row;
  }

  #unmountAllBut(inSight: ReadonlySet<string>): void {
    for (const [key, { element }] of this.#mounted) {
      if (inSight.has(key)) continue;
      element.remove();
      this.#mounted.delete(key);
    }
  }
}
