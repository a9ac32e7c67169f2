import type { Request, Response } from 'express';
import { canonicalChannel, isChannel } from '../../domain/channel.js';
import { millisecondsIn } from '../duration.js';
import { Problem, type InputError } from './problem.js';

/** A hundred years: nothing here is older. */
const MOST_MS = 36_525 * 86_400_000;

/** Reads query parameters one by one and reports everything that is wrong with them at once. */
export class QueryReader {
  private readonly errors: InputError[] = [];
  private readonly known = new Set<string>();

  constructor(private readonly query: Request['query']) {}

  text(name: string): string | undefined {
    this.known.add(name);
    const value = this.query[name];
    if (value === undefined || typeof value === 'string') return value;
    this.refuse(name, 'repeated', 'is given more than once');
    return undefined;
  }

  /** A text of so many characters as the rockets themselves may have; none of theirs holds NUL. */
  shortText(name: string, maxCharacters: number): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text === '' || [...text].length > maxCharacters) {
      this.refuse(name, 'wrong-length', `must have 1 to ${maxCharacters} characters`);
    } else if (text.includes('\0')) {
      this.refuse(name, 'nul-character', 'must not hold the NUL character');
    }
    return text;
  }

  boolean(name: string): boolean | undefined {
    const text = this.oneOf(name, ['true', 'false']);
    return text === undefined ? undefined : text === 'true';
  }

  /** In milliseconds, and no more than make a difference. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = millisecondsIn(text);
    if (!Number.isNaN(value)) return Math.min(value, MOST_MS);
    this.refuse(name, 'not-a-duration', 'must be a duration as 30s, 10m, 1h or 2d');
    return undefined;
  }

  /** Some of the values, by comma. */
  someOf<T extends string>(name: string, values: readonly T[]): readonly T[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const names = text.split(',');
    const found = values.filter((value) => names.includes(value));
    if (names.every((one) => values.some((value) => value === one))) return found;
    this.refuse(name, 'not-one-of', `must be one or more of ${values.join(', ')}, by comma`);
    return undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text);
    if (found === undefined) this.refuse(name, 'not-one-of', `must be one of ${values.join(', ')}`);
    return found;
  }

  integer(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= min && value <= max) return value;
    this.refuse(name, 'not-in-range', `must be an integer from ${min} to ${max}`);
    return undefined;
  }

  channel(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (isChannel(text)) return canonicalChannel(text);
    this.refuse(name, 'not-a-channel', 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : -');
    return undefined;
  }

  refuse(name: string, code: string, message: string): void {
    this.errors.push({
      parameter: name,
      code,
      message: `${name || 'A parameter without a name'} ${message}.`,
    });
  }

  /** Throws when anything was wrong; a parameter nobody asked for is a mistake worth telling. */
  finish(): void {
    for (const name of Object.keys(this.query)) {
      if (!this.known.has(name)) {
        this.refuse(
          name.slice(0, 64),
          'unknown-parameter',
          `is not a parameter here; known are: ${[...this.known].join(', ') || 'none'}`,
        );
      }
    }
    const [first] = this.errors;
    if (first !== undefined) throw new Problem('invalid-query', first.message, this.errors);
  }
}

export const channelParam = (req: Request): string => {
  const { channel } = req.params;
  if (typeof channel !== 'string' || !isChannel(channel)) {
    throw new Problem('invalid-channel', 'A channel is 1 to 128 characters of A-Z a-z 0-9 . _ : -');
  }
  return canonicalChannel(channel);
};

export const numberParam = (req: Request): number => {
  const text = String(req.params['number']);
  const number = Number(text);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(number)) return number;
  const message = 'A message number is an integer from 1 to 9007199254740991.';
  throw new Problem('invalid-query', message, [{ parameter: 'number', code: 'not-in-range', message }]);
};

export const MAX_PAGE = 1000;
export const DEFAULT_PAGE = 100;

/** Paging is the same everywhere. */
export const limitIn = (reader: QueryReader): number => reader.integer('limit', 1, MAX_PAGE) ?? DEFAULT_PAGE;

/** Nobody waits for the answer any more. */
export class AskerGone extends Error {}

/** Aborted when the client has gone before it was answered: what it asked for need not be read any more. */
export const askerOf = (res: Response): AbortSignal => {
  const controller = new AbortController();
  const leave = (): void => {
    if (!res.writableFinished) controller.abort(new AskerGone('The client has gone.'));
  };
  if (res.closed) leave();
  else res.once('close', leave);
  return controller.signal;
};
