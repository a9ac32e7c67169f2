#!/usr/bin/env node
import { CommanderError } from 'commander';
import { Failure } from './failure.js';
import { interruptSignal } from './interrupt.js';
import { endWithOutput, processOutput } from './output.js';
import { rocketsProgram } from './program.js';

endWithOutput();
rocketsProgram(processOutput, interruptSignal)
  .parseAsync()
  .catch((error: unknown) => {
    const isOurs = error instanceof Failure || error instanceof CommanderError;
    console.error(isOurs ? error.message : error);
    process.exitCode = error instanceof Failure ? error.exitCode : 1;
  });
