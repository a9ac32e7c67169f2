import type { Schema } from '../model.js';

const greatestNumber = Number.MAX_SAFE_INTEGER;

/** The values that every other schema is made of. */
export const valueSchemas: Readonly<Record<string, Schema>> = {
  Channel: {
    type: 'string',
    pattern: '^[A-Za-z0-9._:-]{1,128}$',
    description:
      'The radio channel of a rocket, which is the id of the rocket: usually a UUID of any version (read without regard to letter case, kept in lower case), otherwise 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.',
  },
  MessageNumber: {
    type: 'integer',
    minimum: 1,
    maximum: greatestNumber,
    description: 'Counts the messages of one channel: 1, 2, 3 … It alone decides order and identity.',
  },
  Text: { type: 'string', minLength: 1, maxLength: 256 },
  Amount: { type: 'integer', minimum: 0, maximum: greatestNumber },
  Time: {
    type: 'string',
    format: 'date-time',
    description: 'RFC 3339 with offset, kept exactly as sent.',
  },
  UtcTime: { type: 'string', format: 'date-time', pattern: 'Z$', description: 'RFC 3339 in UTC.' },
  Position: {
    type: 'string',
    pattern: '^[a-z0-9]+-[0-9]+$',
    description:
      'Where an event stands in the feed of all rockets. Opaque: keep it and hand it back. It belongs to the store that gave it.',
  },
};
