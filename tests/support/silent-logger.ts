import type { Logger } from '../../src/application/ports/logger.js';

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  lost: 0,
};
