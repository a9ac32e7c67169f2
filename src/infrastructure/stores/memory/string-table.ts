import { flatCopy } from '../own-copies.js';

/** Every different text once, under a small number. Missions and reasons repeat; nothing is ever forgotten. */
export class StringTable {
  private readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();
  /** Of all texts. */
  characters = 0;

  idOf(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const own = flatCopy(text);
    this.characters += own.length;
    this.ids.set(own, this.texts.length);
    return this.texts.push(own) - 1;
  }

  get size(): number {
    return this.texts.length;
  }

  text(id: number): string {
    return this.texts[id]!;
  }

  /** The copy that may be kept for long. */
  keep(text: string): string {
    return this.text(this.idOf(text));
  }
}
