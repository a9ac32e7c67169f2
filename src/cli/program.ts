import { Command } from 'commander';
import { version } from '../version.js';
import { registerFleet } from './figures/fleet-command.js';
import { registerHealth } from './figures/health-command.js';
import { registerGaps } from './gaps/gaps-command.js';
import { registerKeys } from './keys-commands.js';
import { registerSkip } from './gaps/skip-command.js';
import { registerLaunch } from './launch/launch-command.js';
import type { Output } from './output.js';
import { registerRejected } from './rejected-commands.js';
import { registerStoreCommands } from './store-commands.js';
import { registerSubscriptions } from './subscriptions/subscriptions-commands.js';
import { registerShow } from './watch/show-command.js';
import { registerTail } from './watch/tail-command.js';

/** `interrupt` begins to listen for Ctrl-C, for commands that can say how far they came. */
export const rocketsProgram = (output: Output, interrupt: () => AbortSignal): Command => {
  const program = new Command('rockets')
    .description('Tools around the rockets service: a simulator that proves it right, and windows into it.')
    .version(version())
    // Otherwise the program's own --version would swallow the one of `show`.
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', SETTINGS);
  registerLaunch(program, output, interrupt);
  registerTail(program, output, interrupt);
  registerShow(program, output);
  registerFleet(program, output);
  registerHealth(program, output);
  registerGaps(program, output);
  registerSkip(program, output);
  registerSubscriptions(program, output);
  registerStoreCommands(program, output);
  registerKeys(program, output);
  registerRejected(program, output);
  return program;
};

const SETTINGS = `
ROCKETS_URL names the service where no --url does, ROCKETS_API_KEY the key where no --api-key does, SQLITE_FILE the store where no --file does.`;
