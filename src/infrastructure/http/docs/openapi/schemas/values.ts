import { LaunchDto, MetadataDto } from '../../../messages/message-dto.js';
import { ref, type Schema } from '../model.js';
import { fieldSchema } from '../schema-of.js';

const channel = fieldSchema(MetadataDto, 'channel');
const number = fieldSchema(MetadataDto, 'messageNumber');
const time = fieldSchema(MetadataDto, 'messageTime');
const text = fieldSchema(LaunchDto, 'mission');
const amount = fieldSchema(LaunchDto, 'launchSpeed');

/** The values that every other schema is made of; those that rockets send are what the message format says. */
export const valueSchemas: Readonly<Record<string, Schema>> = {
  Channel: {
    ...channel,
    description:
      'The radio channel of a rocket, which is the id of the rocket: usually a UUID of any version (read without regard to letter case, kept in lower case), otherwise 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.',
  },
  MessageNumber: {
    ...number,
    description: 'Counts the messages of one channel: 1, 2, 3 … It alone decides order and identity.',
  },
  Text: text,
  Amount: amount,
  Time: { ...time, description: 'RFC 3339 with offset, kept exactly as sent.' },
  UtcTime: { ...time, pattern: 'Z$', description: 'RFC 3339 in UTC.' },
  Position: {
    type: 'string',
    pattern: '^[a-z0-9]+-[0-9]+([.][0-9]+)?$',
    description:
      'Where an event stands in the feed of all rockets. Opaque: keep it and hand it back. It belongs to the store that gave it, and to its present history: one that was restored from a copy begins another.',
  },
};

const names = new Map(
  Object.entries({ Channel: channel, MessageNumber: number, Text: text, Amount: amount, Time: time }).map(
    ([name, schema]) => [JSON.stringify(schema), name],
  ),
);

/** A schema by its name in the document, when it has one. */
export const named = (schema: Schema): Schema => {
  const name = names.get(JSON.stringify(schema));
  return name === undefined ? schema : ref(name);
};
