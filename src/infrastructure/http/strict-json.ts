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

/** One code for each UTF-16 unit of a text: its bytes, when it is ASCII. */
export type CharacterCodes = Uint8Array | Uint16Array;

const codesOf = (text: string): CharacterCodes => {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < codes.length; at++) codes[at] = text.charCodeAt(at);
  return codes;
};

/** The codes of a text that is being read, in memory that is used again: making an array costs more than reading it. */
const scratchCodesOf = (text: string): CharacterCodes => {
  const { length } = text;
  if (scratch.length <= length) scratch = new Uint16Array(length * 2);
  for (let at = 0; at < length; at++) scratch[at] = text.charCodeAt(at);
  scratch[length] = lineFeed;
  return scratch;
};

let scratch = new Uint16Array(4096);

const nothing = new Uint16Array(0);

/** A string the reader knows by heart. */
interface Word {
  readonly text: string;
  readonly codes: CharacterCodes;
  /** Its bit among the names seen in an object. */
  readonly bit: number;
  /** The word that came as a name after this one the last time; most senders always use one order. */
  next: Word | undefined;
}

/**
 * Reads one JSON text as JSON.parse does, and refuses what JSON.parse lets through to harm us later: nesting beyond
 * `maxDepth`, a name twice in one object, `__proto__` and its kin, integers that a double cannot hold, NUL and lone
 * surrogates. 1.0 and 1e0 are the integer 1, and -0 is 0.
 *
 * Written by hand for speed. The given words (up to 31), as names or values, are recognised where they stand and
 * never allocated; a name is first compared with the one that followed its predecessor the last time. Codes are read
 * from a typed array, which takes half the time of charCodeAt.
 *
 * Strings of 13 characters or more are slices that keep the whole text alive; whoever stores one for long copies it.
 */
export class StrictJsonReader {
  private text = '';
  private codes: CharacterCodes = nothing;
  /** Where the text begins in the codes. */
  private offset = 0;
  private end = 0;
  private at = 0;
  private depth = 0;
  /** Name or index of the value being read, by depth. */
  private readonly path: (string | number)[] = [];
  private readonly words = new Map<string, Word>();
  private readonly slots: (Word[] | undefined)[] = new Array<undefined>(wordSlots).fill(undefined);
  /** Stands before the first name of a text. */
  private readonly start: Word = { text: '', codes: nothing, bit: 0, next: undefined };
  private lastName = this.start;

  constructor(words: Iterable<string>) {
    for (const text of new Set(words)) {
      const word = { text, codes: codesOf(text), bit: 1 << this.words.size, next: undefined };
      this.words.set(text, word);
      (this.slots[wordSlot(word.codes, 0, text.length)] ??= []).push(word);
    }
    if (this.words.size > 31) throw new RangeError('The reader knows at most 31 words.');
  }

  /** Throws InvalidInput. The codes, from `offset` on, are those of the text, followed by nothing or a line feed. */
  read(text: string, codes: CharacterCodes = scratchCodesOf(text), offset = 0): unknown {
    this.text = text;
    this.codes = codes;
    this.offset = offset;
    this.at = offset;
    this.end = offset + text.length;
    this.depth = 0;
    this.lastName = this.start;
    try {
      const value = this.value();
      if (this.peek() !== endOfText) this.afterEnd();
      return value;
    } finally {
      this.text = '';
      this.codes = nothing;
    }
  }

