import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { compileCheck } from '../infrastructure/http/messages/compiled-check.js';
import { MessageDto } from '../infrastructure/http/messages/message-dto.js';
import { InvalidInput } from '../infrastructure/http/messages/message-reader.js';
import { parseStrictJson } from '../infrastructure/http/messages/strict-json.js';
import { readNewSubscription } from '../infrastructure/http/subscriptions/subscription-body.js';
import type { MessageRules } from '../infrastructure/stores/upkeep/export-line.js';
import { NoExport } from '../infrastructure/stores/upkeep/import.js';
import { StoreDamaged, StoreRefused } from '../infrastructure/stores/relational/store-errors.js';
import { backupFile } from '../infrastructure/stores/sqlite/upkeep/backup.js';
import { rebuildFile } from '../infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../infrastructure/stores/sqlite/upkeep/verify.js';
import { asStoreError } from '../infrastructure/stores/sqlite/sqlite-errors.js';
import { exportFile, importFile } from '../infrastructure/stores/sqlite/upkeep/transfer.js';
import { StoreUnavailable } from '../application/ports/event-store.js';
import {
  addExamples,
  isServiceNamed,
  keyOption,
  namedService,
  serviceOption,
  type ServiceOptions,
} from './arguments.js';
import { Failure } from './failure.js';
import { counted, inThousands, type Output } from './output.js';
import { databaseOf, databaseOption, ofDatabase, onStore, type StoreOption } from './store-choice.js';
import { importMessages } from './store-import.js';
import { Source } from './store-source.js';

/** What can be done with the whole of a durable store. */
export const registerStoreCommands = (program: Command, output: Output): void => {
  registerVerify(program, output);
  registerRebuild(program, output);
  registerBackup(program, output);
  registerExport(program, output);
  registerImport(program, output);
};

const registerVerify = (program: Command, output: Output): void => {
  const command = onStore(program, 'verify')
    .summary('prove a store: every checksum, every number, every state')
    .description(
      'Reads the whole file: pages and indexes, the checksum of every row, the feed without a hole, and all that is ' +
        'stored of each rocket against a new fold of its events. The service may be running.',
    )
    .option('--json', 'print what was found as JSON')
    .action(async (options: StoreOption & { json?: boolean }) => {
      const { json } = options;
      const database = databaseOf(options, command);
      const file = database === undefined ? options.file : 'the database';
      const report = await (database === undefined
        ? explained(file, () => verifyFile(file))
        : ofDatabase((whole) => whole.verifyDatabase(database.url)));
      const { rockets, events, waiting, late, damages } = report;
      if (json === true) output.out(JSON.stringify(report));
      else for (const damage of damages) output.out(damage);
      if (damages.length > 0) throw new Failure(`${file} is damaged: ${counted(damages.length, 'finding')}.`);
      if (json === true) return;
      output.out(
        `${file} is right: ${counted(rockets, 'rocket')}, ${counted(events, 'event')} without a hole, ` +
          `${inThousands(waiting)} waiting and ${counted(late, 'late message')}; every state equals the replay of its events.`,
      );
    });
  addExamples(command, [
    ['rockets verify --file data/rockets.db', 'ends with 1 and names the damage, if there is any'],
  ]);
};

const registerRebuild = (program: Command, output: Output): void => {
  const command = onStore(program, 'rebuild')
    .summary('make the states anew from the events')
    .description(
      'Folds every rocket anew and writes what follows from its events, in one transaction. No service may use the file; ' +
        'those on a database take no messages meanwhile.',
    )
    .action(async (options: StoreOption) => {
      const database = databaseOf(options, command);
      const { file } = options;
      const { rockets, events, changed, totalsChanged } = await (database === undefined
        ? explained(file, () => rebuildFile(file))
        : ofDatabase((whole) => whole.rebuildDatabase(database.url)));
      output.out(
        `${counted(rockets, 'rocket')} rebuilt from ${counted(events, 'event')}; ` +
          (changed === 0
            ? 'every one is what it was before'
            : `${inThousands(changed)} ${changed === 1 ? 'was' : 'were'} different before`) +
          (totalsChanged ? '; the totals of the fleet were others.' : '.'),
      );
    });
};

const registerBackup = (program: Command, output: Output): void => {
  const command = onStore(program, 'backup')
    .summary('copy the file as it is at one moment')
    .description(
      'Copies the file while the service may go on writing. The copy is complete, or not there, and takes the place of ' +
        'nothing but an older one, if at all. A database is copied by the programs of PostgreSQL.',
    )
    .argument('<target>', 'where to put the copy')
    .option('--force', 'replace an older copy of that name; never anything else')
    .action(async (target: string, options: StoreOption & { force?: boolean }) => {
      if (databaseOf(options, command) !== undefined) {
        throw new Failure(
          `A database is copied by PostgreSQL's own program: pg_dump --format=custom --file=${target} "$DATABASE_URL" (docs/day-two.md says how to restore).`,
          2,
        );
      }
      const { file, force } = options;
      await explained(file, () => backupFile(file, target, { force }));
      output.out(`${file} copied to ${target}`);
    });
};

