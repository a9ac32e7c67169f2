import { escapePointer } from './messages/strict-json.js';
import { isObject, type JsonObject } from './json-body.js';
import { Problem, type InputError } from './problem.js';

/** Reads the fields of a JSON object one by one and reports everything that is wrong with them at once. */
export class BodyReader {
  private readonly known = new Set<string>();
  private readonly fields: JsonObject | undefined;

  constructor(
    value: unknown,
    private readonly at = '',
    private readonly errors: InputError[] = [],
  ) {
    if (isObject(value)) this.fields = value;
    else this.refuse('', 'wrong-type', 'must be a JSON object');
  }

  /** What stands there, for somebody to look at who says `refuse` of what is wrong with it. */
  value(name: string): unknown {
    this.known.add(name);
    return this.fields !== undefined && Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
  }

  /** The same of one that has to be there. */
  required(name: string): unknown {
    const value = this.value(name);
    if (value === undefined && this.fields !== undefined) this.refuse(name, 'missing', 'is missing');
    return value;
  }

  within(name: string, value: unknown): BodyReader {
    return new BodyReader(value, this.pointer(name), this.errors);
  }

  text(name: string, isRight: (text: string) => boolean, mustBe: string): string | undefined {
    return this.checked(name, this.value(name), isRight, mustBe);
  }

  requiredText(name: string, isRight: (text: string) => boolean, mustBe: string): string {
    return this.checked(name, this.required(name), isRight, mustBe) ?? '';
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const mustBe = `must be one of ${values.join(', ')}`;
    const text = this.text(name, (given) => values.some((value) => value === given), mustBe);
    return values.find((value) => value === text);
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    this.refuse(name, 'not-in-range', `must be an integer from ${min} to ${max}`);
    return undefined;
  }

  /** Different texts; each one is read by `read`, which answers undefined for what is none. */
  list<T extends string>(
    name: string,
    most: number,
    read: (text: string) => T | undefined,
    mustBe: string,
  ): readonly T[] | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value) || value.length === 0 || value.length > most) {
      this.refuse(name, 'not-a-list', `must be a list of 1 to ${most}`);
      return undefined;
    }
    const found = new Set<T>();
    for (const [index, each] of value.entries()) {
      const one = typeof each === 'string' ? read(each) : undefined;
      if (one === undefined) this.refuse(`${name}/${index}`, 'not-one-of', mustBe);
      else if (found.has(one)) this.refuse(`${name}/${index}`, 'repeated', 'stands in the list already');
      else found.add(one);
    }
    return [...found];
  }

  /** `name`: of a field, or nothing for all of it. */
  refuse(name: string, code: string, message: string): void {
    const pointer = this.pointer(name);
    const field = pointer.slice(1).replaceAll('/', '.') || 'The body';
    this.errors.push({ pointer, code, message: `${field} ${message}.` });
  }

  /** Throws when anything was wrong. */
  finish(): void {
    const [first] = this.errors;
    if (first === undefined) return;
    const more = this.errors.length > 1 ? ` (and ${this.errors.length - 1} more: see errors)` : '';
    throw new Problem('invalid-subscription', `${first.message}${more}`, this.errors.slice(0, MOST_TOLD));
  }

  /** A field nobody asked for is a mistake worth telling. */
  close(): void {
    for (const name of Object.keys(this.fields ?? {})) {
      if (this.known.has(name)) continue;
      const known = [...this.known].join(', ') || 'none';
      this.refuse(
        escapePointer(name.slice(0, 64)),
        'unknown-field',
        `is not a field here; known are: ${known}`,
      );
    }
  }

  private checked(
    name: string,
    value: unknown,
    isRight: (text: string) => boolean,
    mustBe: string,
  ): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'string' && isRight(value)) return value;
    this.refuse(name, typeof value === 'string' ? 'invalid' : 'wrong-type', mustBe);
    return undefined;
  }

  private pointer(name: string): string {
    return name === '' ? this.at : `${this.at}/${name}`;
  }
}

/** Nobody reads further. */
const MOST_TOLD = 100;
