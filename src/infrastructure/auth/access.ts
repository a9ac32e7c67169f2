import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { isLikeApiKey } from './api-key.js';
import { ApiKeys } from './api-keys.js';
import { Refusal, type Caller } from './caller.js';
import { FileWatch, reasonOf, type FileNews } from './file-watch.js';
import { JsonWebTokens, type TokenRules } from './json-web-tokens.js';
import { readKeys } from './key-record.js';
import { sessionCookie, Sessions } from './sessions.js';

export interface AccessRules {
  /** JSON of keys, in a file or as it is. */
  readonly keys: { readonly file?: string; readonly text?: string } | undefined;
  readonly tokens: TokenRules | undefined;
  /** Undefined: one that ends with the process. */
  readonly sessionSecret: string | undefined;
}

/** What the service was told to check callers by cannot be read. */
export class AccessRefused extends Error {
  readonly code = 'access-refused';
}

/** Whether a caller is remembered is a matter of speed alone … */
const MOST_REMEMBERED = 1000;
/** … but an issuer of tokens may have taken back a key that he signed with. */
const REMEMBERED_FOR_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/** Finds out who asks, and notices when that is over. */
export class Access {
  /** Those who were let in, by what they showed: a header is compared with a seeded hash, never letter by letter. */
  private readonly remembered = new Map<string, Caller>();
  private forgetAt = 0;
  private readonly stays = new Set<Stay>();
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly keys: ApiKeys | undefined,
    private readonly sessions: Sessions,
    private readonly watch: FileWatch,
    private readonly now: () => number,
    private tokens?: JsonWebTokens,
  ) {}

  static async open(rules: AccessRules, news: FileNews, now: () => number = Date.now): Promise<Access> {
    const watch = new FileWatch(news);
    const keys = rules.keys && new ApiKeys([]);
    const sessions = new Sessions(rules.sessionSecret ?? randomBytes(32));
    const access = new Access(keys, sessions, watch, now);
    const { file, text } = rules.keys ?? {};
    if (text !== undefined) sensibly('API_KEYS', () => keys?.replace(readKeys(text)));
    if (file !== undefined) {
      const read = (): object => {
        const changes = keys?.replace(readKeys(readFileSync(file, 'utf8')));
        access.changed();
        return changes ?? {};
      };
      sensibly(file, () => watch.follow(file, read));
    }
    const { tokens } = rules;
    if (tokens !== undefined) {
      const open = (): Promise<JsonWebTokens> => JsonWebTokens.open(tokens, watch, () => access.changed());
      access.tokens = await open().catch((error: unknown) => refuse(tokens.jwks, error));
    }
    return access;
  }

  /** In which ways callers may show who they are. */
  get ways(): readonly string[] {
    return [...(this.keys ? ['keys'] : []), ...(this.tokens ? ['jwt'] : [])];
  }

  /** Most callers were seen before: they need not be waited for. */
  callerOf(headers: IncomingHttpHeaders): Caller | Refusal | Promise<Caller | Refusal> {
    const { authorization, cookie } = headers;
    if (authorization === undefined) return this.inSession(cookie);
    if (this.now() >= this.forgetAt) this.forget();
    const known = this.remembered.get(authorization);
    if (known !== undefined) return this.inTime(known);
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (token === undefined) return new Refusal('The header must be `Authorization: Bearer` and the key.');
    const caller = this.showing(token);
    const remember = (one: Caller | Refusal): Caller | Refusal => this.remember(authorization, one);
    return caller instanceof Promise ? caller.then(remember) : remember(caller);
  }

  /** Whoever has this key or token. */
  showing(token: string): Caller | Refusal | Promise<Caller | Refusal> {
    const { keys, tokens } = this;
    if (keys !== undefined && (tokens === undefined || isLikeApiKey(token))) {
      return this.inTime(keys.callerOf(token));
    }
    return tokens === undefined ? nobody : tokens.callerOf(token).then((caller) => this.inTime(caller));
  }

  /** The text of a cookie by which the caller is known again. */
  beginSession(caller: Caller): { readonly text: string; readonly until: number } {
    return this.sessions.write(caller, this.now());
  }

  /** Calls `over` once when the caller would not be let in any more; returns what ends the watching. */
  whileLetIn(caller: Caller, over: (refusal: Refusal) => void): () => void {
    const stay = { caller, over };
    this.stays.add(stay);
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return () => this.stays.delete(stay);
  }

  close(): void {
    this.watch.close();
    clearInterval(this.timer);
  }

  private inSession(cookies = ''): Caller | Refusal {
    const cookie = cookies.split(/; */).find((one) => one.startsWith(`${sessionCookie}=`));
    if (cookie === undefined) return nobody;
    const noKeys = new Refusal('API keys do not count here any more.');
    const byKey = (id: string): Caller | Refusal => this.keys?.callerById(id) ?? noKeys;
    const caller = this.sessions.read(cookie.slice(sessionCookie.length + 1), byKey);
    const isOfToken = !(caller instanceof Refusal) && caller.key === undefined;
    if (isOfToken && this.tokens === undefined) return new Refusal('Tokens do not count here any more.');
    return this.inTime(caller);
  }

  private inTime(caller: Caller | Refusal): Caller | Refusal {
    if (caller instanceof Refusal || caller.until === undefined || this.now() < caller.until) return caller;
    const what = caller.key === undefined ? 'token' : 'API key';
    return new Refusal(`The ${what} ${caller.name} ended at ${new Date(caller.until).toISOString()}.`);
  }

  private remember(shown: string, caller: Caller | Refusal): Caller | Refusal {
    if (caller instanceof Refusal) return caller;
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.set(shown, caller);
    return caller;
  }

  private forget(): void {
    this.remembered.clear();
    this.forgetAt = this.now() + REMEMBERED_FOR_MS;
  }

  private changed(): void {
    this.forget();
    this.look();
  }

  private look(): void {
    for (const stay of this.stays) {
      const { caller, over } = stay;
      const { key } = caller;
      const hasChanged = key !== undefined && this.keys?.holds(key) !== true;
      const now = hasChanged
        ? new Refusal(`The API key ${caller.name} was changed or revoked.`)
        : this.inTime(caller);
      if (!(now instanceof Refusal)) continue;
      this.stays.delete(stay);
      over(now);
    }
  }
}

interface Stay {
  readonly caller: Caller;
  readonly over: (refusal: Refusal) => void;
}

/** Somebody who showed nothing. */
export const nobody = new Refusal('Send an API key or a token as `Authorization: Bearer …`.');

const sensibly = (what: string, read: () => void): void => {
  try {
    read();
  } catch (error) {
    refuse(what, error);
  }
};

const refuse = (what: string, error: unknown): never => {
  throw new AccessRefused(`${what} cannot be used: ${reasonOf(error)}`);
};
