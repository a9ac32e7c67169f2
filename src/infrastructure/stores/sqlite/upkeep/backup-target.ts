import { existsSync, linkSync, lstatSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreRefused } from '../../relational/store-errors.js';
import { syncDirectory } from '../file-handles.js';
import { FileLock } from '../file-lock.js';
import { isOurs, requireRegular } from '../known-file.js';

/** `force` is for what is a file of ours; whatever else stands there stays, and so does what somebody uses. */
export const refuseTarget = (file: string, target: string, force: boolean): void => {
  if (target === '') throw new StoreRefused('Name the file that the copy is put into.');
  const folder = dirname(resolve(target));
  if (!existsSync(folder)) throw new StoreRefused(`${target} can't be written: ${folder} does not exist.`);
  if (/-(wal|shm|lock|secrets)$/.test(target) || isMark(target)) {
    throw new StoreRefused(`${target} has the name of a file that belongs to a store; choose another.`);
  }
  if (!exists(target)) return;
  if (existsSync(target)) requireRegular(target);
  if (existsSync(target) && realpathSync(target) === realpathSync(file)) {
    throw new StoreRefused(`${target} is the file that is to be copied; choose another name.`);
  }
  if (!force) refuseExisting(target);
  refuseForeign(target);
  lockIfStore(target)?.release();
  refuseUnfinished(target);
};

/** To the store beside it: of two it would keep one, and refuse positions of before. */
const isMark = (target: string): boolean =>
  [...target.matchAll(/-session-(?=[^/]*$)/g)].some(({ index }) =>
    statSync(target.slice(0, index), { throwIfNoEntry: false })?.isFile(),
  );

/** Also a link that leads nowhere is somebody's. */
const exists = (target: string): boolean => lstatSync(target, { throwIfNoEntry: false }) !== undefined;

const refuseExisting = (target: string): void => {
  if (!exists(target)) return;
  throw new StoreRefused(
    `${target} exists; choose another name, or replace it with --force if it is an older copy.`,
  );
};

const refuseForeign = (target: string): void => {
  if (existsSync(target) && isOurs(target)) return;
  throw new StoreRefused(`${target} is not a file of Rockets: it is left alone. Choose another name.`);
};

/** What stands in a log takes part in the file, whichever file that is. */
const refuseUnfinished = (target: string): void => {
  const log = `${target}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) return;
  throw new StoreRefused(
    `${target} was not closed in order: ${log} has a part of it. Choose another name, or remove both if nobody needs them.`,
  );
};

export const putInFreePlace = (target: string, unfinished: string): void => {
  refuseUnfinished(target);
  try {
    // Unlike a rename, a link never takes the place of what somebody has put there meanwhile.
    linkSync(unfinished, target);
  } catch {
    refuseExisting(target);
    // There are disks without links.
    renameSync(unfinished, target);
  }
  syncDirectory(dirname(resolve(target)));
};

/** Nobody may begin to use the old file while it is replaced. */
export const replace = (target: string, by: string): void => {
  const lock = lockIfStore(target);
  try {
    refuseUnfinished(target);
    if (exists(target)) refuseForeign(target);
    for (const rest of ['-wal', '-shm']) rmSync(`${target}${rest}`, { force: true });
    renameSync(by, target);
    syncDirectory(dirname(resolve(target)));
  } finally {
    lock?.release();
  }
};

/** Where no service ever was, nothing is to be left behind. */
export const lockIfStore = (file: string): FileLock | undefined =>
  existsSync(`${file}-lock`) ? FileLock.acquire(file) : undefined;
