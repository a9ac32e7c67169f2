import fc from 'fast-check';
import { isRfc3339, utcMillis } from '../../../../src/domain/rocket-time.js';
import { TimeTable } from '../../../../src/infrastructure/stores/memory/time-table.js';
import { runs } from '../../../support/thorough.js';

const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'));

const anyTime = fc
  .tuple(
    fc.date({
      min: new Date('1969-12-30T00:00:00Z'),
      max: new Date('2106-02-08T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.constantFrom('T', 't'),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,9}$/)),
    fc.oneof(
      fc.constantFrom('Z', 'z', '-00:00'),
      fc
        .tuple(fc.constantFrom('+', '-'), two(23), two(59))
        .map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
    ),
  )
  .map(([date, separator, fraction, offset]) => {
    const text = date.toISOString();
    return text.slice(0, 10) + separator + text.slice(11, 19) + fraction + offset;
  })
  .filter(isRfc3339);

describe('the time table', () => {
  it('gives back every time as it was sent, and its instant', () => {
    const table = new TimeTable();
    fc.assert(
      fc.property(anyTime, (time) => {
        const coded = table.encode(time);
        if (coded === undefined) return;
        expect(table.decode(coded.seconds, coded.fraction, coded.style)).toBe(time);
        expect(coded.millis).toBe(utcMillis(time));
        expect(table.millis(coded.seconds, coded.fraction, coded.style)).toBe(coded.millis);
      }),
      { numRuns: runs(500, 5000) },
    );
  });

  it.each(['1970-01-01T00:00:00Z', '2106-02-07T06:28:15Z', '2024-02-29T23:59:59.999999999-23:59'])(
    'takes %s',
    (time) => {
      expect(new TimeTable().encode(time)).toMatchObject({ millis: utcMillis(time) });
    },
  );

  it.each(['1969-12-31T23:59:59Z', '2106-02-07T06:28:16Z', '2016-12-31T23:59:60Z', '0001-01-01T00:00:00Z'])(
    'leaves %s to be kept as text',
    (time) => {
      expect(new TimeTable().encode(time)).toBeUndefined();
    },
  );
});
