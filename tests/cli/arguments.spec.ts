import {
  readDuration,
  readInteger,
  readMessagesUrl,
  readPace,
  readServiceUrl,
  readShare,
  readWindow,
  serviceOf,
} from '../../src/cli/arguments.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['0', 0],
    ['1.5s', 1500],
    ['.5s', 500],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['1h0m0.5s', 3_600_500],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['100ns', 1e-4],
    ['+1s', 1000],
  ])('of %s is %d milliseconds, as in Go', (text, ms) => expect(readDuration(text)).toBeCloseTo(ms, 9));

  it.each(['', '500', '5 s', '-1s', 's', '1d', '1s2', 'ms500', '1..5s'])('is not "%s"', (text) =>
    expect(() => readDuration(text)).toThrow(/duration/),
  );
});

describe('other values', () => {
  it('reads shares as fractions and percentages', () => {
    expect([readShare('0.05'), readShare('5%'), readShare('1'), readShare('.2')]).toEqual([
      0.05, 0.05, 1, 0.2,
    ]);
    for (const text of ['1.1', '-0.1', '101%', 'half', '']) expect(() => readShare(text)).toThrow(/share/);
  });

  it('reads a pace with and without its unit', () => {
    expect([readPace('5000'), readPace('0.5/s')]).toEqual([5000, 0.5]);
    for (const text of ['0', '5/m', '']) expect(() => readPace(text)).toThrow(/per second/);
  });

  it('reads windows', () => {
    expect([readWindow('all'), readWindow('100'), readWindow('none')]).toEqual([Infinity, 100, 0]);
  });

  it('keeps integers within their bounds', () => {
    expect(readInteger(1)('3')).toBe(3);
    for (const text of ['0', '1.5', '1e3', '-1', '']) expect(() => readInteger(1)(text)).toThrow(/integer/);
  });
});

describe('the URL', () => {
  it.each([
    ['http://localhost:8088/messages', 'http://localhost:8088/messages'],
    ['http://localhost:8088', 'http://localhost:8088/messages'],
    ['localhost:8088/', 'http://localhost:8088/messages'],
    ['https://rockets.example/api/messages?x=1', 'https://rockets.example/api/messages?x=1'],
  ])('%s is posted to at %s', (text, url) => expect(readMessagesUrl(text).href).toBe(url));

  it.each([
    ['http://localhost:8088/messages', 'http://localhost:8088/'],
    ['localhost:8088', 'http://localhost:8088/'],
    ['https://rockets.example/api', 'https://rockets.example/api/'],
  ])('%s names the service at %s', (text, url) => expect(readServiceUrl(text).href).toBe(url));

  it('leads from the messages to the service', () =>
    expect(serviceOf(new URL('http://h/api/messages?x=1')).href).toBe('http://h/api/'));

  it('must be one of the web', () => expect(() => readMessagesUrl('ftp://h/')).toThrow(/URL/));
});
