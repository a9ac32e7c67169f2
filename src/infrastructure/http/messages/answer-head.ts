import type { ServerResponse } from 'node:http';
import type { Queued } from '../../../application/ingest/intake.js';
import type { Outcome } from '../../../application/ingest/outcome.js';
import { commonHeaders } from '../problem.js';

declare module 'node:http' {
  interface ServerResponse {
    /** What `writeHead` itself calls. Headers that stand in the first line are not taken apart and checked once more. */
    _storeHeader(firstLine: string, headers: readonly string[]): void;
  }
}

const asLines = (headers: object): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

const json = { 'Content-Type': 'application/json; charset=utf-8' };
const start = `HTTP/1.1 202 Accepted\r\n${asLines(commonHeaders)}`;
const startBeforeBody = start + asLines(json);

/** The head of the answer to a message that was taken: what is the same in all of them is one string (`make bench ARGS=head`). */
export const writeAnswerHead = (
  res: ServerResponse,
  outcome: (Outcome | Queued)['outcome'],
  requestId: string,
  body: string,
): void => {
  const length = String(Buffer.byteLength(body));
  // What was set before, as for a page of an allowed origin, only Node's own way finds.
  if (res.getHeaderNames().length > 0) {
    const own = { 'X-Request-Id': requestId, 'Rocket-Outcome': outcome, 'Content-Length': length };
    res.writeHead(202, { ...commonHeaders, ...(body === '' ? {} : json), ...own });
    return;
  }
  res.statusCode = 202;
  const begin = body === '' ? start : startBeforeBody;
  res._storeHeader(`${begin}X-Request-Id: ${requestId}\r\nRocket-Outcome: ${outcome}\r\n`, [
    'Content-Length',
    length,
  ]);
};
