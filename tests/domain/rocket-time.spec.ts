import fc from 'fast-check';
import { isRfc3339, toUtc, utcKey, utcMillis } from '../../src/domain/rocket-time.js';
import { runs } from '../support/thorough.js';

describe('an RFC 3339 time', () => {
  it.each([
    ['2022-02-02T19:39:05.86337+01:00', '2022-02-02T18:39:05.86337Z'],
    ['2026-10-01T17:39:42.8989223+02:00', '2026-10-01T15:39:42.8989223Z'],
    ['2022-02-02T19:39:05Z', '2022-02-02T19:39:05Z'],
    ['2022-02-02t19:39:05z', '2022-02-02T19:39:05Z'],
    ['2022-02-02T19:39:05-00:00', '2022-02-02T19:39:05Z'],
    ['2022-02-02T19:39:05.0Z', '2022-02-02T19:39:05Z'],
    ['2022-02-02T19:39:05.860+01:00', '2022-02-02T18:39:05.86Z'],
    ['2022-02-02T19:39:05.000000001z', '2022-02-02T19:39:05.000000001Z'],
    ['2022-02-02T00:39:05+01:00', '2022-02-01T23:39:05Z'],
    ['2022-02-02T19:39:05+01:30', '2022-02-02T18:09:05Z'],
    ['2022-02-02T19:39:05.123456789Z', '2022-02-02T19:39:05.123456789Z'],
    ['2021-12-31T23:59:59.9-00:01', '2022-01-01T00:00:59.9Z'],
    ['2024-02-29T00:00:00+23:59', '2024-02-28T00:01:00Z'],
    ['2000-02-29T12:00:00Z', '2000-02-29T12:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['0000-12-31T23:30:00-01:00', '0001-01-01T00:30:00Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2017-01-01T00:59:60.5+01:00', '2017-01-01T00:00:00.5Z'],
    ['2015-06-30T16:59:60-07:00', '2015-07-01T00:00:00Z'],
  ])('%s is %s in UTC', (time, utc) => {
    expect(isRfc3339(time)).toBe(true);
    expect(toUtc(time)).toBe(utc);
    expect(`${utcKey(time)}Z`).toBe(utc);
    expect(utcMillis(time)).toBe(Date.parse(utc));
  });

  it('cuts decimals finer than a millisecond, also before 1970', () => {
    expect(utcMillis('1969-12-31T23:59:59.9999Z')).toBe(-1);
    expect(utcMillis('1970-01-01T00:00:00.0019Z')).toBe(1);
  });

  it('agrees with the calendar of Date on every instant of the years 1 to 9999', () => {
    const instants = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, fc.integer({ min: -1439, max: 1439 }), (instant, offset) => {
        const time = atOffset(instant, offset);
        expect(isRfc3339(time)).toBe(true);
        expect(utcMillis(time)).toBe(instant.getTime());
        expect(toUtc(time)).toBe(instant.toISOString().replace(/\.?0*Z$/, 'Z'));
      }),
      { numRuns: runs(500, 5000) },
    );
  });
});

