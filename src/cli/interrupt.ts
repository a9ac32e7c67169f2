/** Aborted by the first Ctrl-C, so that a command can say how far it came; a second one ends it at once. */
export const interruptSignal = (): AbortSignal => {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  return controller.signal;
};
