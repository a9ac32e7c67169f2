import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import { minuteColumns, notedMinute, type MinuteRow } from '../../relational/minutes.js';
import { StoreDamaged, StoreRefused } from '../../relational/store-errors.js';
import { numberedEvents } from '../../relational/rows.js';
import { totalColumns, type TotalRow } from '../../relational/totals.js';
import { otherOf } from '../../upkeep/other-total.js';
import { Proof, type VerifyReport } from '../../upkeep/proof.js';
import { damagedSubscriptions } from '../../upkeep/subscription-export.js';
import { askOf, closeDatabase, openForReading, type Database } from '../database.js';
import { hasSubscriptions, refuseOtherSchema, requireFile } from '../known-file.js';
import { asStoreError } from '../sqlite-errors.js';
import { readMeta, refuseLostCommits } from '../store-file.js';
import { isInUse } from './backup.js';
import { isUnreadable, whyUnreadable } from './unreadable.js';

/**
 * Proves a file: every page, every row, the feed without a hole, and all that is stored of each rocket against a fold of
 * its events. Throws when it can't be read, which says nothing about what is in it.
 */
export const verifyFile = async (file: string): Promise<VerifyReport> => {
  requireFile(file);
  const damages = new Set<string>();
  const attempt = async (check: () => void | Promise<void>): Promise<void> => {
    try {
      await check();
    } catch (error) {
      damages.add(findingIn(error, file));
    }
  };
  let counted = { rockets: 0, events: 0, waiting: 0, late: 0 };
  let database: Database | undefined;
  try {
    await attempt(() => {
      database = openForReading(file);
      database.exec('BEGIN');
      readMeta(database);
    });
    await attempt(() => {
      if (!isInUse(file)) refuseLostCommits(file);
    });
    const open = database;
    if (open !== undefined) {
      await attempt(() => refuseOtherSchema(open));
      await attempt(() => checkPages(open));
      await attempt(async () => {
        if (!hasSubscriptions(open)) return;
        for (const one of await damagedSubscriptions(askOf(open), ['position'])) damages.add(one);
      });
      await attempt(() => minutesIn(open).forEach((row) => notedMinute(row)));
      await attempt(async () => {
        const proof = new Proof(askOf(open), readMeta(open).listened, numberedEvents);
        for await (const { findings } of proof.rockets())
          findings.differences.forEach((one) => damages.add(one));
        const { totals, ...counts } = proof.totals;
        counted = counts;
        for (const one of outOfPlace(open)) damages.add(one);
        const other = otherTotal(open, totals);
        if (other !== undefined) damages.add(other);
      });
    }
  } finally {
    if (database !== undefined) closeDatabase(database);
  }
  return { ...counted, damages: [...damages] };
};

const checkPages = (database: Database): void => {
  const [first] = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  if (first?.integrity_check !== 'ok') throw new StoreDamaged(`damaged: file: ${first?.integrity_check}`);
};

export const minutesIn = (database: Database): MinuteRow[] =>
  database.prepare(`SELECT ${minuteColumns} FROM minutes`).all() as MinuteRow[];

export const ofNoRocket = 'rocket NOT IN (SELECT id FROM rockets)';

/** Holes in the feed, and rows of no rocket. */
export const outOfPlace = (database: Database): string[] => {
  const count = (what: string): number =>
    (database.prepare(`SELECT (SELECT ${what}) AS n`).get() as { n: number | null }).n ?? 0;
  const [events, last] = [count('count(*) FROM events'), count('max(position) FROM events')];
  const rows = ['events', 'waiting_messages', 'late_messages', 'missing', 'snapshots'].map((table) => ({
    table,
    strays: count(`count(*) FROM ${table} WHERE ${ofNoRocket}`),
  }));
  return [
    ...(events === last ? [] : [`damaged: the feed ends at ${last} and has ${events} events`]),
    ...rows
      .filter(({ strays }) => strays > 0)
      .map(({ table, strays }) => `damaged: rows of no rocket in "${table}": ${strays}`),
  ];
};

/** In words, one of the figures of the fleet that is not what it should be. */
export const otherTotal = (database: Database, expected: ReadonlyMap<string, number>): string | undefined => {
  const rows = database.prepare(`SELECT ${totalColumns} FROM totals`).all() as unknown as TotalRow[];
  return otherOf(rows, expected);
};

/** What was found, in words; throws what is no finding: the file could not be read, or is not for this program. */
const findingIn = (error: unknown, file: string): string => {
  const { message } = asStoreError(error);
  if (error instanceof StoreRefused) throw error;
  if (!isUnreadable(error)) return message;
  throw new StoreUnavailable(`${file} can't be read: ${whyUnreadable(file) ?? message}`, { cause: error });
};
