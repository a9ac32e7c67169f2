import type { Request } from 'express';
import { canonicalChannel, isChannel } from '../../domain/channel.js';
import { Problem, type InputError } from './problem.js';

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
    this.errors.push({ pointer: `/query/${name}`, code, message: `${name} ${message}.` });
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
