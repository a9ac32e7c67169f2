/** Something the user can act on: printed as one sentence, without a stack. */
export class Failure extends Error {
  constructor(
    message: string,
    /** 2: what the command was told to work on will not do. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}

const unknownAuthority =
  'nobody whom this machine knows vouches for its certificate: name the file of who does in NODE_EXTRA_CA_CERTS';
const speaksNoTls = 'it does not speak TLS: is it http://?';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNRESET: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENOENT: 'it does not exist',
  EISDIR: 'it is a directory',
  EACCES: 'you have no right to',
  ENOSPC: 'the disk is full',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_SSL_WRONG_VERSION_NUMBER: speaksNoTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: speaksNoTls,
};

/** Errors of files, of sockets and of fetch, which hides the cause one or two levels down. */
export const reasonOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('cause' in error && error.cause !== undefined) return reasonOf(error.cause);
  // One error for each address of the host that was tried.
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0)
    return reasonOf(error.errors[0]);
  const code = 'code' in error ? String(error.code) : '';
  const reason = reasons[code];
  if (reason !== undefined) return `${reason} (${code})`;
  return 'message' in error && error.message !== '' ? String(error.message) : String(error);
};

export const unreachable = (url: URL, error: unknown): Failure =>
  new Failure(
    `Cannot reach ${url.origin}: ${reasonOf(error)}; start the service, or name another with --url or ROCKETS_URL.`,
  );
