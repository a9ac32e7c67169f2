import { readTraceparent } from '../../../src/infrastructure/observability/traceparent.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it.each([
    ['01', true],
    ['00', false],
    ['03', true],
    ['fe', false],
  ])('with the flags %s says whether it is recorded: %s', (flags, isSampled) => {
    expect(readTraceparent(`00-${traceId}-${spanId}-${flags}`)).toEqual({ traceId, spanId, isSampled });
  });

  it('of a later version may say more', () => {
    const expected = { traceId, spanId, isSampled: true };
    expect(readTraceparent(`01-${traceId}-${spanId}-01-more`)).toEqual(expected);
    expect(readTraceparent(`cc-${traceId}-${spanId}-01`)).toEqual(expected);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}x-${spanId}-01`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-0g`,
  ])('that makes no sense is none: %s', (header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });
});
