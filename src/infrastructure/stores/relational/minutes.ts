import {
  counted,
  type Activity,
  type Minute,
  type MinuteLog,
} from '../../../application/ports/minute-log.js';
import type { Ask } from './ask.js';
import { checked, withSum, type Cell } from './rows.js';

const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const figures = [...counted, 'gaps'] as const;
export const minuteColumns = ['minute', 'instance', ...figures.map(inWords), 'sum'].join(', ');

export type MinuteRow = {
  readonly minute: number;
  readonly instance: string;
  readonly sum: number;
} & Readonly<Record<string, Cell>>;

const minuteCells = (instance: string, { minute, activity }: Minute): Cell[] =>
  withSum([minute, instance, ...figures.map((name) => activity[name])]);

export const notedMinute = (row: MinuteRow): Minute => {
  checked(row, ({ minute, instance }) => `the minute ${minute} of the instance ${instance}`);
  const activity = Object.fromEntries(figures.map((name) => [name, row[inWords(name)]]));
  return { minute: row.minute, activity: activity as unknown as Activity };
};

/** Older ones are shown to nobody. */
const KEPT_MINUTES = 25 * 60;

/** Writes the rows, each in the place of the one that was there, and drops those before a minute. */
export type PutMinutes = (rows: readonly Cell[][], before: number) => Promise<void>;

/** The table `minutes` of both SQL stores: a row for each minute in which an instance ran. */
export class RelationalMinutes implements MinuteLog {
  constructor(
    private readonly ask: Ask,
    private readonly put: PutMinutes,
  ) {}

  note(instance: string, minutes: readonly Minute[]): Promise<void> {
    const last = Math.max(...minutes.map(({ minute }) => minute));
    const rows = minutes.map((minute) => minuteCells(instance, minute));
    return this.put(rows, last - KEPT_MINUTES);
  }

  async ofOthers(instance: string, since: number): Promise<Minute[]> {
    const rows = await this.ask<MinuteRow>(
      `SELECT ${minuteColumns} FROM minutes WHERE minute >= $1 AND instance <> $2`,
      [since, instance],
    );
    return rows.map(notedMinute);
  }
}
