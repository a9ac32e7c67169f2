import { readFileSync } from 'node:fs';
import type * as Jose from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { canonicalChannel } from '../../domain/channel.js';
import { Refusal, type Caller } from './caller.js';
import { isKeyName } from './key-record.js';
import type { FileWatch } from './file-watch.js';
import { isScope } from './scope.js';

export interface TokenRules {
  /** A file, or an address. */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

/** Clocks of two machines are never quite the same. */
const CLOCK_TOLERANCE_S = 5;
/** Beyond that there is no date to tell. */
const LAST_MS = 8.64e15;

/** Tokens that somebody else gave out, signed. `jose` is loaded only where it is needed. */
export class JsonWebTokens {
  private constructor(
    private readonly jose: typeof Jose,
    private keyFor: JWTVerifyGetKey,
    private readonly rules: TokenRules,
  ) {}

  /** Keys in a file are read again when it changes, keys at an address when a token names one that is not known yet. */
  static async open(rules: TokenRules, watch: FileWatch, changed: () => void): Promise<JsonWebTokens> {
    const jose = await import('jose');
    if (/^https?:/.test(rules.jwks)) {
      return new JsonWebTokens(jose, jose.createRemoteJWKSet(new URL(rules.jwks)), rules);
    }
    const tokens = new JsonWebTokens(jose, noKeys, rules);
    watch.follow(rules.jwks, () => {
      tokens.keyFor = keySet(jose, readFileSync(rules.jwks, 'utf8'));
      changed();
      return {};
    });
    return tokens;
  }

  async callerOf(token: string): Promise<Caller | Refusal> {
    const { issuer, audience, algorithms } = this.rules;
    try {
      const { payload } = await this.jose.jwtVerify(token, this.keyFor, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'sub'],
      });
      return callerIn(payload);
    } catch (error) {
      return this.explain(error);
    }
  }

  private explain(error: unknown): Refusal {
    const { errors } = this.jose;
    if (error instanceof errors.JWTExpired) return new Refusal('The token has expired.');
    if (error instanceof errors.JWTClaimValidationFailed) {
      return new Refusal(`The token is not for this service: ${error.message}.`);
    }
    if (error instanceof errors.JOSEAlgNotAllowed) {
      return new Refusal(`The token is signed in another way than ${this.rules.algorithms.join(', ')}.`);
    }
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
      return new Refusal('The token is not signed with a key of its issuer.');
    }
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      return new Refusal('The token must name the key it is signed with (kid): its issuer has several.');
    }
    if (error instanceof errors.JOSENotSupported) {
      return new Refusal(`The token cannot be read here: ${error.message}.`);
    }
    if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
      return new Refusal('The token is malformed.');
    }
    // The issuer's keys could not be asked for: it has nothing to do with the token.
    return new Refusal('The keys of the issuer of tokens cannot be read now.', true);
  }
}

const noKeys: JWTVerifyGetKey = () => Promise.reject(new Error('There are no keys.'));

const keySet = (jose: typeof Jose, text: string): JWTVerifyGetKey =>
  jose.createLocalJWKSet(JSON.parse(text) as Parameters<typeof Jose.createLocalJWKSet>[0]);

/** `scope` as OAuth has it, a text with spaces between; `scp` and lists are seen too. */
const callerIn = (payload: JWTPayload): Caller | Refusal => {
  const { sub, exp, channels } = payload;
  if (!isKeyName(sub)) return new Refusal('The subject (sub) of the token is no name we could write down.');
  const said = payload['scope'] ?? payload['scp'] ?? payload['scopes'];
  const names: unknown[] = Array.isArray(said) ? said : typeof said === 'string' ? said.split(' ') : [];
  if (channels !== undefined && !isListOfTexts(channels)) {
    return new Refusal('The claim `channels` of the token must be a list of channels.');
  }
  return {
    name: sub,
    scopes: new Set(names.filter((one) => typeof one === 'string').filter(isScope)),
    channels: channels && new Set(channels.map(canonicalChannel)),
    until: Math.min((exp! + CLOCK_TOLERANCE_S) * 1000, LAST_MS),
    key: undefined,
  };
};

const isListOfTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
