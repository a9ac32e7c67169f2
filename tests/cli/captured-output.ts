import type { Output } from '../../src/cli/output.js';
import { rocketsProgram } from '../../src/cli/program.js';

/** Keeps what is said instead of printing it. */
export const capturedOutput = () => {
  const lines: string[] = [];
  const notes: string[] = [];
  const output: Output = {
    out: (text) => void lines.push(...text.split('\n')),
    err: (text) => void notes.push(...text.split('\n')),
    room: async () => undefined,
    bytes: () => undefined,
    interactive: false,
  };
  return { lines, notes, output };
};

/** Runs a command of the whole program in this process; what it printed, or the rejection it ended with. */
export const rockets = async (...args: readonly string[]): Promise<string[]> => {
  const { lines, output } = capturedOutput();
  await programFor(output).parseAsync(args, { from: 'user' });
  return lines;
};

/** As `rockets`, for a command that has to fail: what it printed before, and the sentence. */
export const failing = async (
  ...args: readonly string[]
): Promise<{ readonly lines: string[]; readonly message: string }> => {
  const { lines, output } = capturedOutput();
  const error: unknown = await programFor(output)
    .parseAsync(args, { from: 'user' })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  if (!(error instanceof Error)) throw new Error(`${args.join(' ')} did not fail: ${lines.join('\n')}`);
  return { lines, message: error.message };
};

/** Throws where it would end the process, and says nothing of its own. */
export const programFor = (output: Output) => {
  const program = rocketsProgram(output, () => new AbortController().signal);
  const within = program.commands.flatMap((command) => command.commands);
  for (const command of [program, ...program.commands, ...within]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  }
  return program;
};
