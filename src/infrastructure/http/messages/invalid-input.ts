import type { InputError } from '../problem.js';

/** What was sent is no message. `code` is the slug of the problem, `errors` say what is wrong where. */
export class InvalidInput extends Error {
  constructor(
    readonly code: 'malformed-json' | 'ambiguous-json' | 'invalid-message',
    detail: string,
    readonly errors: readonly InputError[],
  ) {
    super(detail);
  }
}
