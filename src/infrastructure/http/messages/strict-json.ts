import { InvalidInput } from './invalid-input.js';

/** What JSON allows, and some program or store would read as something else, or not at all. */
const ambiguous = new Set([
  'duplicate-name',
  'forbidden-name',
  'too-deep',
  'nul-character',
  'lone-surrogate',
  'unsafe-integer',
  'number-too-large',
  'inexact-number',
]);

export const maxDepth = 8;

/**
 * Reads one JSON text as JSON.parse does, and refuses what JSON.parse lets through to harm us later: nesting beyond
 * `maxDepth`, a name twice in one object, `__proto__` and its kin, integers that a double cannot hold, NUL and lone
 * surrogates. 1.0 and 1e0 are the integer 1, and -0 is 0.
 */
export const parseStrictJson = (text: string): unknown => {
  try {
    return new StrictJson(text).read();
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
};

class StrictJson {
  private at = 0;
  /** Name or index of the value being read, by depth. */
  private readonly path: (string | number)[] = [];

  constructor(private readonly text: string) {}

  read(): unknown {
    const value = this.value();
    const code = this.peek();
    if (code === openBrace) {
      this.refuse('more-than-one', 'Another object begins where the end of the text is expected');
    }
    if (code !== endOfText) this.unexpected('the end of the text');
    return value;
  }

  private value(): unknown {
    const code = this.peek();
    if (code === quote) return this.string();
    if (code === openBrace) return this.object();
    if (code === openBracket) return this.array();
    if (code === minus || isDigit(code)) return this.number();
    if (code === lowerT) return this.exactly('true', true);
    if (code === lowerF) return this.exactly('false', false);
    if (code === lowerN) return this.exactly('null', null);
    return this.unexpected('a value');
  }

  private object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.enter();
    if (this.peek() === closeBrace) return this.leave(object);
    for (;;) {
      const name = this.name(object);
      if (this.peek() !== colon) this.unexpected('a colon');
      this.at++;
      object[name] = this.value();
      const code = this.peek();
      if (code === closeBrace) return this.leave(object);
      if (code !== comma) this.unexpected('a comma or }');
      this.at++;
    }
  }

  private name(object: object): string {
    if (this.peek() !== quote) this.unexpected('a name in double quotes');
    const start = this.at;
    const name = this.string();
    this.path[this.path.length - 1] = name;
    if (Object.hasOwn(object, name)) this.refuse('duplicate-name', 'The name stands twice in one object');
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
      this.at = start;
      this.refuse('forbidden-name', `The name ${name} is not allowed`);
    }
    return name;
  }

  private array(): unknown[] {
    const array: unknown[] = [];
    this.enter();
    if (this.peek() === closeBracket) return this.leave(array);
    for (;;) {
      this.path[this.path.length - 1] = array.length;
      array.push(this.value());
      const code = this.peek();
      if (code === closeBracket) return this.leave(array);
      if (code !== comma) this.unexpected('a comma or ]');
      this.at++;
    }
  }

  private enter(): void {
    if (this.path.length === maxDepth) {
      this.refuse('too-deep', `Objects and arrays are nested deeper than ${maxDepth}`);
    }
    this.at++;
    this.path.push('');
  }

  private leave<T>(value: T): T {
    this.at++;
    this.path.pop();
    return value;
  }

  private string(): string {
    let done = '';
    let copied = ++this.at;
    for (;;) {
      const code = this.code();
      if (code === endOfText) this.unexpected('a closing double quote');
      if (code === quote) break;
      if (code < space) this.refuse('control-character', 'A control character in a string has to be escaped');
      if (code === backslash) {
        done += this.text.slice(copied, this.at) + this.escape();
        copied = this.at;
      } else {
        this.at += isHighSurrogate(code) || isLowSurrogate(code) ? this.pair(code) : 1;
      }
    }
    return done + this.text.slice(copied, this.at++);
  }

  private pair(code: number): number {
    if (!isHighSurrogate(code) || !isLowSurrogate(this.code(1))) this.loneSurrogate();
    return 2;
  }

  private escape(): string {
    const letter = String.fromCharCode(this.code(1));
    if (letter === 'u') return this.unicodeEscape();
    const character = escapes[letter];
    if (character === undefined)
      this.refuse('invalid-escape', 'A backslash must begin a JSON escape such as \\n');
    this.at += 2;
    return character;
  }

  private unicodeEscape(): string {
    const first = this.hexAt(this.at);
    if (first === 0) this.refuse('nul-character', 'The NUL character is not allowed');
    if (isLowSurrogate(first)) this.loneSurrogate();
    if (!isHighSurrogate(first)) {
      this.at += 6;
      return String.fromCharCode(first);
    }
    if (this.code(6) !== backslash || this.code(7) !== lowerU) this.loneSurrogate();
    const second = this.hexAt(this.at + 6);
    if (!isLowSurrogate(second)) this.loneSurrogate();
    this.at += 12;
    return String.fromCharCode(first, second);
  }

  private hexAt(at: number): number {
    const digits = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.refuse('invalid-escape', 'Four hexadecimal digits follow \\u');
    return parseInt(digits, 16);
  }

  private loneSurrogate(): never {
    return this.refuse('lone-surrogate', 'A surrogate must be one half of a pair');
  }

  private number(): number {
    const start = this.at;
    if (this.code() === minus) this.at++;
    const digits = this.at;
    this.digits();
    if (this.text.charCodeAt(digits) === zero && this.at > digits + 1) {
      this.at = start;
      this.refuse('leading-zero', 'A number must not begin with a zero');
    }
    if (this.code() === dot) this.digits(1);
    if (this.code() === lowerE || this.code() === upperE) {
      const sign = this.code(1);
      this.digits(sign === plus || sign === minus ? 2 : 1);
    }
    const literal = this.text.slice(start, this.at);
    const refusal = refusalOf(literal);
    if (refusal === undefined) return Number(literal) + 0;
    this.at = start;
    return this.refuse(...refusal);
  }

  private digits(ahead = 0): void {
    this.at += ahead;
    const start = this.at;
    while (isDigit(this.code())) this.at++;
    if (this.at === start) this.unexpected('a digit');
  }

  private exactly<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.unexpected(word);
    this.at += word.length;
    return value;
  }

  private code(ahead = 0): number {
    const code = this.text.charCodeAt(this.at + ahead);
    return Number.isNaN(code) ? endOfText : code;
  }

  /** Steps over white space; answers the next character, or `endOfText`. */
  private peek(): number {
    while (isWhite(this.code())) this.at++;
    return this.code();
  }

  private unexpected(expected: string): never {
    return this.at >= this.text.length
      ? this.refuse('unexpected-end', `The text ends where ${expected} is expected`)
      : this.refuse('unexpected-character', `There is another character where ${expected} is expected`);
  }

  private refuse(code: string, reason: string): never {
    const pointer = this.path.map((step) => `/${escapePointer(String(step))}`).join('');
    const message = `${reason}, at offset ${this.at}.`;
    const slug = ambiguous.has(code) ? 'ambiguous-json' : 'malformed-json';
    throw new InvalidInput(slug, message, [{ pointer, code, message }]);
  }
}

