import { makeApiKey, readApiKey } from '../../../src/infrastructure/auth/api-key.js';
import { ApiKeys } from '../../../src/infrastructure/auth/api-keys.js';
import { Refusal } from '../../../src/infrastructure/auth/caller.js';
import { keysText, readKeys, UnreadableKeys } from '../../../src/infrastructure/auth/key-record.js';
import { testKey } from '../../support/api-keys.js';

describe('an API key', () => {
  it('is made by chance, and reads as what it is', () => {
    const keys = Array.from({ length: 100 }, makeApiKey);
    expect(new Set(keys.map(({ text }) => text)).size).toBe(100);
    for (const { id, text } of keys) {
      expect(text).toMatch(/^rk_[0-9a-zA-Z]{8}_[0-9a-zA-Z]{38}$/);
      expect(readApiKey(text)).toEqual({ id, text });
    }
  });

  it('with any letter changed or lost is none', () => {
    const { text } = makeApiKey();
    for (let i = 0; i < text.length; i++) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(readApiKey(text.slice(0, i) + other + text.slice(i + 1))).toBeUndefined();
      expect(readApiKey(text.slice(0, i) + text.slice(i + 1))).toBeUndefined();
    }
    expect(readApiKey(`${text} `)).toBeUndefined();
  });
});

describe('the keys there are', () => {
  const radio = testKey('radio', { scopes: ['ingest'], channels: ['a'], until: '2030-01-01T00:00:00Z' });

  it('know a caller by what is kept of his key', () => {
    expect(new ApiKeys([radio.record]).callerOf(radio.text)).toEqual({
      name: 'radio',
      scopes: new Set(['ingest']),
      channels: new Set(['a']),
      until: Date.parse('2030-01-01T00:00:00Z'),
      key: radio.record,
    });
    expect(JSON.stringify(radio.record)).not.toContain(radio.text.slice(12));
  });

  it.each([
    ['one that is incomplete', radio.text.slice(0, -1), 'copied badly'],
    ['one that was never made here', makeApiKey().text, 'not known'],
    ['one that is no key', 'secret', 'copied badly'],
  ])('refuse %s', (_what, text, why) => {
    const refusal = new ApiKeys([radio.record]).callerOf(text);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ why: expect.stringContaining(why) as string });
  });

  it('refuse a right id with a wrong secret', () => {
    const other = testKey('other');
    const mixed = { ...radio.record, hash: other.record.hash };
    expect(new ApiKeys([mixed]).callerOf(radio.text)).toMatchObject({
      why: expect.stringContaining('not known') as string,
    });
  });

  it('refuse one that was revoked, and say so', () => {
    const revoked = { ...radio.record, revokedAt: '2026-01-01T00:00:00Z' };
    expect(new ApiKeys([revoked]).callerOf(radio.text)).toMatchObject({
      why: 'The API key radio was revoked at 2026-01-01T00:00:00Z.',
    });
  });

  it('take whatever time the file may have as the end', () => {
    const key = testKey('leap', { until: '2030-12-31T23:59:60Z' });
    expect(new ApiKeys([key.record]).callerOf(key.text)).toMatchObject({
      until: Date.parse('2031-01-01T00:00:00Z'),
    });
  });

  it('know again whose key stayed as it was when they are replaced', () => {
    const other = testKey('other');
    const keys = new ApiKeys([radio.record, other.record]);
    keys.replace([{ ...radio.record }, { ...other.record, scopes: ['read'] }]);
    expect([keys.holds(radio.record), keys.holds(other.record)]).toEqual([true, false]);
    keys.replace([other.record]);
    expect(keys.holds(radio.record)).toBe(false);
  });
});

describe('a file of keys', () => {
  const record = testKey('radio').record;

  it('reads as it was written', () => {
    const limited = {
      ...record,
      channels: ['a'],
      until: '2030-01-01T00:00:00Z',
      createdAt: '2026-01-01T00:00:00Z',
    };
    expect(readKeys(keysText([limited]))).toEqual([limited]);
  });

  it('takes a UUID in any case for the same rocket', () => {
    const channels = ['193270A9-C9CF-404A-8F83-838E71D9AE67'];
    expect(readKeys(keysText([{ ...record, channels }]))[0]?.channels).toEqual([channels[0]!.toLowerCase()]);
  });

  it.each([
    ['[]', 'It must be JSON as'],
    ['{', 'It is not JSON'],
    [JSON.stringify({ keys: [1] }), 'Key number 1'],
    [JSON.stringify({ keys: [{ ...record, name: '' }] }), 'Key number 1: name must'],
    [JSON.stringify({ keys: [{ ...record, name: 'a\nb' }] }), 'name must'],
    [JSON.stringify({ keys: [{ ...record, id: '../../x' }] }), 'Key radio: id must'],
    [JSON.stringify({ keys: [{ ...record, hash: 'abc' }] }), 'hash must'],
    [
      JSON.stringify({ keys: [{ ...record, scopes: ['admin'] }] }),
      'scopes must be some of ingest, read, operate',
    ],
    [JSON.stringify({ keys: [{ ...record, scopes: [] }] }), 'scopes must'],
    [JSON.stringify({ keys: [{ ...record, scopes: 'read' }] }), 'scopes must'],
    [JSON.stringify({ keys: [{ ...record, channels: [] }] }), 'channels must'],
    [JSON.stringify({ keys: [{ ...record, channels: ['a b'] }] }), 'channels must'],
    [JSON.stringify({ keys: [{ ...record, channels: 'a' }] }), 'channels must'],
    [JSON.stringify({ keys: [{ ...record, until: 'soon' }] }), 'until must be a time'],
    [JSON.stringify({ keys: [{ ...record, expires: '2030-01-01T00:00:00Z' }] }), 'expires'],
    [JSON.stringify({ keys: [record, { ...record, name: 'other' }] }), 'Two keys have the id'],
    [JSON.stringify({ keys: [record, { ...record, id: 'otherkey' }] }), 'Two keys have the name radio'],
  ])('%s is refused', (text, why) => {
    expect(() => readKeys(text)).toThrow(UnreadableKeys);
    expect(() => readKeys(text)).toThrow(why);
  });
});
