import type { Request } from 'express';
import type { NumberRange } from '../../../application/ingest/outcome.js';
import { maxWhyCharacters } from '../../../domain/rocket-event.js';
import { InvalidInput, decodeUtf8 } from '../messages/message-reader.js';
import { readBody, type BodyLimits } from '../messages/read-body.js';
import { parseStrictJson } from '../messages/strict-json.js';
import { closing, Problem } from '../problem.js';

/** What an operator wants skipped: the first gap, named by its ends, or every gap up to a number. */
export interface SkipWish {
  readonly upTo: number;
  readonly expected: NumberRange | undefined;
  readonly why: string | undefined;
}

/** The body `{"from": 4, "to": 6, "why": "…"}` or `{"upTo": 9, "why": "…"}` of a skip, of which `why` may be left out. */
export const readSkipWish = async (req: Request, limits: BodyLimits): Promise<SkipWish> => {
  // A page of another site can send anything else without asking first.
  if (!/^\s*application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    const detail = 'What is to be skipped is sent as JSON, with Content-Type: application/json.';
    throw new Problem('unsupported-media-type', detail, undefined, closing);
  }
  const body = await new Promise<Buffer>((resolve, reject) => {
    readBody(req, limits, (problem, bytes) => (problem ? reject(problem) : resolve(bytes)));
  });
  const value = jsonIn(body);
  const { from, to, upTo, why } = (isObject(value) ? value : {}) as Readonly<Record<string, unknown>>;
  if (why !== undefined && !isReason(why)) {
    throw refusal('/why', 'wrong-length', `why must be a text of 1 to ${maxWhyCharacters} characters.`);
  }
  if (upTo === undefined && isNumber(from) && isNumber(to) && from <= to) {
    return { upTo: to, expected: { from, to }, why };
  }
  if (from === undefined && to === undefined && isNumber(upTo)) return { upTo, expected: undefined, why };
  throw refusal(
    '',
    'not-a-skip',
    'The body must be {"from": …, "to": …}, the gap to skip, or {"upTo": …}, up to where to skip; "why" may be added.',
  );
};

const jsonIn = (body: Buffer): unknown => {
  const text = decodeUtf8(body);
  const value = typeof text === 'string' ? parseStrictJson(text) : text;
  if (value instanceof InvalidInput) throw new Problem(value.code, value.message, value.errors);
  return value;
};

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

const isReason = (why: unknown): why is string =>
  typeof why === 'string' && why !== '' && [...why].length <= maxWhyCharacters;

const refusal = (pointer: string, code: string, message: string): Problem =>
  new Problem('invalid-message', message, [{ pointer, code, message }]);
