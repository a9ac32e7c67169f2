/**
 * The one order of text, in every store and every answer: that of the bytes of UTF-8, which is the order of code points
 * (SQLite's BINARY, PostgreSQL's `COLLATE "C"`). JavaScript's own compares UTF-16 units, and puts what takes two of them
 * before U+E000.
 */
export const compareText = (one: string, other: string): number => {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const a = one.charCodeAt(i);
    const b = other.charCodeAt(i);
    if (a === b) continue;
    return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1;
  }
  return one.length - other.length;
};

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** The text with A to Z in lower case and nothing else changed, as SQL's `lower` does in the "C" locale. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
