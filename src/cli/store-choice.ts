import { Option, type Command } from 'commander';
import { ChangeRefused, StoreUnavailable } from '../application/ports/event-store.js';
import { databaseIn, InvalidConfig, sqliteFileIn } from '../config.js';
import type * as WholeDatabase from '../infrastructure/stores/postgres/upkeep/whole-database.js';
import { StoreDamaged, StoreRefused } from '../infrastructure/stores/relational/store-errors.js';
import { Failure } from './failure.js';

export interface FileOption {
  readonly file: string;
}

export interface StoreOption extends FileOption {
  readonly database?: string;
}

/** For a command on the store that is chosen by its options, or else by the environment. */
export const onStore = (program: Command, name: string): Command =>
  program
    .command(name)
    .option('--file <file>', 'the file of the SQLite store, as SQLITE_FILE', sqliteFileIn(process.env))
    .addOption(databaseOption());

export const databaseOption = (): Option =>
  new Option(
    '--database <url>',
    'a PostgreSQL store instead; without it DATABASE_URL, when EVENT_STORE is postgres and nothing else is named',
  );

/** Undefined when a file is meant. */
export const databaseOf = ({ database }: StoreOption, command: Command): ReturnType<typeof databaseIn> => {
  const isFileNamed = command.getOptionValueSource('file') === 'cli';
  if (database === undefined) return isFileNamed ? undefined : chosenDatabase();
  if (isFileNamed) throw new Failure('Name a file or a database, not both.', 2);
  return checked(() => databaseIn({ EVENT_STORE: 'postgres', DATABASE_URL: database }));
};

/** The one that the environment chooses. */
export const chosenDatabase = (): ReturnType<typeof databaseIn> => checked(() => databaseIn(process.env));

const checked = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidConfig ? new Failure(error.message, 2) : error;
  }
};

/** The driver is loaded for those only who need it. */
export const ofDatabase = async <T>(work: (whole: typeof WholeDatabase) => Promise<T>): Promise<T> => {
  try {
    return await work(await import('../infrastructure/stores/postgres/upkeep/whole-database.js'));
  } catch (error) {
    if (error instanceof StoreRefused) throw new Failure(error.message, 2);
    if (error instanceof StoreDamaged || error instanceof ChangeRefused) throw new Failure(error.message);
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new Failure(`${error.message}. Look at DATABASE_URL, or name a database with --database.`, 2);
  }
};
