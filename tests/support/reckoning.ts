/** Arithmetic in words, as `up(messages × 36 ÷ 1,000,000 ÷ half)`: names, numbers, `+ − × ÷`, brackets, `up` and `most`. */
export const reckon = (formula: string, named: ReadonlyMap<string, number>): number =>
  new Reckoning(formula, named).all();

const TOKEN = /\s*([a-z][a-z-]*|[\d,]+(?:\.\d+)?|[+−×÷();])/y;

class Reckoning {
  private readonly tokens: string[] = [];
  private next = 0;

  constructor(
    private readonly formula: string,
    private readonly named: ReadonlyMap<string, number>,
  ) {
    const text = formula.trim();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const [, token] = TOKEN.exec(text) ?? [];
      if (token === undefined) throw new Error(`not understood: ${formula}`);
      this.tokens.push(token);
    }
  }

  all(): number {
    const value = this.sum();
    if (this.next < this.tokens.length)
      throw new Error(`${this.tokens[this.next]} is too much: ${this.formula}`);
    return value;
  }

  private sum(): number {
    let value = this.product();
    for (;;) {
      if (this.is('+')) value += this.product();
      else if (this.is('−')) value -= this.product();
      else return value;
    }
  }

  private product(): number {
    let value = this.factor();
    for (;;) {
      if (this.is('×')) value *= this.factor();
      else if (this.is('÷')) value /= this.factor();
      else return value;
    }
  }

  private factor(): number {
    const token = this.tokens[this.next++] ?? '';
    if (/^\d/.test(token)) return Number(token.replaceAll(',', ''));
    if (token === 'up') return Math.ceil(this.inBrackets()[0]!);
    if (token === 'most') return Math.max(...this.inBrackets());
    if (token === '(') {
      this.next--;
      return this.inBrackets()[0]!;
    }
    const value = this.named.get(token);
    if (value === undefined) throw new Error(`nothing is called ${token}: ${this.formula}`);
    return value;
  }

  private inBrackets(): number[] {
    this.expect('(');
    const values = [this.sum()];
    while (this.is(';')) values.push(this.sum());
    this.expect(')');
    return values;
  }

  private is(token: string): boolean {
    if (this.tokens[this.next] !== token) return false;
    this.next++;
    return true;
  }

  private expect(token: string): void {
    if (!this.is(token)) throw new Error(`${token} is missing: ${this.formula}`);
  }
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Three digits: `20.6 TB`, `86.4 M`, `0.36`; below a million what is no bytes is written out. */
export const reckoned = (value: number, unit: string): string => {
  const isBytes = unit.startsWith('B');
  if (!isBytes && Math.abs(value) < 999_500) {
    const rounded = Number(value.toPrecision(3));
    return `${rounded.toLocaleString('en', { maximumSignificantDigits: 3 })}${unit === '' ? '' : ` ${unit}`}`;
  }
  let power = 0;
  let scaled = value;
  while (Math.abs(Number(scaled.toPrecision(3))) >= 1000) {
    scaled /= 1000;
    power++;
  }
  return `${Number(scaled.toPrecision(3))} ${PREFIXES[power]}${unit}`;
};
