import type { Command } from 'commander';
import { exportMessages } from '../infrastructure/event-store/sqlite/log/export.js';
import { backupFile, rebuildFile, verifyFile } from '../infrastructure/event-store/sqlite/maintenance.js';
import { StoreRefused } from '../infrastructure/event-store/sqlite/store-errors.js';
import { StoreUnavailable } from '../application/ports/event-store.js';
import { addExamples, readMessagesUrl } from './arguments.js';
import { Failure } from './failure.js';
import { inThousands, processOutput, type Output } from './output.js';
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
    .action(({ file }: FileOption) => {
      const { rockets, events, early, damages } = explained(() => verifyFile(file));
      for (const damage of damages) output.out(damage);
      if (damages.length > 0)
        throw new Failure(`${file} is damaged: ${inThousands(damages.length)} findings.`);
      output.out(
        `${file} is right: ${inThousands(rockets)} rockets, ${inThousands(events)} events in unbroken chains, ` +
          `${inThousands(early)} early messages; every state equals the replay of its events.`,
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
    .action(({ file }: FileOption) => {
      const { rockets, events, changed } = explained(() => rebuildFile(file));
      output.out(
        `${inThousands(rockets)} rockets rebuilt from ${inThousands(events)} events; ` +
          (changed === 0
            ? 'every one is what it was before.'
            : `${inThousands(changed)} were different before.`),
      );
    });
};

const registerBackup = (program: Command, output: Output): void => {
  onFile(program, 'backup')
    .summary('copy the file as it is at one moment')
    .description('Copies the file while the service may go on writing. The copy is complete, or not there.')
    .argument('<target>', 'where to put the copy')
    .action(async (target: string, { file }: FileOption) => {
      await backupFile(file, target).catch(fail);
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
    .action(({ file }: FileOption) => {
      explained(() => {
        for (const exported of exportMessages(file)) {
          if (exported.kind === 'message') output.out(exported.line);
          else output.err(`${exported.channel}: numbers ${exported.from} to ${exported.to} were skipped`);
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
      output.out(await importMessages(file, url));
    });
};

const onFile = (program: Command, name: string): Command =>
  program.command(name).option('--file <file>', 'the file of the SQLite store', 'data/rockets.db');

const explained = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    return fail(error);
  }
};

/** What the user can act on is one sentence; anything else is a fault of ours and keeps its stack. */
const fail = (error: unknown): never => {
  if (error instanceof StoreRefused || error instanceof StoreUnavailable) throw new Failure(error.message);
  throw error;
};
