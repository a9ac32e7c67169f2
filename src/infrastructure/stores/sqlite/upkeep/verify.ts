import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import { StoreDamaged, StoreRefused } from '../../relational/store-errors.js';
import { Proof } from '../../upkeep/proof.js';
import { askOf, closeDatabase, openForReading, type Database } from '../database.js';
import { refuseOtherSchema, requireFile } from '../known-file.js';
import { asStoreError } from '../sqlite-errors.js';
import { readMeta, refuseLostCommits } from '../store-file.js';
import { isInUse } from './backup.js';
import { isUnreadable, whyUnreadable } from './unreadable.js';
import { otherTotal, outOfPlace } from './whole-file.js';

export interface VerifyReport {
  readonly rockets: number;
  readonly events: number;
  readonly waiting: number;
  readonly late: number;
  /** In words, what is wrong; empty when everything is right. */
  readonly damages: readonly string[];
}

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
        const proof = new Proof(askOf(open), readMeta(open).listened);
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

/** What was found, in words; throws what is no finding: the file could not be read, or is not for this program. */
const findingIn = (error: unknown, file: string): string => {
  const { message } = asStoreError(error);
  if (error instanceof StoreRefused) throw error;
  if (!isUnreadable(error)) return message;
  throw new StoreUnavailable(`${file} can't be read: ${whyUnreadable(file) ?? message}`, { cause: error });
};
