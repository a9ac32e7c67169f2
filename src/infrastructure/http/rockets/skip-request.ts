import type { Request } from 'express';
import type { NumberRange } from '../../../application/ingest/outcome.js';
import { maxWhyCharacters } from '../../../domain/rocket-event.js';
import { invalidBody, readJsonObject } from '../json-body.js';
import type { BodyLimits } from '../messages/read-body.js';

/** What an operator wants skipped: the first gap, named by its ends, or every gap up to a number. */
export interface SkipWish {
  readonly upTo: number;
  readonly expected: NumberRange | undefined;
  readonly why: string | undefined;
}

/** The body `{"from": 4, "to": 6, "why": "…"}` or `{"upTo": 9, "why": "…"}` of a skip, of which `why` may be left out. */
export const readSkipWish = async (req: Request, limits: BodyLimits): Promise<SkipWish> => {
  const { from, to, upTo, why } = await readJsonObject(req, limits);
  if (why !== undefined && !isReason(why)) {
    throw invalidBody('/why', 'wrong-length', `why must be a text of 1 to ${maxWhyCharacters} characters.`);
  }
  if (upTo === undefined && isNumber(from) && isNumber(to) && from <= to) {
    return { upTo: to, expected: { from, to }, why };
  }
  if (from === undefined && to === undefined && isNumber(upTo)) return { upTo, expected: undefined, why };
  throw invalidBody(
    '',
    'not-a-skip',
    'The body must be {"from": …, "to": …}, the gap to skip, or {"upTo": …}, up to where to skip; "why" may be added.',
  );
};

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

const isReason = (why: unknown): why is string =>
  typeof why === 'string' && why !== '' && [...why].length <= maxWhyCharacters;
