import { InvalidInput } from './invalid-input.js';

export const maxDepth = 8;

/** Any JSON text; for bodies that are no rocket message. */
export const parseStrictJson = (text: string): unknown => {
  try {
    return new StrictJsonReader([]).read(text);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
};

/**
 * Reads one JSON text as JSON.parse does, and refuses what JSON.parse lets through to harm us later: nesting beyond
 * `maxDepth`, a name twice in one object, `__proto__` and its kin, integers that a double cannot hold, NUL and lone
 * surrogates. 1.0 and 1e0 are the integer 1, and -0 is 0.
 *
 * Written by hand for speed: no slower than JSON.parse on a rocket message with all that it checks.
 * The given words, names and values alike, are recognised in place and never allocated.
 *
 * Strings of 13 characters or more are slices that keep the whole text alive; whoever stores one for long copies it.
 */
export class StrictJsonReader {
  private text = '';
  private from = 0;
  private end = 0;
  private at = 0;
  private depth = 0;
  /** Name or index of the value being read, by depth. */
  private readonly path: (string | number)[] = [];
  private readonly words: readonly (readonly string[] | undefined)[];

  constructor(words: readonly string[]) {
    const slots: (string[] | undefined)[] = new Array<undefined>(wordSlots).fill(undefined);
    for (const word of words) (slots[wordSlot(word, 0, word.length)] ??= []).push(word);
    this.words = slots;
  }

  /** Reads the text from `from` to `to`, which is its end or stands at a line feed. Throws InvalidInput. */
  read(text: string, from = 0, to = text.length): unknown {
    this.text = text;
    this.from = from;
    this.end = to;
    this.at = from;
    this.depth = 0;
    try {
      const value = this.value();
      if (this.peek() !== endOfText) this.unexpected('the end of the text');
      return value;
    } finally {
      this.text = '';
    }
  }

  private value(): unknown {
    const code = this.peek();
    if (code === quote) return this.string();
    if (code === openBrace) return this.object();
    if (code === minus || (code >= zero && code <= nine)) return this.number(code);
    if (code === openBracket) return this.array();
    return this.literal(code);
  }

  private object(): Record<string, unknown> {
    const depth = this.enter();
    const object: Record<string, unknown> = {};
    let code = this.peek();
    if (code === closeBrace) return this.leave(object);
    for (;;) {
      if (code !== quote) this.unexpected('a name in double quotes');
      const name = this.name();
      this.path[depth] = name;
      if (Object.hasOwn(object, name)) this.refuse('duplicate-name', `The name stands twice in one object`);
      if (this.peek() !== colon) this.unexpected('a colon');
      this.at++;
      object[name] = this.value();
      code = this.peek();
      if (code === closeBrace) return this.leave(object);
      if (code !== comma) this.unexpected('a comma or }');
      this.at++;
      code = this.peek();
    }
  }

  private array(): unknown[] {
    const depth = this.enter();
    const array: unknown[] = [];
    if (this.peek() === closeBracket) return this.leave(array);
    for (;;) {
      this.path[depth] = array.length;
      array.push(this.value());
      const code = this.peek();
      if (code === closeBracket) return this.leave(array);
      if (code !== comma) this.unexpected('a comma or ]');
      this.at++;
    }
  }

  private enter(): number {
    if (this.depth === maxDepth)
      this.refuse('too-deep', `Objects and arrays are nested deeper than ${maxDepth}`);
    this.at++;
    return this.depth++;
  }

  private leave<T>(value: T): T {
    this.at++;
    this.depth--;
    return value;
  }

  private name(): string {
    const start = this.at;
    const name = this.string();
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
      this.at = start;
      this.path[this.depth - 1] = name;
      this.refuse('forbidden-name', `The name ${name} is not allowed`);
    }
    return name;
  }

  private string(): string {
    const { text } = this;
    const start = this.at + 1;
    let at = start;
    let code = text.charCodeAt(at);
    while (code !== quote) {
      // Also true past the end of the text, where the code is NaN.
      if (code < space || code === backslash || !(code < firstSurrogate)) return this.rareString(start, at);
      code = text.charCodeAt(++at);
    }
    this.at = at + 1;
    return this.wordAt(start, at) ?? text.slice(start, at);
  }

  private wordAt(start: number, end: number): string | undefined {
    const candidates = this.words[wordSlot(this.text, start, end)];
    if (candidates === undefined) return undefined;
    for (const word of candidates) if (this.isAt(word, start, end)) return word;
    return undefined;
  }

  private isAt(word: string, start: number, end: number): boolean {
    const { text } = this;
    const { length } = word;
    if (end - start !== length) return false;
    for (let at = 0; at < length; at++) {
      if (text.charCodeAt(start + at) !== word.charCodeAt(at)) return false;
    }
    return true;
  }

  /** The rest of a string that holds an escape, or a character that has to be looked at. */
  private rareString(start: number, from: number): string {
    const { text } = this;
    let done = '';
    let copied = start;
    this.at = from;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (this.at >= this.end) this.unexpected('a closing double quote');
      if (code === quote) break;
      if (code < space) this.refuse('control-character', 'A control character in a string has to be escaped');
      if (code === backslash) {
        done += text.slice(copied, this.at) + this.escape();
        copied = this.at;
      } else {
        this.at += isHighSurrogate(code) || isLowSurrogate(code) ? this.pair(code) : 1;
      }
    }
    return done + text.slice(copied, this.at++);
  }

  private pair(code: number): number {
    if (!isHighSurrogate(code) || !isLowSurrogate(this.text.charCodeAt(this.at + 1))) this.loneSurrogate();
    return 2;
  }

  private escape(): string {
    const letter = this.text.charAt(this.at + 1);
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
    if (!this.text.startsWith('\\u', this.at + 6)) this.loneSurrogate();
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

  private number(first: number): number {
    const { text } = this;
    const start = this.at;
    let at = first === minus ? start + 1 : start;
    const digits = at;
    let value = 0;
    let code = text.charCodeAt(at);
    while (code >= zero && code <= nine) {
      value = value * 10 + code - zero;
      code = text.charCodeAt(++at);
    }
    this.at = at;
    if (at === digits) this.unexpected('a digit');
    if (text.charCodeAt(digits) === zero && at > digits + 1) {
      this.at = start;
      this.refuse('leading-zero', 'A number must not begin with a zero');
    }
    if (code === dot || code === lowerE || code === upperE) return this.decimal(start);
    // Rounding only begins above the bound, so a sum within it is exact.
    if (value > Number.MAX_SAFE_INTEGER) {
      this.at = start;
      this.refuse('unsafe-integer', `Integers reach from -(2^53-1) to 2^53-1 (${Number.MAX_SAFE_INTEGER})`);
    }
    return first === minus && value !== 0 ? -value : value;
  }

  /** A number with a fraction or an exponent, whose integer part was read. */
  private decimal(start: number): number {
    const { text } = this;
    if (text.charCodeAt(this.at) === dot) this.digits(this.at + 1);
    const code = text.charCodeAt(this.at);
    if (code === lowerE || code === upperE) {
      const sign = text.charCodeAt(this.at + 1);
      this.digits(sign === plus || sign === minus ? this.at + 2 : this.at + 1);
    }
    const literal = text.slice(start, this.at);
    const value = Number(literal);
    this.at = start;
    if (!Number.isFinite(value)) this.refuse('number-too-large', 'The number is too large');
    // 9007199254740990.9 or 1e-400 would silently become another number, and an integer at that.
    if (Number.isSafeInteger(value) && !isIntegerLiteral(literal)) {
      this.refuse('inexact-number', 'The number has more decimals than can be kept');
    }
    this.at = start + literal.length;
    return value === 0 ? 0 : value;
  }

  private digits(from: number): void {
    let at = from;
    while (isDigit(this.text.charCodeAt(at))) at++;
    this.at = at;
    if (at === from) this.unexpected('a digit');
  }

  private literal(code: number): unknown {
    if (code === lowerT) return this.exactly('true', true);
    if (code === lowerF) return this.exactly('false', false);
    if (code === lowerN) return this.exactly('null', null);
    return this.unexpected('a value');
  }

  private exactly<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.unexpected(word);
    this.at += word.length;
    return value;
  }

  /** Steps over white space; answers the next character, or `endOfText`. */
  private peek(): number {
    while (this.at < this.end) {
      const code = this.text.charCodeAt(this.at);
      if (code > space) return code;
      if (code !== space && code !== lineFeed && code !== carriageReturn && code !== tab) return code;
      this.at++;
    }
    return endOfText;
  }

  private unexpected(expected: string): never {
    return this.at >= this.end
      ? this.refuse('unexpected-end', `The text ends where ${expected} is expected`)
      : this.refuse('unexpected-character', `There is another character where ${expected} is expected`);
  }

  private refuse(code: string, reason: string): never {
    const steps = this.path.slice(0, this.depth).map((step) => '/' + escapePointer(String(step)));
    const message = `${reason}, at offset ${this.at - this.from}.`;
    throw new InvalidInput('malformed-json', message, [{ pointer: steps.join(''), code, message }]);
  }
}

export const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

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
const openBrace = 123;
const closeBrace = 125;
const firstSurrogate = 0xd800;

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

/** Length and two characters tell our words apart but for a pair or two. */
const wordSlots = 512;
const wordSlot = (text: string, start: number, end: number): number =>
  ((end - start) * 31 + text.charCodeAt(start) * 7 + text.charCodeAt(end - 3)) & (wordSlots - 1);

/** `123.4500e2` is an integer: no digit other than zero stands behind the shifted point. */
const isIntegerLiteral = (literal: string): boolean => {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/0+$/, '');
  const trailing = whole.length + fraction.length - digits.length;
  return digits === '' || digits === '-' || Number(exponent) - fraction.length + trailing >= 0;
};
