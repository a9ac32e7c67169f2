import fc from 'fast-check';
import { InvalidInput } from '../../../../src/infrastructure/http/messages/invalid-input.js';
import { parseStrictJson } from '../../../../src/infrastructure/http/messages/strict-json.js';
import { runs } from '../../../support/thorough.js';

const refusal = (text: string): InvalidInput => {
  const answer = parseStrictJson(text);
  if (answer instanceof InvalidInput) return answer;
  throw new Error(`${text} was read as ${JSON.stringify(answer)}`);
};

const codeOf = (text: string): string | undefined => refusal(text).errors[0]?.code;

describe('a JSON text that is refused', () => {
  it.each<[code: string, texts: string[]]>([
    [
      'unexpected-end',
      [
        '',
        ' ',
        '{',
        '[',
        '{"a',
        '{"a"',
        '{"a":',
        '{"a":1',
        '{"a":1,',
        '[1',
        '[1,',
        '-',
        '1.',
        '1e',
        '1e+',
        '"',
        '[true,',
      ],
    ],
    [
      'unexpected-character',
      ['}', ']', ',', ':', '[,]', '[1,]', '[1 2]', '{"a" 1}', '{"a":1,}', '{,}', '{a:1}', "{'a':1}", '{1:1}'],
    ],
    [
      'unexpected-character',
      [
        'NaN',
        'Infinity',
        '-Infinity',
        'undefined',
        'True',
        'nul ',
        'tru}',
        '+1',
        '.5',
        '-.5',
        '0x10',
        '1_0',
        '1n',
        '#1',
      ],
    ],
    [
      'unexpected-character',
      [
        '1 2',
        '1,',
        'null x',
        '/* c */1',
        '1 // c',
        '\u00a01',
        '\ufeff1',
        '1\u2028',
        '\f1',
        '\v1',
        '1.e5',
        '1ee5',
      ],
    ],
    ['more-than-one', ['{} {}', '{}\n{}', '[]{', '1 {']],
    ['leading-zero', ['01', '-01', '00', '[00.5]']],
    ['control-character', ['"\n"', '"a\u0000"', '"\u001f"', '{"a\tb":1}']],
    [
      'invalid-escape',
      ['"\\x41"', '"\\u12"', '"\\u12G4"', '"\\u"', '"\\a"', '"\\', '"\\\n"', '"\\u 123"', '"\\u+123"'],
    ],
    ['nul-character', ['"\\u0000"', '{"\\u0000":1}']],
    [
      'lone-surrogate',
      [
        '"\\ud83d"',
        '"\\ude00"',
        '"\\ud83d\\ud83d"',
        '"\\ud83dx"',
        '"\\ud83d\\n"',
        '"\ud83d"',
        '"\ude00"',
        '"\ude00\ud83d"',
        '"\ud83d\\ude00"',
        '"\\ud83d\ude00"',
        '{"\\ude00":1}',
      ],
    ],
    [
      'duplicate-name',
      [
        '{"a":1,"a":1}',
        '{"a":1,"\\u0061":2}',
        '{"":1,"":2}',
        '{"1":1,"1":1}',
        '{"toString":1,"toString":2}',
        '[{"x":{"b":1,"b":2}}]',
      ],
    ],
    [
      'forbidden-name',
      [
        '{"__proto__":1}',
        '{"constructor":{}}',
        '{"prototype":[]}',
        '{"a":[{"__proto__":1}]}',
        '{"\\u005f_proto__":1}',
        '{"a":1,"const\\u0072uctor":1}',
      ],
    ],
    [
      'unsafe-integer',
      ['9007199254740992', '-9007199254740992', '9007199254740993', '9223372036854775808', '1'.repeat(400)],
    ],
    ['number-too-large', ['1e309', '-1e400', '1.5e999']],
    [
      'inexact-number',
      ['9007199254740990.9', '1.00000000000000000001', '1e-400', '4503599627370497.3', '0.1e-400'],
    ],
    [
      'too-deep',
      [
        '[[[[[[[[[]]]]]]]]]',
        '{"a":'.repeat(9) + '1' + '}'.repeat(9),
        '['.repeat(40_000) + ']'.repeat(40_000),
        '['.repeat(40_000),
      ],
    ],
  ])('%s: %j', (code, texts) => {
    for (const text of texts) expect([text.slice(0, 60), codeOf(text)]).toEqual([text.slice(0, 60), code]);
  });

  it.each([
    ['{"a":{"b/c":[0,{"~":tru}]}}', '/a/b~1c/1/~0', 20],
    ['{"a":1,"b":[1,01]}', '/b/1', 14],
    ['{"a":{"x":1},"b":{"y":1,"y":2}}', '/b/y', 27],
    ['[1,[2],"\\u0000"]', '/2', 8],
    ['{"a":1}x', '', 7],
  ])('says where: %s at %s', (text, pointer, offset) => {
    const { code, message, errors } = refusal(text);
    expect(code).toMatch(/^(malformed|ambiguous)-json$/);
    expect(errors).toEqual([{ pointer, code: expect.any(String), message }]);
    expect(message).toMatch(new RegExp(`, at offset ${offset}\\.$`));
  });
});