export const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Why a number would silently become another one, if it would. */
const refusalOf = (literal: string): [code: string, reason: string] | undefined => {
  const value = Number(literal);
  if (/^-?\d+$/.test(literal)) {
    if (Number.isSafeInteger(value)) return undefined;
    return ['unsafe-integer', `Integers reach from -(2^53-1) to 2^53-1 (${Number.MAX_SAFE_INTEGER})`];
  }
  if (!Number.isFinite(value)) return ['number-too-large', 'The number is too large'];
  // 9007199254740990.9 or 1e-400 would become an integer.
  if (!Number.isSafeInteger(value) || isIntegerLiteral(literal)) return undefined;
  return ['inexact-number', 'The number has more decimals than can be kept'];
};

const endOfText = -1;
const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const quote = 34;
const plus = 43;
const comma = 44;
const minus = 45;
const dot = 46;
const zero = 48;
const nine = 57;
const colon = 58;
const upperE = 69;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const lowerE = 101;
const lowerF = 102;
const lowerN = 110;
const lowerT = 116;
const lowerU = 117;
const openBrace = 123;
const closeBrace = 125;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
const isDigit = (code: number): boolean => code >= zero && code <= nine;
const isWhite = (code: number): boolean =>
  code === space || code === lineFeed || code === carriageReturn || code === tab;

/** `123.4500e2` is an integer: no digit other than zero stands behind the shifted point. */
const isIntegerLiteral = (literal: string): boolean => {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/0+$/, '');
  const trailing = whole.length + fraction.length - digits.length;
  return digits === '' || digits === '-' || Number(exponent) - fraction.length + trailing >= 0;
};
