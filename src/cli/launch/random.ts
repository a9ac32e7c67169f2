/** Numbers that look random and are the same on every machine for the same seeds (sfc32 by Chris Doty-Humphrey). */
export class Random {
  private readonly state = new Uint32Array(4);

  /** Several seeds make independent streams: one per rocket, one per purpose. */
  constructor(...seeds: readonly number[]) {
    let mixed = 0x9e3779b9;
    for (const seed of seeds) {
      mixed = scramble(mixed ^ (seed >>> 0));
      mixed = scramble(mixed + Math.floor(seed / 2 ** 32));
    }
    this.state.set([mixed, scramble(mixed + 1), scramble(mixed + 2), 1]);
    for (let round = 0; round < 12; round++) this.next();
  }

  /** An integer from 0 to 2³² − 1. */
  next(): number {
    const s = this.state;
    const result = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3]!++;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + result;
    return result;
  }

  below(bound: number): number {
    return Math.floor((this.next() / 2 ** 32) * bound);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(share: number): boolean {
    return this.next() / 2 ** 32 < share;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('There is nothing to pick from.');
    return choice;
  }
}

const scramble = (value: number): number => {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};