const registerExport = (program: Command, output: Output): void => {
  const command = onStore(program, 'export')
    .summary('write everything as NDJSON')
    .description(
      'Writes everything the store holds, a line each: events in the order of the feed, waiting and late messages, and ' +
        'when each rocket was heard. "rockets import" makes a store of it that gives the same answers.',
    )
    .action(async (options: StoreOption) => {
      const database = databaseOf(options, command);
      const write = async (lines: AsyncIterable<object>): Promise<void> => {
        for await (const text of inBlocks(lines)) {
          output.out(text);
          await output.room();
        }
      };
      if (database !== undefined) return ofDatabase((whole) => write(whole.exportDatabase(database.url)));
      return explained(options.file, () => write(exportFile(options.file)));
    });
  addExamples(command, [['rockets export > all.ndjson', 'everything, to be imported elsewhere']]);
};

const registerImport = (program: Command, output: Output): void => {
  const command = program
    .command('import')
    .summary('make a new store of an export, or send messages to a service')
    .description(
      'With --file or --database: writes an export into a new file, or a database in which nothing is, which then gives ' +
        'the same answers. Otherwise: sends messages, or those of an export, to POST /messages of a running service; what ' +
        'it has already is a duplicate.',
    )
    .argument('[source]', 'what to read; standard input when left out')
    .option('--file <file>', 'the new file of an SQLite store')
    .addOption(databaseOption())
    .addOption(serviceOption())
    .addOption(keyOption())
    .action(async (from: string | undefined, options: ImportOptions) => {
      const { file, url, database, apiKey } = options;
      if ([file, url, database].filter((one) => one !== undefined).length > 1)
        throw new Failure('Name a file, a database or a URL, one of them only.');
      const source = new Source(from);
      const isService = url !== undefined || (database === undefined && isServiceNamed());
      const target = isService ? undefined : databaseOf({ ...options, file: '' }, command);
      if (file === undefined && target === undefined) {
        return output.out(
          await importMessages(source, new URL('messages', namedService(url)), output, apiKey),
        );
      }
      const done = await importExport(source, file ?? target!);
      const { rockets, events, waiting, late, subscriptions } = done;
      const messages = `${inThousands(waiting)} waiting and ${counted(late, 'late message')}`;
      const name = file ?? 'the database';
      output.out(`${name} holds ${counted(rockets, 'rocket')}, ${counted(events, 'event')}, ${messages}.`);
      if (subscriptions > 0)
        output.out(
          `And ${counted(subscriptions, 'subscription')}: webhooks are paused until they have a secret, which no export has.`,
        );
    });
  addExamples(command, [
    ['rockets import all.ndjson --file data/new.db', 'the same store again'],
    ['rockets import messages.ndjson', 'messages, to a running service'],
  ]);
};

type ImportOptions = ServiceOptions & { readonly file?: string; readonly database?: string };

/** Text of some length costs one write instead of one for each of its lines. */
const BLOCK = 64 * 1024;

const inBlocks = async function* (lines: AsyncIterable<object>): AsyncGenerator<string> {
  let text = '';
  for await (const line of lines) {
    text += (text === '' ? '' : '\n') + JSON.stringify(line);
    if (text.length < BLOCK) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
};

/** An export may be made by anybody: nothing gets into a store that a service would not take from a rocket. */
const rules: MessageRules = {
  parse: (text) => {
    const value = parseStrictJson(text);
    return value instanceof InvalidInput ? undefined : value;
  },
  isMessage: compileCheck(MessageDto),
  isSubscription: (value) => {
    try {
      readNewSubscription(value);
      return true;
    } catch {
      return false;
    }
  },
};

const importExport = async (source: Source, target: string | { readonly url: string | undefined }) => {
  try {
    return await (typeof target === 'string'
      ? importFile(source.lines(), target, rules)
      : ofDatabase((whole) => whole.importDatabase(source.lines(), target.url, rules)));
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    if (error instanceof NoExport) {
      throw new Failure(
        `${source.name}, ${error.message}. Nothing was written; messages that are no export are sent to a running service (--url).`,
      );
    }
    throw typeof target === 'string' ? explanationOf(asStoreError(error), target) : error;
  }
};

const explained = async <T>(file: string, work: () => T | Promise<T>): Promise<T> => {
  if (!existsSync(file)) throw new Failure(`${file} does not exist. Name it with --file or SQLITE_FILE.`);
  try {
    return await work();
  } catch (error) {
    throw explanationOf(asStoreError(error), file);
  }
};

/** What the user can act on is one sentence that names the file; anything else is a fault of ours and keeps its stack. */
const explanationOf = (error: Error, file: string): Error => {
  const { message } = error;
  if (error instanceof StoreRefused) return new Failure(message);
  if (!(error instanceof StoreUnavailable) && !('syscall' in error)) return error;
  if (message.includes(file)) return new Failure(message);
  if (error instanceof StoreDamaged || 'syscall' in error) return new Failure(`${file}: ${message}`);
  return new Failure(
    `${file} can't be read: ${message}. That takes the right to read it and to write in its folder, ` +
      'where SQLite keeps a -shm file beside it.',
  );
};
