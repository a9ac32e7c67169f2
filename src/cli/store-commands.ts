import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { exportMessages } from '../infrastructure/event-store/sqlite/log/export.js';
import { backupFile, rebuildFile, verifyFile } from '../infrastructure/event-store/sqlite/maintenance.js';
import {
  asStoreError,
  StoreDamaged,
  StoreRefused,
} from '../infrastructure/event-store/sqlite/store-errors.js';
import { StoreUnavailable } from '../application/ports/event-store.js';
import { sqliteFileIn } from '../config.js';
import { addExamples, readMessagesUrl } from './arguments.js';
import { Failure } from './failure.js';
import { counted, inThousands, processOutput, type Output } from './output.js';
import { importMessages } from './store-import.js';

interface FileOption {
  readonly file: string;
}

/** What can be done with the file of the SQLite store. */
export const registerStoreCommands = (program: Command, output: Output = processOutput): void => {
  registerVerify(program, output);
  registerRebuild(program, output);
  registerBackup(program, output);
  registerExport(program, output);
  registerImport(program, output);
};

const registerVerify = (program: Command, output: Output): void => {
  const command = onFile(program, 'verify')
    .summary('prove a file: every checksum, every chain, every state')
    .description(
      'Reads the whole file: pages and indexes, the SHA-256 chain of the log, the chain of every rocket, the checksum ' +
        'of every row, and everything folded from the log against a new fold of it. The service may be running.',
    )
    .action(async ({ file }: FileOption) => {
      const { rockets, events, early, damages } = await explained(file, () => verifyFile(file));
      for (const damage of damages) output.out(damage);
      if (damages.length > 0) throw new Failure(`${file} is damaged: ${counted(damages.length, 'finding')}.`);
      output.out(
        `${file} is right: ${counted(rockets, 'rocket')}, ${counted(events, 'event')} in unbroken chains, ` +
          `${counted(early, 'early message')}; every state equals the replay of its events.`,
      );
    });
  addExamples(command, [
    ['rockets verify --file data/rockets.db', 'ends with 1 and names the damage, if there is any'],
  ]);
};

const registerRebuild = (program: Command, output: Output): void => {
  onFile(program, 'rebuild')
    .summary('fold everything anew from the log')
    .description(
      'Drops the states and indexes and builds them again from the log. The service must not be running.',
    )
    .action(async ({ file }: FileOption) => {
      const { rockets, events, changed } = await explained(file, () => rebuildFile(file));
      output.out(
        `${counted(rockets, 'rocket')} rebuilt from ${counted(events, 'event')}; ` +
          (changed === 0
            ? 'every one is what it was before.'
            : `${inThousands(changed)} ${changed === 1 ? 'was' : 'were'} different before.`),
      );
    });
};

const registerBackup = (program: Command, output: Output): void => {
  onFile(program, 'backup')
    .summary('copy the file as it is at one moment')
    .description('Copies the file while the service may go on writing. The copy is complete, or not there.')
    .argument('<target>', 'where to put the copy')
    .action(async (target: string, { file }: FileOption) => {
      await explained(file, () => backupFile(file, target));
      output.out(`${file} copied to ${target}`);
    });
};

const registerExport = (program: Command, output: Output): void => {
  const command = onFile(program, 'export')
    .summary('write every message as NDJSON')
    .description(
      'Writes every message the file holds, in the order of the feed, as POST /messages takes them again. ' +
        'Skipped ranges, which nobody heard, are named on stderr.',
    )
    .action(async ({ file }: FileOption) => {
      await explained(file, async () => {
        for (const exported of exportMessages(file)) {
          if (exported.kind === 'message') output.out(exported.line);
          else output.err(`${exported.channel}: numbers ${exported.from} to ${exported.to} were skipped`);
          await output.room();
        }
      });
    });
  addExamples(command, [['rockets export > messages.ndjson', 'everything, to be imported elsewhere']]);
};

const registerImport = (program: Command, output: Output): void => {
  program
    .command('import')
    .summary('send NDJSON to a running service')
    .description(
      'Sends messages, one a line, to POST /messages. What the service has already is a duplicate.',
    )
    .argument('[file]', 'what to send; standard input when left out')
    .option(
      '--url <url>',
      'where to post, as http://localhost:8088/messages',
      readMessagesUrl,
      new URL('http://localhost:8088/messages'),
    )
    .action(async (file: string | undefined, { url }: { url: URL }) => {
      output.out(await importMessages(file, url, output));
    });
};

const onFile = (program: Command, name: string): Command =>
  program
    .command(name)
    .option('--file <file>', 'the file of the SQLite store, as SQLITE_FILE', sqliteFileIn(process.env));

const explained = async <T>(file: string, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw explanationOf(asStoreError(error), file);
  }
};

/** What the user can act on is one sentence that names the file; anything else is a fault of ours and keeps its stack. */
const explanationOf = (error: Error, file: string): Error => {
  const { message } = error;
  if (!existsSync(file)) return new Failure(`${message} Name the file with --file or SQLITE_FILE.`);
  if (error instanceof StoreRefused) return new Failure(message);
  if (!(error instanceof StoreUnavailable) && !('syscall' in error)) return error;
  if (message.includes(file)) return new Failure(message);
  if (error instanceof StoreDamaged || 'syscall' in error) return new Failure(`${file}: ${message}`);
  return new Failure(
    `${file} can't be read: ${message}. That takes the right to read it and to write in its folder, ` +
      'where SQLite keeps a -shm file beside it.',
  );
};
