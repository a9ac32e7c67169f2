import { ApiError } from '../../web/live/api.js';
import { RowPages } from '../../web/model/row-pages.js';

/** A service with so many rockets, in pages of ten; each page begins after the last number of the one before. */
const pagesOf = (rows: () => readonly number[]) => {
  const asked: string[] = [];
  const pages = new RowPages<number>('start', 10, async (path) => {
    asked.push(path);
    const after = path === 'start' ? -Infinity : Number(path);
    const items = rows()
      .filter((row) => row > after)
      .slice(0, 10);
    const isMore = rows().some((row) => row > (items.at(-1) ?? Infinity));
    return { items, next: isMore ? String(items.at(-1)) : undefined, at: 0 };
  });
  return { pages, asked };
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_none, index) => index);

describe('rows that come in pages', () => {
  it('are asked for only where somebody looks', async () => {
    const { pages, asked } = pagesOf(() => upTo(1_000_000));
    await pages.ask(0, 12);
    expect(asked).toEqual(['start', '9']);
    expect(pages.count).toBe(30);
    expect([pages.row(0), pages.row(19), pages.row(20)]).toEqual([0, 19, undefined]);
    await pages.ask(15, 28);
    expect(asked.slice(2)).toEqual(['9', '19']);
    expect(pages.row(29)).toBe(29);
  });

  it('are all there is when the last page says so', async () => {
    const { pages } = pagesOf(() => upTo(25));
    await pages.ask(0, 30);
    await pages.ask(0, 30);
    expect([pages.count, pages.isEndKnown]).toEqual([25, true]);
  });

  it('are none when there is nothing', async () => {
    const { pages } = pagesOf(() => []);
    expect([pages.count, pages.isLoaded]).toEqual([0, false]);
    await pages.ask(0, 8);
    expect([pages.count, pages.isLoaded, pages.isEndKnown]).toEqual([0, true, true]);
  });

  it('move on from the first page in sight when something comes between', async () => {
    let rows = upTo(40).map((row) => row * 2);
    const { pages } = pagesOf(() => rows);
    await pages.ask(0, 20);
    rows = [1, ...rows].sort((a, b) => a - b);
    await pages.ask(0, 20);
    expect(Array.from({ length: 20 }, (_none, index) => pages.row(index))).toEqual(rows.slice(0, 20));
  });

  it('stay as they are while they are held, and what is not there comes', async () => {
    let rows = upTo(40);
    const { pages, asked } = pagesOf(() => rows);
    await pages.ask(0, 10);
    rows = rows.map((row) => row - 100);
    await pages.ask(0, 20, true);
    expect(asked).toEqual(['start', '9']);
    expect(pages.row(0)).toBe(0);
  });

  it('begin anew when the service does not know any more where a page in sight begins', async () => {
    let epoch = 'one';
    let isDown = false;
    const pages = new RowPages<string>('start', 10, async (path) => {
      if (isDown) throw new ApiError(503, 'No store.');
      const [of, row = '0'] = path === 'start' ? [epoch] : path.split('-');
      if (of !== epoch) throw new ApiError(400, 'The position is of another store.');
      const items = upTo(10).map((more) => `${epoch}-${Number(row) + more}`);
      return { items, next: `${epoch}-${Number(row) + 10}`, at: 0 };
    });
    await pages.ask(0, 30);
    await pages.ask(20, 30);
    isDown = true;
    await expect(pages.ask(20, 30)).rejects.toThrow('No store.');
    expect(pages.row(20)).toBe('one-20');
    isDown = false;
    epoch = 'two';
    await pages.ask(20, 30);
    expect([pages.row(0), pages.row(20), pages.count]).toEqual(['two-0', undefined, 20]);
    await pages.ask(10, 20);
    expect(pages.row(19)).toBe('two-19');
  });

  it('become fewer when the list does', async () => {
    let rows = upTo(40);
    const { pages } = pagesOf(() => rows);
    await pages.ask(0, 20);
    await pages.ask(10, 30);
    rows = upTo(5);
    await pages.ask(0, 20);
    expect([pages.count, pages.isEndKnown, pages.row(15)]).toEqual([5, true, undefined]);
  });

  it('are forgotten far from where somebody looks', async () => {
    const { pages } = pagesOf(() => upTo(1_000));
    for (let first = 0; first < 400; first += 10) await pages.ask(first, first + 10);
    expect(pages.row(100)).toBeUndefined();
    expect(pages.row(395)).toBe(395);
    expect(pages.row(0)).toBe(0);
  });
});
