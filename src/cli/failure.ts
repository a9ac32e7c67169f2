/** Something the user can act on: printed as one sentence, without a stack, and the command ends with 1. */
export class Failure extends Error {}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNRESET: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'there is no route to the host',
};

/** Errors of sockets and of fetch, which hides the cause one or two levels down. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  const reason = reasons[code];
  return reason === undefined ? error.message : `${reason} (${code})`;
};

export const unreachable = (url: URL, error: unknown): Failure =>
  new Failure(`Cannot reach ${url.origin}: ${reasonOf(error)}. Is the service running? (npm start)`);
