import type { KeyRecord } from './key-record.js';
import type { Scope } from './scope.js';

/** Who asks, and what he may. */
export interface Caller {
  /** Of the key, or the subject of the token. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Only what concerns these rockets; undefined: all of them. */
  readonly channels: ReadonlySet<string> | undefined;
  /** In milliseconds since 1970. */
  readonly until: number | undefined;
  /** The key as it was when it was shown; undefined for a token. */
  readonly key: KeyRecord | undefined;
}

/** Why somebody is not let in, in words for him. */
export class Refusal {
  constructor(
    readonly why: string,
    /** It is not his fault: what is needed to judge cannot be had now. */
    readonly isOurs = false,
  ) {}
}

export const reaches = ({ channels }: Caller, channel: string): boolean =>
  channels === undefined || channels.has(channel);
