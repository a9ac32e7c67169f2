import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.js';

export interface BodyLimits {
  readonly bytes: number;
  /** From the end of the headers to the end of the body, however steadily it drips. */
  readonly timeoutMs: number;
}

/**
 * Reads a small body whole. A callback instead of a promise and no decoding, parsing or inflating: this runs for
 * every message. `done` is called once, or never when the client went away.
 */
export const readBody = (
  req: IncomingMessage,
  limits: BodyLimits,
  done: (problem: Problem | undefined, body: Buffer) => void,
): void => {
  const refusal = refusedByHeaders(req, limits);
  if (refusal !== undefined) return done(refusal, nothing);
  let chunks: Buffer[] | undefined;
  let body: Buffer = nothing;
  let length = 0;
  const timer = setTimeout(() => finish(tooSlow(limits)), limits.timeoutMs);
  const finish = (problem: Problem | undefined): void => {
    clearTimeout(timer);
    req.removeListener('data', take);
    req.removeListener('end', end);
    // What still arrives is read and forgotten, so that the client gets to see the answer.
    if (problem !== undefined) req.resume();
    done(problem, body);
  };
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > limits.bytes) return finish(tooLarge(limits));
    if (length === chunk.length) body = chunk;
    else (chunks ??= [body]).push(chunk);
  };
  const end = (): void => {
    if (chunks !== undefined) body = Buffer.concat(chunks);
    finish(undefined);
  };
  req.on('data', take);
  req.on('end', end);
  req.on('close', () => clearTimeout(timer));
};

const nothing: Buffer = Buffer.alloc(0);

const refusedByHeaders = (req: IncomingMessage, limits: BodyLimits): Problem | undefined => {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return new Problem(
      'unsupported-content-encoding',
      `Send the body as it is, not encoded as ${encoding.slice(0, 64)}.`,
      undefined,
      closing,
    );
  }
  return Number(req.headers['content-length'] ?? 0) > limits.bytes ? tooLarge(limits) : undefined;
};

const closing = { Connection: 'close' };

const tooLarge = ({ bytes }: BodyLimits): Problem =>
  new Problem(
    'body-too-large',
    `A message has at most ${bytes} bytes; send many as application/x-ndjson.`,
    undefined,
    closing,
  );

const tooSlow = ({ timeoutMs }: BodyLimits): Problem =>
  new Problem(
    'request-timeout',
    `The body did not arrive within ${timeoutMs / 1000} seconds.`,
    undefined,
    closing,
  );
