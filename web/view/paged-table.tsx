import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Asker } from '../live/asker.js';
import { getPage } from '../live/api.js';
import { useAsker } from '../live/use-answer.js';
import { RowPages } from '../model/row-pages.js';
import { useRowWindow } from './use-row-window.js';

const pageSize = 50;

interface Props<T> {
  readonly label: string;
  readonly class: string;
  /** The question for the first page; undefined while it is not known yet. */
  readonly path: string | undefined;
  /** Holds still what is shown. */
  readonly isHeld: boolean;
  readonly head: ComponentChildren;
  readonly rowKey: (item: T) => string;
  /** `at`: when the rows were told, by the clock of the service. */
  readonly row: (item: T, at: number, before: T | undefined, after: T | undefined) => ComponentChildren;
  /** What stands above the table: how much was found. */
  readonly found: (count: number, isAll: boolean) => string;
  /** What is said between that and the table. */
  readonly note?: (first: T | undefined, isLoaded: boolean) => ComponentChildren;
  readonly rowClass?: (item: T) => string | undefined;
}

/** A list of any length of which only the rows in sight are asked for, again and again, and exist on the page. */
export const PagedTable = <T,>(props: Props<T>) => {
  const { path, isHeld } = props;
  const asked = useMemo(() => new RowPages<T>(path ?? '', pageSize, getPage<T>), [path]);
  const answered = useSignal(0);
  const error = useSignal<string | undefined>(undefined);
  // Until a new question is answered the table shows the answer to the one before.
  const shown = useRef(asked);
  const turn = answered.value;
  if (asked.isLoaded || turn === 0) shown.current = asked;
  const pages = shown.current;
  const rows = useRowWindow(pages.count);
  const inSight = useRef(rows);
  inSight.current = rows;
  const held = useRef(isHeld);
  held.current = isHeld;
  const asker = useRef<Asker>(undefined);

  useAsker(
    path,
    async (signal) => {
      try {
        await asked.ask(inSight.current.first, inSight.current.end, held.current, signal);
        error.value = undefined;
      } catch (failed) {
        if (!signal.aborted) error.value = failed instanceof Error ? failed.message : String(failed);
        throw failed;
      }
      answered.value += 1;
    },
    (begun) => (asker.current = begun),
  );
  useEffect(() => asker.current?.hold(isHeld), [isHeld, path]);
  const { first, end, rowHeight } = rows;
  const isMissing = missing(pages, first, end);
  useEffect(() => {
    if (isMissing) asker.current?.now();
  }, [isMissing, first, end]);

  const items = Array.from({ length: end - first }, (_none, index) => first + index);
  return (
    <>
      <p class="found" role="status">
        {error.value ?? (pages.isLoaded ? props.found(pages.count, pages.isEndKnown) : 'Loading …')}
      </p>
      {props.note?.(pages.row(0), pages.isLoaded)}
      <div
        role="table"
        class={props.class}
        aria-label={props.label}
        aria-rowcount={pages.isEndKnown ? pages.count + 1 : -1}
      >
        <div role="rowgroup" class="head">
          <div role="row" class="row" aria-rowindex={1}>
            {props.head}
          </div>
        </div>
        <div
          role="rowgroup"
          class="rows"
          ref={rows.body}
          style={{ height: `${String(pages.count * rowHeight)}px` }}
        >
          {items.map((index) => {
            const item = pages.row(index);
            const style = { transform: `translateY(${String(index * rowHeight)}px)` };
            if (item === undefined) return null;
            return (
              <div
                role="row"
                key={props.rowKey(item)}
                class={`row ${props.rowClass?.(item) ?? ''}`}
                aria-rowindex={index + 2}
                style={style}
              >
                {props.row(item, pages.at, pages.row(index - 1), pages.row(index + 1))}
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
};

const missing = <T,>(pages: RowPages<T>, first: number, end: number): boolean => {
  for (let index = first; index < end; index += 1) if (pages.row(index) === undefined) return true;
  return false;
};
