/** A hash over everything that happened, in order: two runs of one seed end in the same one. */
export class Trace {
  private low = 0x811c9dc5;
  private high = 0xcbf29ce4;
  /** Also kept as text, when a person is to read it. */
  readonly lines: string[] = [];

  constructor(private readonly verbose: boolean) {}

  add(what: string, number: number): void {
    for (let i = 0; i < what.length; i++) this.mix(what.charCodeAt(i));
    this.mix(number);
    if (this.verbose) this.lines.push(`${what} ${number}`);
  }

  get hash(): string {
    return hex(this.high) + hex(this.low);
  }

  private mix(value: number): void {
    this.low = Math.imul(this.low ^ value, 0x01000193);
    this.high = Math.imul((this.high ^ value) + (this.low >>> 15), 0x85ebca6b);
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
