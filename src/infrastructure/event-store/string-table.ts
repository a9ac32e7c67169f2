/**
 * A copy that shares no memory with anything. V8 makes a long substring a view of the text it was cut from: to keep
 * one time is to keep the 64 KB of the request it came in.
 */
export const flatCopy = (text: string): string =>
  // Too short to be a view. Otherwise joined, which a view of the result makes V8 do in memory of its own: a third of the
  // cost of the way through a buffer, and every time goes this way (measured).
  text.length < 13 ? text : ` ${text}`.slice(1);

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
