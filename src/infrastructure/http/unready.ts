import { Problem } from './problem.js';

/** A gateway needs no store to take messages in, and nothing else than its queue. */
export const unready = (error: string | undefined): Problem | undefined =>
  error === undefined ? undefined : new Problem('queue-unavailable', `Kafka does not answer: ${error}`);
