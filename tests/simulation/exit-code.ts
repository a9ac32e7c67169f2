/** Ends the process with 0 when `main` passed; with 1, and the reason, when it did not or failed. */
export const exitWith = (main: () => Promise<boolean>): void => {
  main().then(
    (passed) => {
      process.exitCode = passed ? 0 : 1;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
};
