/**
 * A copy that shares no memory with anything. V8 makes a long substring a view of the text it was cut from: to keep
 * one time is to keep the 64 KB of the request it came in.
 */
export const flatCopy = (text: string): string => {
  // Too short to be a view.
  if (text.length < 13) return text;
  if (text.length <= scratch.length && isLatin1(text)) {
    // Twice as fast as the way through JSON, and every time goes this way.
    return scratch.toString('latin1', 0, scratch.write(text, 'latin1'));
  }
  // Exact for every string, unpaired surrogates included.
  return JSON.parse(JSON.stringify(text)) as string;
};

const scratch = Buffer.allocUnsafe(64);

const isLatin1 = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
};

/** Every different text once, under a small number. Missions and reasons repeat; nothing is ever forgotten. */
export class StringTable {
  private readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();

  idOf(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const own = flatCopy(text);
    this.ids.set(own, this.texts.length);
    return this.texts.push(own) - 1;
  }

  text(id: number): string {
    return this.texts[id]!;
  }

  /** The copy that may be kept for long. */
  keep(text: string): string {
    return this.text(this.idOf(text));
  }
}
