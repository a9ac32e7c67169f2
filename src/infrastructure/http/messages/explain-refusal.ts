import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { InvalidInput } from './invalid-input.js';
import { MessageDto } from './message-dto.js';
import type { InputError } from '../problem.js';

/**
 * Says what is wrong with a value that the compiled check refused. Slow, and only ever run on bad input.
 * `payload` is the name under which the payload was sent.
 */
export const explainRefusal = (value: unknown, payload: 'message' | 'content'): InvalidInput => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalidMessage([
      {
        pointer: '',
        code: 'wrong-type',
        message: 'A message must be a JSON object with metadata and message.',
      },
    ]);
  }
  const found = violations(value);
  for (const violation of found) if (violation.property === 'message') violation.property = payload;
  return invalidMessage(found.flatMap((violation) => describe(violation, '')));
};

/** What the sender of one body is told; who sent several messages in it learns how that is done. */
export const detailOf = ({ message, errors }: InvalidInput, body: Buffer): string =>
  errors[0]?.code === 'more-than-one' || body.toString('latin1').trimStart().startsWith('[')
    ? `${message} To send many messages, put one on a line, with Content-Type: application/x-ndjson (curl: --data-binary).`
    : message;

export const invalidMessage = (errors: readonly InputError[]): InvalidInput => {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: see errors)` : '';
  return new InvalidInput('invalid-message', `${first?.message ?? 'The message is invalid.'}${more}`, errors);
};

/** What class-validator itself finds: the compiled check is proven to agree with this. */
export const violations = (value: object): ValidationError[] =>
  validateSync(plainToInstance(MessageDto, value, { excludeExtraneousValues: true }), {
    forbidUnknownValues: false,
    validationError: { target: false },
  });

const describe = (violation: ValidationError, parent: string): InputError[] => {
  const { property, children = [], constraints = {} } = violation;
  const pointer = `${parent}/${property}`;
  const value: unknown = violation.value;
  // One field, one error: the constraints of a field share their message.
  const [broken] = Object.entries(constraints);
  if (broken === undefined) return children.flatMap((child) => describe(child, pointer));
  const field = pointer.slice(1).replaceAll('/', '.');
  if (value === undefined) {
    return [{ pointer, code: 'missing', message: `${field} is missing; it ${broken[1]}.` }];
  }
  const expected = Object.keys(constraints).map((name) => expectedTypes[name]);
  if (!expected.includes(jsonType(value))) {
    return [
      { pointer, code: 'wrong-type', message: `${field} ${broken[1]}, not ${article(jsonType(value))}.` },
    ];
  }
  return [{ pointer, code: codeOf(Object.keys(constraints)), message: `${field} ${broken[1]}.` }];
};

const jsonType = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const article = (type: string): string =>
  type === 'null' ? type : `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`;

const expectedTypes: Readonly<Record<string, string>> = {
  isDefined: 'object',
  isObject: 'object',
  nestedValidation: 'object',
  isInt: 'number',
  min: 'number',
  max: 'number',
  isIn: 'string',
  isText: 'string',
  isChannel: 'string',
  isRfc3339: 'string',
};

const codes: Readonly<Record<string, string>> = {
  isInt: 'not-an-integer',
  min: 'out-of-range',
  max: 'out-of-range',
  isIn: 'unknown-message-type',
  isText: 'wrong-length',
  isChannel: 'not-a-channel',
  isRfc3339: 'not-a-time',
};

const codeOf = (constraints: readonly string[]): string =>
  codes[constraints.includes('isInt') ? 'isInt' : (constraints[0] ?? '')] ?? 'invalid';