describe('what is wrong with a JSON text', () => {
  it.each([
    ['malformed-json', ['', '{', '{"a":01}', '{"a":1}x', '"\u0001"', '"\\x"']],
    [
      'ambiguous-json',
      ['{"a":1,"a":2}', '{"__proto__":1}', '"\\u0000"', '"\\ud800"', '9007199254740993', '1e999'],
    ],
  ])('is that it is no JSON, or that programs read it differently: %s', (code, texts) => {
    for (const text of texts) expect([text, refusal(text).code]).toEqual([text, code]);
  });
});

describe('a JSON text that is accepted', () => {
  it.each([
    ['[[[[[[[[]]]]]]]]', [[[[[[[[]]]]]]]]],
    [' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n', { a: [1, 2], b: {} }],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"', '"\\/\b\f\n\r\té😀'],
    ['"é😀\uffff\ue000"', 'é😀\uffff\ue000'],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['[1.0,1e0,10e-1,0.5e1,120e-1,0e5,0.0,-0.0,-0,1.5,1E+2]', [1, 1, 1, 5, 12, 0, 0, 0, 0, 1.5, 100]],
    ['1e300', 1e300],
    [
      '{"toString":1,"then":2,"toJSON":3,"hasOwnProperty":4,"":5}',
      { toString: 1, then: 2, toJSON: 3, hasOwnProperty: 4, '': 5 },
    ],
  ])('%j', (text, value) => {
    expect(parseStrictJson(text)).toEqual(value);
  });

  it('may hold thousands of names', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`name${index}`, index]));
    expect(parseStrictJson(JSON.stringify(many))).toEqual(many);
  });
});

describe('the reader', () => {
  const words = ['metadata', 'message', 'messageTime', 'messageType', 'by', 'type', 'a'];
  const read = (text: string): unknown => {
    const answer = parseStrictJson(text);
    return answer instanceof InvalidInput ? { code: answer.errors[0]?.code } : { value: answer };
  };
  const parse = (text: string): unknown => {
    try {
      return { value: JSON.parse(text, (_, value: unknown) => (value === 0 ? 0 : value)) as unknown };
    } catch {
      return undefined;
    }
  };
  /** What our strictness refuses although it is JSON. */
  const strictCodes = [
    'nul-character',
    'lone-surrogate',
    'duplicate-name',
    'forbidden-name',
    'unsafe-integer',
    'number-too-large',
    'inexact-number',
    'too-deep',
  ];
  const agree = (text: string): void => {
    const ours = read(text);
    const theirs = parse(text);
    const { code } = ours as { code?: string };
    if (code === undefined) expect([text, ours]).toEqual([text, theirs]);
    else if (theirs !== undefined)
      expect([text, strictCodes]).toEqual([text, expect.arrayContaining([code])]);
  };

  const key = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12, unit: 'grapheme' }));
  const tidy = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...words),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
    ),
  })).value;

  it('agrees with JSON.parse on what JSON.stringify writes, however it is indented', () => {
    fc.assert(
      fc.property(tidy, fc.constantFrom('', ' ', '\t', '\n  '), (value, indent) =>
        agree(JSON.stringify(value, null, indent)),
      ),
      { numRuns: runs(1000, 20_000) },
    );
  });

  it('agrees with JSON.parse on texts with a few characters changed', () => {
    const edit = fc.tuple(
      fc.nat(400),
      fc.nat(2),
      fc.constantFrom(
        '',
        '"',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '0',
        '1',
        '.',
        'e',
        '-',
        ' ',
        '\n',
        '\u0000',
        'u',
        't',
        'é',
        '\ud83d',
      ),
    );
    fc.assert(
      fc.property(tidy, fc.array(edit, { minLength: 1, maxLength: 3 }), (value, edits) => {
        let text = JSON.stringify({ message: value, by: value });
        for (const [at, removed, added] of edits) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + added + text.slice(place + removed);
        }
        agree(text);
      }),
      { numRuns: runs(2000, 50_000) },
    );
  });

  it('agrees with JSON.parse on random sequences of tokens', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"by"',
      '"type"',
      '"x"',
      '""',
      '1',
      '-0',
      '0.10',
      '1e5',
      '12E-1',
      'true',
      'false',
      'null',
      ' ',
      '\n',
      '"\\u0061"',
      '"\\ud83d\\ude00"',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), (tokens) => agree(tokens.join(''))),
      { numRuns: runs(2000, 50_000) },
    );
  });
});
