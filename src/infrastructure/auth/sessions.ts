import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal, type Caller } from './caller.js';
import { isScope } from './scope.js';

/** A working day; who still works then signs in again. */
export const SESSION_MS = 12 * 3_600_000;
export const sessionCookie = 'rockets_session';

/** Signed, so that every instance that knows the secret can check it and none has to remember it. The key is not in it. */
export class Sessions {
  constructor(private readonly secret: Buffer | string) {}

  /** What goes into the cookie of somebody who has shown a credential. */
  write(caller: Caller, now: number): { readonly text: string; readonly until: number } {
    const until = Math.min(now + SESSION_MS, caller.until ?? Infinity);
    const { name, key, scopes, channels } = caller;
    const content = key
      ? { key: key.id, until }
      : { name, scopes: [...scopes], channels: channels && [...channels], until };
    const text = Buffer.from(JSON.stringify(content)).toString('base64url');
    return { text: `${text}.${this.sign(text).toString('base64url')}`, until };
  }

  /** `byKey` says how the key stands today. */
  read(cookie: string, byKey: (id: string) => Caller | Refusal): Caller | Refusal {
    const [text = '', signature = ''] = cookie.split('.');
    const expected = this.sign(text);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return new Refusal('The session is not one of this service, or has ended with it: sign in again.');
    }
    const content = JSON.parse(Buffer.from(text, 'base64url').toString()) as SessionContent;
    const { key, until } = content;
    if (key === undefined) {
      const { name, scopes, channels } = content;
      const may = new Set(scopes.filter(isScope));
      return { name, scopes: may, channels: channels && new Set(channels), until, key: undefined };
    }
    const caller = byKey(key);
    return caller instanceof Refusal ? caller : { ...caller, until: Math.min(until, caller.until ?? until) };
  }

  private sign(text: string): Buffer {
    return createHmac('sha256', this.secret).update(text).digest();
  }
}

type SessionContent = { readonly until: number } & (
  | { readonly key: string }
  | {
      readonly key?: undefined;
      readonly name: string;
      readonly scopes: readonly string[];
      readonly channels?: readonly string[];
    }
);
