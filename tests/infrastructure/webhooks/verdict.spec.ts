import { printable, verdict } from '../../../src/infrastructure/webhooks/verdict.js';
import { noonMillis } from '../../support/builders.js';

const said = (status: number, headers: object = {}, text = '') =>
  verdict({ status, headers: headers as Record<string, string>, text }, noonMillis);

describe('what an answer means', () => {
  it.each<[string, ...number[]]>([
    ['yes', 200, 201, 202, 204, 299],
    ['gone', 410],
    ['again', 408, 425, 429, 500, 502, 503, 504, 599],
    ['again', 300, 301, 302, 303, 304, 307, 308],
    ['no', 400, 401, 403, 404, 405, 409, 413, 415, 422, 451],
  ])('is %s', (kind, ...statuses) => {
    expect(statuses.map((status) => said(status).kind)).toEqual(statuses.map(() => kind));
  });

  it('is told with the status and the beginning of what was said', () => {
    expect(said(422, {}, 'no rockets here')).toEqual({
      kind: 'no',
      what: '422 Unprocessable Entity: no rockets here',
    });
    expect(said(410)).toEqual({ kind: 'gone', what: '410 Gone' });
    expect(said(599)).toEqual({ kind: 'again', what: '599' });
  });

  it('of a receiver that has moved names where it leads, which nobody follows', () => {
    expect(said(301, { location: 'http://169.254.169.254/latest' })).toEqual({
      kind: 'again',
      what: '301 Moved Permanently; redirects are not followed (it leads to http://169.254.169.254/latest): give the subscription the address that is right.',
    });
  });

  it.each([
    ['5', 5000],
    ['0', 0],
    ['Thu, 01 Oct 2026 12:01:00 GMT', 60_000],
    ['Thursday, 01-Oct-26 12:01:00 GMT', 60_000],
    ['Thu, 01 Oct 2026 11:00:00 GMT', 0],
    ['99999999999999999999', 86_400_000],
    ['Thu, 01 Oct 2096 12:00:00 GMT', 86_400_000],
  ])('waits as it is told by Retry-After: %s', (text, afterMs) => {
    for (const status of [429, 503, 500, 413, 302]) {
      expect(said(status, { 'retry-after': text })).toMatchObject({ kind: 'again', afterMs });
    }
  });

  it.each(['', '-1', '1.5', '1e3', '0x10', 'soon', '2026-10-01', 'Thu, 99 Foo 2026'])(
    'waits by itself where Retry-After is %j',
    (text) => {
      expect(said(503, { 'retry-after': text })).toEqual({ kind: 'again', what: '503 Service Unavailable' });
      expect(said(400, { 'retry-after': text }).kind).toBe('no');
    },
  );

  it('is what it is, whatever a yes or a farewell has in its headers', () => {
    expect(said(200, { 'retry-after': '5' })).toEqual({ kind: 'yes' });
    expect(said(410, { 'retry-after': '5' })).toEqual({ kind: 'gone', what: '410 Gone' });
  });
});

describe('what others wrote', () => {
  it('is one line of plain text', () => {
    expect(printable('a\r\n\tb\u0000\u001b[31mc\u202ed\u200be\ufeff \ud800')).toBe('a b [31mc d e');
    expect(printable('Ж\ud83d\ude80 é')).toBe('Ж\ud83d\ude80 é');
  });

  it('is cut, between characters', () => {
    expect(printable('\ud83d\ude80'.repeat(1000))).toBe(`${'\ud83d\ude80'.repeat(200)}…`);
    expect(printable('a'.repeat(200))).toBe('a'.repeat(200));
  });
});
