import { gzipSync } from 'node:zlib';
import { maxWhyCharacters } from '../../../src/domain/rocket-event.js';
import type { ProblemSlug } from '../../../src/infrastructure/http/problems.js';
import {
  freshChannel,
  invalid,
  invalidAt,
  ambiguous,
  malformed,
  messageText,
  request,
  type BadInput,
  type Expected,
} from './bad-input.js';
import { launch, type Step } from './histories.js';

const problem = (status: number, slug: ProblemSlug): Expected => ({ status, slug });
const noGap = problem(409, 'no-gap');
const moved = problem(409, 'gap-moved');
const wrongType = problem(415, 'unsupported-media-type');
const done = (fields: Expected['fields']): Expected => ({ status: 200, fields });

const json = 'Content-Type: application/json';
/** Gaps from 2 to 4 and from 6 to 8. */
const twoGaps: readonly Step[] = [launch, ['RocketExploded', 5], ['RocketExploded', 9]];

/** An operator's wish, after some messages that are fine. */
const skip = (
  name: string,
  body: Buffer | string,
  expected: Expected,
  { before = twoGaps, headers = [json], query = '' } = {},
): BadInput => {
  const channel = freshChannel();
  const bytes = Buffer.from(body);
  const lines = [...headers, `Content-Length: ${bytes.length}`];
  return {
    name: `a skip ${name}`,
    before: before.map(([type, number, literals]) =>
      messageText(type, { channel: `"${channel}"`, messageNumber: String(number), ...literals }),
    ),
    bytes: request(`POST /rockets/${channel}/gaps/skip${query}`, lines, bytes),
    expected,
  };
};

const withWhy = (why: string): string => `{"from":2,"to":4,"why":${why}}`;
const text = (length: number): string => JSON.stringify('w'.repeat(length));

const notSkips = [
  'null',
  '"2-4"',
  '[]',
  '[2,4]',
  '{}',
  '{"from":2}',
  '{"to":4}',
  '{"from":4,"to":2}',
  '{"from":0,"to":4}',
  '{"from":-2,"to":4}',
  '{"from":2,"to":4.5}',
  '{"from":"2","to":"4"}',
  '{"from":null,"to":4}',
  '{"from":2,"to":4,"upTo":4}',
  '{"upTo":4,"from":2}',
  '{"upTo":4,"to":4}',
  '{"upTo":0}',
  '{"upTo":-1}',
  '{"upTo":2.5}',
  '{"upTo":"4"}',
  '{"upTo":null}',
  '{"upTo":[4]}',
  '{"upto":4}',
];

const notJson = ['{"from":2,', '{"upTo":4} {"upTo":8}', 'upTo=4'];
const readDifferently = [
  '{"upTo":9007199254740992}',
  '{"upTo":4,"upTo":8}',
  '{"__proto__":{"upTo":4}}',
  '{"upTo":4,"why":"\\u0000"}',
  '{"upTo":4,"why":"\\ud800"}',
];

export const skips: BadInput[] = [
  ...notSkips.map((body) => skip(`of ${body}`, body, invalidAt(''))),
  ...notJson.map((body) => skip(`of ${body}`, body, malformed)),
  ...readDifferently.map((body) => skip(`of ${body}`, body, ambiguous)),
  skip('without a body', '', malformed),
  skip('in UTF-16', Buffer.from('{"upTo":4}', 'utf16le'), malformed),
  skip('of 70,000 bytes', ' '.repeat(70_000), problem(413, 'body-too-large')),
  skip('that is compressed', gzipSync('{"upTo":4}'), problem(415, 'unsupported-content-encoding'), {
    headers: [json, 'Content-Encoding: gzip'],
  }),
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ].map((type) => skip(`as ${type}`, '{"upTo":4}', wrongType, { headers: [`Content-Type: ${type}`] })),
  skip('without a content type', '{"upTo":4}', wrongType, { headers: [] }),
  skip('without a body or a content type', '', wrongType, { headers: [] }),
  skip(
    'with a misspelt parameter',
    '{"upTo":4}',
    { ...problem(400, 'invalid-query'), parameter: 'why' },
    {
      query: '?why=lost',
    },
  ),
  ...['""', '5', 'null', '["lost"]', text(maxWhyCharacters + 1), text(10_000)].map((why) =>
    skip(`because of ${why.slice(0, 12)} (${why.length})`, withWhy(why), { ...invalid, pointer: '/why' }),
  ),
  skip(
    'because of as many characters as there may be',
    withWhy(JSON.stringify('🚀'.repeat(maxWhyCharacters))),
    done({ numbers: 3 }),
  ),
  skip('of no gap', '{"from":2,"to":2}', noGap, { before: [launch] }),
  skip('up to a number without a gap', '{"upTo":5}', noGap, { before: [launch] }),
  skip('of another gap', '{"from":2,"to":3}', moved),
  skip('of the second gap', '{"from":6,"to":8}', moved),
  skip('of both gaps by their ends', '{"from":2,"to":8}', moved),
  skip('up to a number before the first gap', '{"upTo":1}', moved),
  skip('of the gap there is', '{"from":2,"to":4}', done({ from: 2, to: 4, gaps: 1, numbers: 3, version: 5 })),
  skip('up to the middle of a gap', '{"upTo":3}', done({ from: 2, to: 3, gaps: 1, numbers: 2, version: 3 })),
  skip(
    'of all gaps',
    `{"upTo":${Number.MAX_SAFE_INTEGER}}`,
    done({ from: 2, to: 8, gaps: 2, numbers: 6, version: 9 }),
  ),
  skip(
    'of what a list of gaps says',
    '{"channel":"x","from":2,"to":4,"count":3,"waiting":1}',
    done({ numbers: 3 }),
  ),
  skip('as JSON in UTF-8', '{"upTo":4}', done({ numbers: 3 }), {
    headers: ['content-type:  APPLICATION/json ; charset=utf-8'],
  }),
];
