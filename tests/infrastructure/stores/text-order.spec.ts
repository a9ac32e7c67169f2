import fc from 'fast-check';
import { compareText, lowerAscii } from '../../../src/infrastructure/stores/text-order.js';
import { runs } from '../../support/thorough.js';

/** Whole characters of every length in UTF-8, many of them next to each other in one order and not in the other. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '',
        'A',
        'a',
        '\u007f',
        '\u0080',
        'é',
        '\ud7ff',
        '\ue000',
        '\uffff',
        '🚀',
        '\u{10000}',
        '\u{10ffff}',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

describe('the order of text', () => {
  it('is that of the bytes of UTF-8', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(Math.sign(compareText(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
      }),
      { numRuns: runs(500, 10_000) },
    );
  });

  it('puts what takes two units of UTF-16 behind all that takes one', () => {
    const sorted = ['', 'A', 'a', 'a\uffff', 'a🚀', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '🚀'];
    expect([...sorted].reverse().sort(compareText)).toEqual(sorted);
  });
});

describe('text in lower case', () => {
  it('has other letters A to Z, and nothing else', () => {
    expect(lowerAscii('Falcon-9 HEAVY ÄÖ İ ẞ Σ \u212a 🚀')).toBe('falcon-9 heavy ÄÖ İ ẞ Σ \u212a 🚀');
  });
});
