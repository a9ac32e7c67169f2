import type { RocketMessage } from '../../domain/rocket-message.js';
import type { Span } from '../ports/tracing.js';
import type { Outcome } from './outcome.js';

/** Whoever takes in the messages of senders. */
export interface Intake {
  /**
   * Takes a message, or answers at once why not, and then nobody is told anything. A message of a stream has a `ticket`,
   * which is given back, so that one function can serve many. `span`: what brought it, where that is recorded.
   */
  submit(
    message: RocketMessage,
    bytes: number,
    told: Told,
    ticket?: number,
    span?: Span,
  ): Overloaded | ShuttingDown | undefined;
  /** Why no message would be taken now, however small. */
  readonly overloaded: Overloaded | undefined;
  /** Tells a stream, which may last for ever, that nothing more of it is taken; answers how to take that back. */
  onStop(tell: () => void): () => void;
  /** Takes nothing new and returns when everything taken was answered. */
  stop(): Promise<void>;
}

/** A message that a queue holds: what becomes of it shows when somebody works it off. */
export interface Queued {
  readonly outcome: 'queued';
  readonly channel: string;
  readonly number: number;
}

/** Told once what became of a message: its outcome, or why it was not taken. */
export type Told = (result: Outcome | Queued | Error, ticket: number) => void;

/** There is no room for this message now; nothing of it was taken. */
export class Overloaded extends Error {
  readonly code = 'overloaded';
  constructor(limit: string) {
    super(`Too much is waiting to be stored: ${limit}.`);
  }
}

/** The service is about to stop and takes nothing new. */
export class ShuttingDown extends Error {
  readonly code = 'shutting-down';
  constructor() {
    super('The service is shutting down.');
  }
}