describe('the key of a time', () => {
  const anyTime = fc
    .tuple(
      fc.date({
        min: new Date('0001-01-02T00:00:00Z'),
        max: new Date('9999-12-30T00:00:00Z'),
        noInvalidDate: true,
      }),
      fc.integer({ min: -1439, max: 1439 }),
      fc.stringMatching(/^[0-9]{0,9}$/),
    )
    .map(([instant, offset, decimals]) => {
      const whole = atOffset(new Date(Math.floor(instant.getTime() / 1000) * 1000), offset);
      return whole.slice(0, 19) + (decimals === '' ? '' : `.${decimals}`) + whole.slice(23);
    });
  const nanoseconds = (time: string): bigint => {
    const decimals = /\.(\d+)/.exec(time)?.[1] ?? '';
    const seconds = Math.floor(utcMillis(time) / 1000);
    return BigInt(seconds) * 1_000_000_000n + BigInt(decimals.padEnd(9, '0'));
  };

  it('is the same for equal instants, however they are written, and sorts as they do', () => {
    const pairs = fc.oneof(
      fc.tuple(anyTime, anyTime),
      fc.tuple(anyTime, fc.nat(5)).map(([time, last]) => [time, later(time, last)] as const),
    );
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const [a, b] = [nanoseconds(one), nanoseconds(other)];
        const [x, y] = [utcKey(one), utcKey(other)];
        expect([x < y, x === y]).toEqual([a < b, a === b]);
      }),
      { numRuns: runs(500, 5000) },
    );
  });

  /** The same moment in UTC with all nine decimals, the last of them another one. */
  const later = (time: string, last: number): string => {
    const [whole = '', decimals = ''] = utcKey(time).split('.');
    return `${whole}.${decimals.padEnd(9, '0').slice(0, 8)}${last}Z`;
  };

  it('is none of what is no time at all', () => {
    for (const text of ['', 'yesterday', '2022-02-02', 'x'.repeat(100)]) {
      expect(() => utcKey(text)).toThrow(RangeError);
    }
  });
});

describe('a text that is not RFC 3339', () => {
  it.each([
    '',
    '2022',
    '2022-02',
    '2022-02-02',
    '2022-W05-3T19:39:05Z',
    '2022-033T19:39:05Z',
    '20220202T193905Z',
    '2022-02-02T19:39:05',
    '2022-02-02T19:39Z',
    '2022-02-02T19Z',
    '2022-02-02 19:39:05Z',
    '2022-02-30T19:39:05Z',
    '2022-02-29T19:39:05Z',
    '1900-02-29T19:39:05Z',
    '2022-04-31T19:39:05Z',
    '2022-00-02T19:39:05Z',
    '2022-13-02T19:39:05Z',
    '2022-02-00T19:39:05Z',
    '2022-02-02T24:00:00Z',
    '2022-02-02T19:60:05Z',
    '2022-02-02T19:39:61Z',
    '2022-02-02T19:39:60Z',
    '2016-12-31T22:59:60Z',
    '2016-03-31T23:59:60Z',
    '2016-02-30T23:59:60Z',
    '2016-12-31T23:59:60.1234567890Z',
    '2016-12-31T23:59:60',
    '9999-12-31T23:59:60Z',
    '2022-02-02T19:39:05.Z',
    '2022-02-02T19:39:05,5Z',
    '2022-02-02T19:39:05.1234567890Z',
    '2022-02-02T19:39:05.86337',
    '2022-02-02T19:39:05+1:00',
    '2022-02-02T19:39:05+0100',
    '2022-02-02T19:39:05+01',
    '2022-02-02T19:39:05+24:00',
    '2022-02-02T19:39:05+01:60',
    '2022-02-02T19:39:05ZZ',
    ' 2022-02-02T19:39:05Z',
    '2022-02-02T19:39:05Z ',
    '2022-02-02T19:39:05Z\n',
    '+02022-02-02T19:39:05Z',
    '-2022-02-02T19:39:05Z',
    '22-02-02T19:39:05Z',
    '0000-06-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '10000-01-01T00:00:00Z',
    '٢٠٢٢-02-02T19:39:05Z',
  ])('is refused: %j', (text) => {
    expect(isRfc3339(text)).toBe(false);
    expect(utcMillis(text)).toBeNaN();
  });

  it('is what a random change of one character makes, unless another digit fits', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.constantFrom('x', ' ', '/', ':', '.', '\u0000', 'é'), (at, character) => {
        const valid = '2022-02-02T19:39:05.86337+01:00';
        if (valid[at] === character) return;
        expect(isRfc3339(valid.slice(0, at) + character + valid.slice(at + 1))).toBe(false);
      }),
    );
  });
});

const atOffset = (instant: Date, offset: number): string => {
  const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offset);
  const pad = (part: number): string => String(part).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
};
