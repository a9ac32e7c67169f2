import { randomInt } from 'node:crypto';
import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/*
 * A file that was copied, moved or put back holds another history than the one that readers of its feed know. So a file
 * notes where it lives: what it is on this disk, and the mark beside it, an empty file with nothing but a name. The mark is
 * another one after each beginning and each end of a session; and who copies a whole folder back over the one there is does
 * not remove the mark that it has now.
 */

/** Whether the file is the one that made the note, where it was then. */
export const isAtHome = (file: string, home: string): boolean => {
  const [before, after, ...place] = home.split(' ');
  const [mark, ...others] = marksOf(file);
  return others.length === 0 && (mark === before || mark === after) && place.join(' ') === placeOf(file);
};

/** The file knows the old mark and the new one before the one takes the other's place: who is killed between is at home. */
export const moveMark = (file: string, note: (home: string) => void): void => {
  const [mark, ...others] = marksOf(file);
  const next = randomText();
  note(`${mark ?? 'none'} ${next} ${placeOf(file)}`);
  const named = (one: string): string => `${file}-session-${one}`;
  if (mark === undefined) closeSync(openSync(named(next), 'a'));
  else renameSync(named(mark), named(next));
  for (const one of others) rmSync(named(one));
};

const marksOf = (file: string): string[] => {
  const beginning = `${basename(file)}-session-`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(beginning))
    .map((name) => name.slice(beginning.length));
};

const placeOf = (file: string): string => {
  const { ino, birthtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${birthtimeNs}`;
};

export const randomText = (): string =>
  randomInt(36 ** 8)
    .toString(36)
    .padStart(8, '0');
