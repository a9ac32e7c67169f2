/**
 * The driver ends a text at its first NUL, so that and its escape are stored as two characters each, in an order
 * that sorts as before. Events need none of this: JSON escapes what they hold.
 */
export const storable = <T extends string | null>(text: T): T =>
  text !== null && (text.includes(nul) || text.includes(mark))
    ? (text.replaceAll(mark, mark + two).replaceAll(nul, mark + mark) as T)
    : text;

export const restored = <T extends string | null>(text: T): T =>
  text?.includes(mark) === true
    ? (text.replaceAll(mark + mark, nul).replaceAll(mark + two, mark) as T)
    : text;

const [nul, mark, two] = ['\u0000', '\u0001', '\u0002'] as const;
