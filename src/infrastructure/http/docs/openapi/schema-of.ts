import { channelPattern } from '../../../../domain/channel.js';
import { rulesOf, unknownRule, type RuleMetadata } from '../../messages/compiled-check.js';
import { maxCharacters, nestedField, type Class } from '../../messages/message-dto.js';
import { openRecord, type Schema } from './model.js';

/**
 * What the decorators of a class demand, as a JSON schema. Knows the same decorators as the compiled check and throws for
 * any other. Where the class of a nested field depends on other fields, `like` is an object that has them.
 */
export const schemaOf = (dto: Class, like: object = {}): Schema => openRecord(fieldSchemas(dto, like));

/** The same, field by field. */
export const fieldSchemas = (dto: Class, like: object = {}): Readonly<Record<string, Schema>> =>
  Object.fromEntries(
    rulesOf(dto).map(([name, rules]) => {
      const nested = nestedField(dto, name);
      return [name, nested === undefined ? ruleSchema(dto, rules) : schemaOf(nested.choose(like))];
    }),
  );

/** Of one field. */
export const fieldSchema = <T extends object>(dto: Class<T>, field: keyof T & string): Schema => {
  const schema = fieldSchemas(dto)[field];
  if (schema === undefined) throw new Error(`${dto.name}.${field} has no rules.`);
  return schema;
};

const ruleSchema = (dto: Class, all: readonly RuleMetadata[]): Schema =>
  Object.assign(
    {},
    ...all.map((metadata) => {
      const { name = '', constraints = [] } = metadata;
      const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      if (schema === undefined) throw unknownRule(dto, metadata);
      return schema(constraints);
    }),
  ) as Schema;

/** The one character that no text here may have, in a body or in a query. */
export const withoutNul: Schema = { pattern: '^[^\\u0000]*$' };

const schemas: Readonly<Record<string, (constraints: readonly unknown[]) => Schema>> = {
  isInt: () => ({ type: 'integer' }),
  min: ([minimum]) => ({ minimum }),
  max: ([maximum]) => ({ maximum }),
  isIn: ([values]) => ({ enum: values }),
  isText: () => ({ type: 'string', minLength: 1, maxLength: maxCharacters, ...withoutNul }),
  isChannel: () => ({ type: 'string', pattern: channelPattern.source }),
  isRfc3339: () => ({ type: 'string', format: 'date-time' }),
};
