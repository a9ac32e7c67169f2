import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Opens it for reading, and closes it behind the work. */
export const withHandle = <T>(path: string, work: (handle: number) => T): T => {
  const handle = openSync(path, 'r');
  try {
    return work(handle);
  } finally {
    closeSync(handle);
  }
};

/** The file itself is on disk only when its name in the directory is. */
export const syncDirectory = (directory: string): void => withHandle(directory, fsyncSync);
