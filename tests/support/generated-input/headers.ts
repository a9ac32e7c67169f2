import fc from 'fast-check';
import { latin1 } from './targets.js';

const token = fc
  .array(fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"), { minLength: 1, maxLength: 12 })
  .map((signs) => `X-${signs.join('')}`);
export const header: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        'application/json',
        'application/x-ndjson',
        'text/csv',
        'text/html',
        'text/event-stream',
        '*/*;q=0',
        ',',
        'a/b;q=9',
      )
      .map((type) => `Accept: ${type}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'Accept-Encoding: gzip',
      'Accept-Encoding: br, deflate;q=0.1',
      'Accept-Encoding: *;q=0',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'Content-Encoding: gzip',
      'Content-Encoding: identity',
      'Expect: 100-continue',
      'Expect: a-miracle',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'Origin: https://a.example',
      'Origin: null',
      'Origin: http://rockets',
      'Sec-Fetch-Site: cross-site',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'If-None-Match: *',
      'If-None-Match: W/"x',
      'Last-Event-ID: {epoch}-1',
      'Last-Event-ID: x',
      'Range: bytes=0-1',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'Upgrade: websocket',
      'X-HTTP-Method-Override: DELETE',
      'TE: trailers',
      'Cookie: a=b;;',
      'Host: other',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'X-Request-Id: ok-1',
      'X-Request-Id: a b',
      'Request-Id: <>',
      `X-Request-Id: ${'i'.repeat(200)}`,
    ),
  },
  { weight: 2, arbitrary: fc.tuple(token, latin1).map((both) => both.join(': ')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'Content-Length: 1',
      'Transfer-Encoding: cow',
      ' folded',
      'no colon',
      'A : b',
      `X-A: ${'a'.repeat(17_000)}`,
    ),
  },
);
