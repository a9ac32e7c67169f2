#!/usr/bin/env node
import { Command } from 'commander';
import { Failure } from './failure.js';
import { registerLaunch } from './launch/launch-command.js';
import { endWithOutput } from './output.js';
import { registerStoreCommands } from './store-commands.js';
import { registerShow } from './watch/show-command.js';
import { registerTail } from './watch/tail-command.js';

const program = new Command('rockets')
  .description('Tools around the rockets service: a simulator that proves it right, and windows into it.')
  .version('1.0.0')
  // Otherwise the program's own --version would swallow the one of `show`.
  .enablePositionalOptions()
  .showHelpAfterError('(--help says more)');
registerLaunch(program);
registerTail(program);
registerShow(program);
registerStoreCommands(program);

endWithOutput();
program.parseAsync().catch((error: unknown) => {
  const message = error instanceof Failure ? error.message : error;
  console.error(message);
  process.exitCode = 1;
});