  private afterEnd(): never {
    return this.peek() === openBrace
      ? this.refuse('more-than-one', 'Another object begins where the end of the text is expected')
      : this.unexpected('the end of the text');
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
    let seen = 0;
    let code = this.peek();
    if (code === closeBrace) return this.leave(object);
    for (;;) {
      if (code !== quote) this.unexpected('a name in double quotes');
      const word = this.expectedName() ?? this.name();
      const name = typeof word === 'string' ? word : word.text;
      const bit = typeof word === 'string' ? 0 : word.bit;
      this.path[depth] = name;
      if (bit === 0 ? Object.hasOwn(object, name) : (seen & bit) !== 0) {
        this.refuse('duplicate-name', 'The name stands twice in one object');
      }
      seen |= bit;
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

  /** Steps over the name that stood here the last time, if it does again. */
  private expectedName(): Word | undefined {
    const word = this.lastName.next;
    if (word === undefined) return undefined;
    const end = this.at + 1 + word.codes.length;
    if (this.codeAt(end) !== quote || !this.isAt(word, this.at + 1)) return undefined;
    this.at = end + 1;
    this.lastName = word;
    return word;
  }

  private name(): Word | string {
    const start = this.at;
    const name = this.string();
    const word = this.words.get(name);
    if (word !== undefined) {
      this.lastName.next = word;
      this.lastName = word;
      return word;
    }
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
      this.at = start;
      this.path[this.depth - 1] = name;
      this.refuse('forbidden-name', `The name ${name} is not allowed`);
    }
    return name;
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

  private string(): string {
    const { codes } = this;
    const start = this.at + 1;
    let at = start;
    let code = codes[at];
    while (
      code !== undefined &&
      code !== quote &&
      code >= space &&
      code !== backslash &&
      code < firstSurrogate
    ) {
      code = codes[++at];
    }
    if (code !== quote) return this.rareString(start, at);
    this.at = at + 1;
    return this.wordAt(start, at) ?? this.slice(start, at);
  }

  private wordAt(start: number, end: number): string | undefined {
    const candidates = this.slots[wordSlot(this.codes, start, end)];
    if (candidates === undefined) return undefined;
    for (const word of candidates) {
      if (word.codes.length === end - start && this.isAt(word, start)) return word.text;
    }
    return undefined;
  }

  private isAt(word: Word, start: number): boolean {
    const { codes } = this;
    const { length } = word.codes;
    for (let at = 0; at < length; at++) if (codes[start + at] !== word.codes[at]) return false;
    return true;
  }

  private codeAt(at: number): number {
    return this.codes[at] ?? endOfText;
  }

  private slice(start: number, end: number): string {
    return this.text.substring(start - this.offset, end - this.offset);
  }

  /** The rest of a string that holds an escape, or a character that has to be looked at. */
  private rareString(start: number, from: number): string {
    let done = '';
    let copied = start;
    this.at = from;
    for (;;) {
      const code = this.codeAt(this.at);
      if (this.at >= this.end) this.unexpected('a closing double quote');
      if (code === quote) break;
      if (code < space) this.refuse('control-character', 'A control character in a string has to be escaped');
      if (code === backslash) {
        done += this.slice(copied, this.at) + this.escape();
        copied = this.at;
      } else {
        this.at += isHighSurrogate(code) || isLowSurrogate(code) ? this.pair(code) : 1;
      }
    }
    return done + this.slice(copied, this.at++);
  }

  private pair(code: number): number {
    if (!isHighSurrogate(code) || !isLowSurrogate(this.codeAt(this.at + 1))) this.loneSurrogate();
    return 2;
  }

  private escape(): string {
    const letter = String.fromCharCode(this.codeAt(this.at + 1));
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
    if (this.codeAt(this.at + 6) !== backslash || this.codeAt(this.at + 7) !== lowerU) this.loneSurrogate();
    const second = this.hexAt(this.at + 6);
    if (!isLowSurrogate(second)) this.loneSurrogate();
    this.at += 12;
    return String.fromCharCode(first, second);
  }

  private hexAt(at: number): number {
    const digits = this.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.refuse('invalid-escape', 'Four hexadecimal digits follow \\u');
    return parseInt(digits, 16);
  }

  private loneSurrogate(): never {
    return this.refuse('lone-surrogate', 'A surrogate must be one half of a pair');
  }

  private number(first: number): number {
    const start = this.at;
    let at = first === minus ? start + 1 : start;
    const digits = at;
    let value = 0;
    let code = this.codeAt(at);
    while (code >= zero && code <= nine) {
      value = value * 10 + (code - zero);
      code = this.codeAt(++at);
    }
    this.at = at;
    if (at === digits) this.unexpected('a digit');
    if (this.codeAt(digits) === zero && at > digits + 1) {
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
    if (this.codeAt(this.at) === dot) this.digits(this.at + 1);
    const code = this.codeAt(this.at);
    if (code === lowerE || code === upperE) {
      const sign = this.codeAt(this.at + 1);
      this.digits(sign === plus || sign === minus ? this.at + 2 : this.at + 1);
    }
    const literal = this.slice(start, this.at);
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
    while (isDigit(this.codeAt(at))) at++;
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
    if (!this.text.startsWith(word, this.at - this.offset)) this.unexpected(word);
    this.at += word.length;
    return value;
  }

  /** Steps over white space; answers the next character, or `endOfText`. */
  private peek(): number {
    while (this.at < this.end) {
      const code = this.codeAt(this.at);
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
    const message = `${reason}, at offset ${this.at - this.offset}.`;
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
const lowerU = 117;
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
const wordSlot = (codes: CharacterCodes, start: number, end: number): number =>
  ((end - start) * 31 + (codes[start] ?? 0) * 7 + (codes[(start + end) >> 1] ?? 0)) & (wordSlots - 1);

/** `123.4500e2` is an integer: no digit other than zero stands behind the shifted point. */
const isIntegerLiteral = (literal: string): boolean => {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/0+$/, '');
  const trailing = whole.length + fraction.length - digits.length;
  return digits === '' || digits === '-' || Number(exponent) - fraction.length + trailing >= 0;
};
