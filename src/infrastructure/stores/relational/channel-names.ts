import type { Ask } from './ask.js';
import { rocketColumns, rocketOf, type RocketRow } from './rocket-rows.js';
import { StoreDamaged } from './store-errors.js';

/** Some 10 MB. */
const CAPACITY = 100_000;

/** The channels of rockets by their ids, each checked once and then remembered: it never changes. */
export class ChannelNames {
  private readonly names = new Map<number, string>();

  constructor(
    private readonly ask: Ask,
    private readonly capacity = CAPACITY,
  ) {}

  /** All of these ids must be rockets. */
  async of(ids: Iterable<number>): Promise<(id: number) => string> {
    // Those that are remembered now may be forgotten when the others are found.
    const found = new Map<number, string>();
    const unknown: number[] = [];
    for (const id of new Set(ids)) {
      const name = this.names.get(id);
      if (name === undefined) unknown.push(id);
      else found.set(id, name);
    }
    if (unknown.length > 0) {
      const rows = await this.ask<RocketRow>(...lookUp(unknown));
      if (this.names.size + rows.length > this.capacity) this.names.clear();
      for (const row of rows) {
        const { id } = rocketOf(row);
        found.set(id, row.channel);
        this.names.set(id, row.channel);
      }
    }
    return (id) => {
      const name = found.get(id);
      if (name === undefined) throw new StoreDamaged(`damaged: there is no rocket ${id}`);
      return name;
    };
  }

  forget(): void {
    this.names.clear();
  }
}

/** In few different lengths, as a statement is prepared for each. */
const lookUp = (ids: readonly number[]): [sql: string, values: number[]] => {
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  const values = Array.from({ length }, (_, i) => ids[i] ?? ids[0]!);
  const places = values.map((_, i) => `$${i + 1}`).join(', ');
  return [`SELECT ${rocketColumns} FROM rockets WHERE id IN (${places})`, values];
};
