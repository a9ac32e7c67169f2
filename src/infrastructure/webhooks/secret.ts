import { randomBytes } from 'node:crypto';

/** As Standard Webhooks has it: https://www.standardwebhooks.com */
const PREFIX = 'whsec_';
const SHORTEST = 24;
const LONGEST = 64;
const MADE = 32;

export const makeSecret = (): string => PREFIX + randomBytes(MADE).toString('base64');

/** What is wrong with a secret, in a sentence that does not tell it. */
export const problemOfSecret = (text: string): string | undefined => {
  const bytes = bytesOfSecret(text);
  const isRight = bytes !== undefined && bytes.length >= SHORTEST && bytes.length <= LONGEST;
  return isRight
    ? undefined
    : `A secret is ${PREFIX} and base64 of ${SHORTEST} to ${LONGEST} bytes, as openssl rand -base64 ${MADE} prints it.`;
};

/** Undefined when it is not base64 as everybody reads it. */
export const bytesOfSecret = (secret: string): Buffer | undefined => {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};
