import fc from 'fast-check';
import { badInputCorpus } from '../bad-input-corpus.js';
import type { GeneratedInput } from './generated-input.js';
import { header } from './headers.js';
import {
  bytes,
  lineTexts,
  messageText,
  newSubscriptionText,
  skipText,
  subscriptionNames,
  subscriptionTexts,
} from './json-texts.js';
import { path, query, segment } from './targets.js';

const methods = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'DELETE',
  'POST',
  'TRACE',
  'PROPFIND',
];
const cuts = fc.array(fc.nat(1000), { maxLength: 3 });

/** As chunks of so many bytes. */
const chunked = (body: Buffer, size: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)};x=y\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
};

const headOf = (line: string, headers: readonly string[]): string =>
  [line, 'Host: rockets', 'Connection: close', ...headers, '', ''].join('\r\n');

const withBody = (line: fc.Arbitrary<string>, type: readonly string[], text: fc.Arbitrary<string | Buffer>) =>
  fc
    .record({
      line,
      headers: fc.array(header, { maxLength: 2 }),
      type: fc.constantFrom(...type),
      text,
      size: fc.option(fc.integer({ min: 1, max: 200 }), { freq: 4 }),
      wrong: fc.oneof(
        { weight: 30, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(-3, 7) },
      ),
      cuts,
    })
    .map(({ line: first, headers, type: content, text: sent, size, wrong, cuts: at }): GeneratedInput => {
      const whole = Buffer.from(sent);
      const body = size === null ? whole : chunked(whole, size);
      const framing =
        size === null ? `Content-Length: ${Math.max(0, whole.length + wrong)}` : 'Transfer-Encoding: chunked';
      return {
        head: headOf(`${first} HTTP/1.1`, [...headers, `Content-Type: ${content}`, framing]),
        body,
        cuts: at,
      };
    });

const json = ['application/json', 'application/json; charset=utf-8'];
const posted = fc.oneof(
  {
    weight: 6,
    arbitrary: withBody(fc.constant('POST /messages'), [...json, 'text/plain', 'nonsense'], messageText),
  },
  {
    weight: 2,
    arbitrary: withBody(
      fc.constant('POST /messages'),
      ['application/x-ndjson', 'application/ndjson;a=b'],
      lineTexts,
    ),
  },
  {
    weight: 3,
    arbitrary: withBody(
      segment.map((one) => `POST /rockets/${one}/gaps/skip`),
      [...json, ...json, 'text/plain'],
      skipText,
    ),
  },
  { weight: 1, arbitrary: withBody(fc.constant('POST /messages'), json, bytes) },
  {
    weight: 2,
    arbitrary: withBody(fc.constant('POST /subscriptions'), [...json, 'text/plain'], newSubscriptionText),
  },
  ...subscriptionTexts.map(([act, text]) => ({
    weight: 1,
    arbitrary: withBody(
      fc.constantFrom(...subscriptionNames).map((name) => {
        return `${act === '' ? 'PATCH' : 'POST'} /subscriptions/${name}${act}`;
      }),
      json,
      text,
    ),
  })),
  {
    weight: 1,
    arbitrary: withBody(
      fc.tuple(fc.constantFrom(...methods), path).map(([method, where]) => `${method} ${where}`),
      json,
      fc.oneof(messageText, skipText),
    ),
  },
);

const asked: fc.Arbitrary<GeneratedInput> = fc
  .record({
    method: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...methods) },
      { weight: 1, arbitrary: fc.constantFrom('get', 'LAUNCH', 'CONNECT', 'M-SEARCH', '') },
    ),
    path,
    query,
    version: fc.oneof(
      { weight: 40, arbitrary: fc.constant('HTTP/1.1') },
      { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '') },
    ),
    headers: fc.array(header, { maxLength: 3 }),
    cuts,
  })
  .map(({ method, path: where, query: what, version, headers, cuts: at }) => ({
    head: headOf(`${method} ${where}${what} ${version}`, headers),
    body: Buffer.alloc(0),
    cuts: at,
  }));

/** What the corpus knows, with some of its bytes changed. Streams are left out: the rockets of one stream take turns. */
const seeds = badInputCorpus
  .flatMap(({ kind, cases }) => (kind === 'NDJSON' ? [] : cases))
  .map((one) => one.bytes)
  .filter((seed) => seed.length < 4000);

const mutated: fc.Arbitrary<GeneratedInput> = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(4), bytes), {
      minLength: 1,
      maxLength: 3,
    }),
    cuts,
  )
  .map(([seed, changes, at]) => {
    const body = changes.reduce((was, [where, left, put]) => {
      const from = Math.floor(where * was.length);
      return Buffer.concat([was.subarray(0, from), put.subarray(0, 8), was.subarray(from + left)]);
    }, seed);
    return { head: '', body, cuts: at };
  });

const noise: fc.Arbitrary<GeneratedInput> = fc
  .tuple(bytes, cuts)
  .map(([body, at]) => ({ head: '', body: Buffer.concat([body, Buffer.from('\r\n\r\n')]), cuts: at }));

export const generatedInput: fc.Arbitrary<GeneratedInput> = fc.oneof(
  { weight: 10, arbitrary: posted },
  { weight: 10, arbitrary: asked },
  { weight: 5, arbitrary: mutated },
  { weight: 1, arbitrary: noise },
);
