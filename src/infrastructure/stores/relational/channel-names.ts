import type { Ask } from './ask.js';
import { rocketColumns, rocketOf, type RocketRow } from './rocket-rows.js';
import { StoreDamaged } from './store-errors.js';

/** Some 10 MB. */
const CAPACITY = 100_000;

/** The channels of rockets by their ids, each checked once and then remembered: it never changes. */
export class ChannelNames {
  private readonly names = new Map<number, string>();

  constructor(private readonly ask: Ask) {}

  /** All of these ids must be rockets. */
  async of(ids: Iterable<number>): Promise<(id: number) => string> {
    const unknown = [...new Set(ids)].filter((id) => !this.names.has(id));
    const found = new Map<number, string>();
    if (unknown.length > 0) {
      const rows = await this.ask<RocketRow>(...lookUp(unknown));
      for (const row of rows) found.set(rocketOf(row).id, row.channel);
      if (this.names.size + found.size > CAPACITY) this.names.clear();
      for (const [id, channel] of found) this.names.set(id, channel);
    }
    return (id) => {
      const name = found.get(id) ?? this.names.get(id);
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
