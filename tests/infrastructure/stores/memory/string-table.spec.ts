import { StringTable } from '../../../../src/infrastructure/stores/memory/string-table.js';

describe('a string table', () => {
  it('gives every different text a number of its own', () => {
    const table = new StringTable();
    expect(['a', 'b', 'a', '', '__proto__'].map((text) => table.idOf(text))).toEqual([0, 1, 0, 2, 3]);
    expect([0, 1, 2, 3].map((id) => table.text(id))).toEqual(['a', 'b', '', '__proto__']);
    expect(table.keep('b')).toBe('b');
  });
});
