import 'reflect-metadata';
import {
  IsDefined,
  IsEmail,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import fc from 'fast-check';
import { compileCheck } from '../../../../src/infrastructure/http/messages/compiled-check.js';
import { violations } from '../../../../src/infrastructure/http/messages/explain-refusal.js';
import { MessageDto, messageTypes } from '../../../../src/infrastructure/http/messages/message-dto.js';
import { runs } from '../../../support/thorough.js';

const isMessage = compileCheck(MessageDto);

/** What is in or near the range of every field. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    ...[
      undefined,
      null,
      true,
      '',
      ' ',
      0,
      -1,
      1,
      1.5,
      2 ** 53 - 1,
      2 ** 53,
      -(2 ** 53),
      1e300,
      NaN,
      Infinity,
      [],
      {},
      [[]],
      [{}],
    ],
    ...[
      'a',
      'x'.repeat(256),
      'x'.repeat(257),
      '😀'.repeat(256),
      '😀'.repeat(257),
      '\ufe0f'.repeat(300),
      'a b',
      '5',
    ],
    ...[
      'c'.repeat(128),
      'c'.repeat(129),
      'a:b.c_d-e',
      'é',
      'toString',
      'constructor',
      ...messageTypes,
      'MissionChanged',
    ],
    ...['2022-02-02T19:39:05Z', '2022-02-30T19:39:05Z', '2022-02-02', '2022-02-02T19:39:05.123456789+01:00'],
  ),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.object({ maxDepth: 1 }),
);

const payload = fc.oneof(
  fc.record({
    type: fc.string({ minLength: 1 }),
    launchSpeed: fc.maxSafeNat(),
    mission: fc.string({ minLength: 1 }),
  }),
  fc.record({ by: fc.maxSafeNat() }),
  fc.record({ newMission: fc.string({ minLength: 1 }) }),
  fc.record({ reason: fc.string({ minLength: 1 }) }),
);

const message = fc.record({
  metadata: fc.record({
    channel: fc.uuid(),
    messageNumber: fc.maxSafeNat(),
    messageTime: fc.constant('2022-02-02T19:39:05.86337+01:00'),
    messageType: fc.constantFrom(...messageTypes),
  }),
  message: payload,
});

const fields = [
  'metadata',
  'message',
  'channel',
  'messageNumber',
  'messageTime',
  'messageType',
  'type',
  'launchSpeed',
  'mission',
  'by',
  'newMission',
  'reason',
  'extra',
];
const change = fc.record({
  inside: fc.constantFrom('', 'metadata', 'message'),
  field: fc.constantFrom(...fields),
  to: value,
});

const changed = (
  original: object,
  changes: readonly { inside: string; field: string; to: unknown }[],
): object => {
  const copy = structuredClone(original) as Record<string, unknown>;
  for (const { inside, field, to } of changes) {
    const parent = inside === '' ? copy : copy[inside];
    if (typeof parent === 'object' && parent !== null) (parent as Record<string, unknown>)[field] = to;
  }
  return copy;
};

describe('the compiled check', () => {
  it('agrees with class-validator on every message, well formed or not', () => {
    const seen = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(message, fc.array(change, { maxLength: 3 }), (original, changes) => {
        const sent = changed(original, changes);
        const valid = violations(sent).length === 0;
        seen[valid ? 'valid' : 'invalid']++;
        expect([sent, isMessage(sent)]).toEqual([sent, valid]);
      }),
      { numRuns: runs(2000, 50_000) },
    );
    expect(seen.valid).toBeGreaterThan(80);
    expect(seen.invalid).toBeGreaterThan(400);
  });

  it('agrees with class-validator on each field alone with each odd value', () => {
    const [sample] = fc.sample(message, { numRuns: 1, seed: 1 });
    for (const to of fc.sample(value, { numRuns: 300, seed: 2 })) {
      for (const inside of ['', 'metadata', 'message']) {
        for (const field of fields) {
          const sent = changed(sample!, [{ inside, field, to }]);
          expect([sent, isMessage(sent)]).toEqual([sent, violations(sent).length === 0]);
        }
      }
    }
  });

  it.each([undefined, null, 1, 'text', true, [], [[]]])('refuses %j', (sent) => {
    expect(isMessage(sent)).toBe(false);
  });

  it('refuses at start what it cannot compile', () => {
    class Mail {
      @IsEmail() mail!: string;
    }
    class Optional {
      @IsOptional() @IsInt() number!: number;
    }
    class Conditional {
      @ValidateIf(() => false) @IsInt() number!: number;
    }
    class Each {
      @IsString({ each: true }) list!: string[];
    }
    class Grouped {
      @Min(1, { groups: ['some'] }) number!: number;
    }
    class Nested {
      @IsDefined() @IsObject() @ValidateNested() nested!: Mail;
    }
    for (const dto of [Mail, Optional, Conditional, Each, Grouped, Nested]) {
      expect(() => compileCheck<object>(dto)).toThrow(dto.name);
    }
  });
});
