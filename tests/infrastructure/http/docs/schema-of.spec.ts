import 'reflect-metadata';
import { IsDefined, IsEmail, IsInt, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { channelPattern } from '../../../../src/domain/channel.js';
import { isRfc3339 } from '../../../../src/domain/rocket-time.js';
import { openApi } from '../../../../src/infrastructure/http/docs/openapi/document.js';
import {
  fieldSchema,
  fieldSchemas,
  schemaOf,
} from '../../../../src/infrastructure/http/docs/openapi/schema-of.js';
import { payloadName } from '../../../../src/infrastructure/http/docs/openapi/schemas/messages.js';
import { compileCheck } from '../../../../src/infrastructure/http/messages/compiled-check.js';
import {
  LaunchDto,
  MessageDto,
  MetadataDto,
  maxCharacters,
  messageTypes,
  nestedField,
  type Class,
} from '../../../../src/infrastructure/http/messages/message-dto.js';
import { check } from '../../../support/openapi-validator.js';

const text = { type: 'string', minLength: 1, maxLength: maxCharacters, pattern: '^[^\\u0000]*$' };
const most = Number.MAX_SAFE_INTEGER;

describe('the schema of a class', () => {
  it('says what its decorators say', () => {
    expect(schemaOf(LaunchDto)).toEqual({
      type: 'object',
      properties: {
        type: text,
        launchSpeed: { type: 'integer', minimum: 0, maximum: most },
        mission: text,
      },
      required: ['type', 'launchSpeed', 'mission'],
    });
    expect(fieldSchemas(MetadataDto)).toEqual({
      channel: { type: 'string', pattern: channelPattern.source },
      messageNumber: { type: 'integer', minimum: 1, maximum: most },
      messageTime: { type: 'string', format: 'date-time' },
      messageType: { enum: messageTypes },
    });
  });

  it('has the bounds of a field that is given others', () => {
    class Countdown {
      @IsInt() @Min(3) @Max(10) seconds!: number;
    }
    expect(fieldSchema(Countdown, 'seconds')).toEqual({ type: 'integer', minimum: 3, maximum: 10 });
  });

  it.each(messageTypes)('holds the payload that belongs to %s', (messageType) => {
    const { properties } = schemaOf(MessageDto, { metadata: { messageType } });
    const payload = nestedField(MessageDto, 'message')!.choose({ metadata: { messageType } });
    expect(properties).toEqual({ metadata: schemaOf(MetadataDto), message: schemaOf(payload) });
    expect(Object.keys(fieldSchemas(payload))).not.toEqual([]);
  });

  it('is not made of what it does not know', () => {
    class Mail {
      @IsEmail() mail!: string;
    }
    class Optional {
      @IsOptional() @IsInt() number!: number;
    }
    class Each {
      @IsInt({ each: true }) list!: number[];
    }
    class Nested {
      @IsDefined() @IsObject() @ValidateNested() nested!: Mail;
    }
    class Free {
      anything!: string;
    }
    for (const dto of [Mail, Optional, Each, Nested]) expect(() => schemaOf(dto)).toThrow(dto.name);
    expect(() => fieldSchema(Free, 'anything')).toThrow('Free.anything');
  });
});

/** The schema with every reference to a value of the document resolved, and without the words for people. */
const resolved = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(resolved);
  const fields = Object.entries(schema).filter(([name]) => name !== 'description');
  const plain = fields.map(([name, value]): [string, unknown] => [name, resolved(value)]);
  const [first] = fields;
  if (first?.[0] !== '$ref') return Object.fromEntries(plain);
  return resolved(openApi.components.schemas[String(first[1]).split('/').at(-1)!]);
};

describe('the document', () => {
  it.each(messageTypes)('demands of a payload of %s what the message format demands', (messageType) => {
    const payload = nestedField(MessageDto, 'message')!.choose({ metadata: { messageType } });
    expect(resolved(openApi.components.schemas[payloadName(messageType)])).toEqual(schemaOf(payload));
  });

  it('demands of the rest of a message what the message format demands', () => {
    const { oneOf } = openApi.components.schemas['RocketMessage'] as { oneOf: { properties: object }[] };
    const metadata = oneOf
      .map(({ properties }) => resolved(properties))
      .map((all) => (all as { metadata: object }).metadata);
    expect(metadata).toEqual(
      messageTypes.map((messageType) => {
        const { properties, ...rest } = schemaOf(MetadataDto);
        return { ...rest, properties: { ...(properties as object), messageType: { const: messageType } } };
      }),
    );
  });

  const fits = (place: readonly string[], value: unknown): boolean => {
    try {
      check(place, value);
      return true;
    } catch {
      return false;
    }
  };

  const odd = fc.oneof(
    fc.constantFrom<unknown[]>(
      '',
      'x'.repeat(256),
      'x'.repeat(257),
      '🚀'.repeat(256),
      '🚀'.repeat(257),
      'a b',
      '1',
    ),
    fc.constantFrom<unknown[]>(-1, 0, 1, 1.5, most, most + 1, null, true, [], {}),
    fc.string({ maxLength: 300 }),
    fc.integer(),
  );

  it.each<[string, Class]>(
    messageTypes.map((type) => [
      payloadName(type),
      nestedField(MessageDto, 'message')!.choose({ metadata: { messageType: type } }),
    ]),
  )('and the check agree on every %s', (name, dto) => {
    const isValid = compileCheck<object>(dto);
    const values = fc.record(
      Object.fromEntries(Object.keys(fieldSchemas(dto)).map((field) => [field, odd])),
      {
        requiredKeys: [],
      },
    );
    fc.assert(
      fc.property(values, (value) => {
        expect([value, fits(['components', 'schemas', name], value)]).toEqual([value, isValid(value)]);
      }),
      { numRuns: 200 },
    );
  });

  it('and the check agree on times, as far as a format can', () => {
    const place = ['components', 'schemas', 'Time'];
    for (const time of [
      '2026-10-01T17:39:05+02:00',
      '2026-10-01T17:39:05Z',
      '2026-10-01',
      '2026-02-30T00:00:00Z',
      'noon',
    ]) {
      expect([time, fits(place, time)]).toEqual([time, isRfc3339(time)]);
    }
  });
});
