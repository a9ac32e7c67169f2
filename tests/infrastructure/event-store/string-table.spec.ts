import fc from 'fast-check';
import { StringTable, flatCopy } from '../../../src/infrastructure/event-store/string-table.js';

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }));

describe('a flat copy', () => {
  it('equals its original', () => {
    fc.assert(fc.property(anyText, (text) => expect(flatCopy(text)).toBe(text)));
  });

  it.each(['\ud83d'.repeat(20), 'ÿ'.repeat(64), 'Ā'.repeat(64), 'x'.repeat(65)])('equals %j', (text) => {
    expect(flatCopy(text)).toBe(text);
  });
});

describe('a string table', () => {
  it('gives every different text a number of its own', () => {
    const table = new StringTable();
    expect(['a', 'b', 'a', '', '__proto__'].map((text) => table.idOf(text))).toEqual([0, 1, 0, 2, 3]);
    expect([0, 1, 2, 3].map((id) => table.text(id))).toEqual(['a', 'b', '', '__proto__']);
    expect(table.keep('b')).toBe('b');
  });
});
