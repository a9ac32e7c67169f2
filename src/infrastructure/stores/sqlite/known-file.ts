import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync, readSync, statSync } from 'node:fs';
import { StoreDamaged, StoreRefused } from '../relational/store-errors.js';
import { closing, openForReading, pragma, type Database } from './database.js';
import { withHandle } from './file-handles.js';
import { APPLICATION_ID, OLDEST_VERSION, SCHEMA_VERSION, schemaOf } from './schema.js';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const APPLICATION_ID_AT = 68;

/** What is there, if anything, is a file of this program; nothing of it is changed by looking. */
export const refuseOtherFiles = (file: string): void => {
  if (!existsSync(file)) return;
  requireRegular(file);
  const beginning = beginningOf(file);
  if (beginning.length > 0 && beginning !== MAGIC) {
    throw new StoreDamaged(`${file} is not an SQLite file, or its first bytes are damaged.`);
  }
  refuseStrangers(file);
};

export const requireFile = (file: string): void => {
  if (!existsSync(file)) throw new StoreRefused(`${file} does not exist.`);
  requireRegular(file);
  refuseStrangers(file);
};

/** As root, a device would be written to, or replaced, without a word. */
export const requireRegular = (file: string): void => {
  const status = statSync(file);
  if (status.isDirectory()) throw new StoreRefused(`${file} is a directory; name a file in it.`);
  if (!status.isFile()) throw new StoreRefused(`${file} is not a regular file.`);
};

/** Another program's file, one of a newer version, or of the engine that came before this one. */
export const refuseStranger = (database: Database, file: string): void => {
  const version = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
  if (version === 0 && application === 0 && tables.n === 0) return;
  if (application !== APPLICATION_ID) throw new StoreRefused(`${file} is not a file of Rockets.`);
  if (version > SCHEMA_VERSION) {
    throw new StoreRefused(
      `${file} has version ${version}; this program knows up to ${SCHEMA_VERSION}. Use the program that wrote it, or a newer one.`,
    );
  }
  if (version < OLDEST_VERSION) {
    throw new StoreRefused(
      `${file} is of an older release (version ${version}), whose tables this one does not know. Bring it along: with the old release "rockets export > all.ndjson", then start this one with a new file and "rockets import all.ndjson".`,
    );
  }
};

/** A flipped bit in the description of a table would make SQLite read it as something else; each version has its own. */
export const refuseOtherSchema = (database: Database): void => {
  const expected = new DatabaseSync(':memory:');
  expected.exec(schemaOf(pragma(database, 'user_version')));
  const [ours, theirs] = [described(expected), described(database)];
  expected.close();
  const other = [...theirs.keys(), ...ours.keys()].find((name) => ours.get(name) !== theirs.get(name));
  if (other === undefined) return;
  throw new StoreDamaged(`damaged: "${other}" is not as this version describes it`);
};

/** A file of version 3 has none. */
export const hasSubscriptions = (database: Database): boolean => pragma(database, 'user_version') > 3;

const described = (database: Database): Map<string, string> => {
  const rows = database.prepare('SELECT name, type, tbl_name, sql FROM sqlite_schema').all();
  return new Map(rows.map((row) => [String(row['name']), JSON.stringify(row)]));
};

/** Of a file that can't be read nothing is known; whoever goes on with it will find out. */
const refuseStrangers = (file: string): void => {
  try {
    closing(openForReading(file), (database) => refuseStranger(database, file));
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
  }
};

/** Empty, too, when it can't be read. */
const beginningOf = (file: string): string => {
  try {
    return headerOf(file).toString('latin1', 0, MAGIC.length);
  } catch {
    return '';
  }
};

/** Whether its first page says so, whatever else is to be said of it. */
export const isOurs = (file: string): boolean => {
  const header = headerOf(file);
  return (
    header.length === HEADER_BYTES &&
    header.toString('latin1', 0, MAGIC.length) === MAGIC &&
    header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
  );
};

const headerOf = (file: string): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  return bytes.subarray(
    0,
    withHandle(file, (handle) => readSync(handle, bytes, 0, HEADER_BYTES, 0)),
  );
};
