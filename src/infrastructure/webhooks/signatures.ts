import { createHash, createHmac, randomBytes } from 'node:crypto';

/** As Standard Webhooks has it: https://www.standardwebhooks.com */
const PREFIX = 'whsec_';
const SHORTEST = 24;
const LONGEST = 64;
const MADE = 32;

export const makeSecret = (): string => PREFIX + randomBytes(MADE).toString('base64');

/** What is wrong with a secret, in a sentence that does not tell it. */
export const problemOfSecret = (text: string): string | undefined => {
  const bytes = bytesOf(text);
  const isRight = bytes !== undefined && bytes.length >= SHORTEST && bytes.length <= LONGEST;
  return isRight
    ? undefined
    : `A secret is ${PREFIX} and base64 of ${SHORTEST} to ${LONGEST} bytes, as openssl rand -base64 ${MADE} prints it.`;
};

/** The same for the same name. */
export const messageId = (name: string): string =>
  `msg_${createHash('sha256').update(name).digest('base64url').slice(0, 27)}`;

/** Signed by each secret that is in force: the receiver need not know yet which is the new one. */
export const signatureHeaders = (id: string, millis: number, body: Buffer, secrets: readonly string[]) => {
  const timestamp = String(Math.floor(millis / 1000));
  const signature = (secret: string): string => {
    const key = bytesOf(secret);
    if (key === undefined) throw new Error('What is kept as a secret is none: make a new one.');
    return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  };
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${signature(secret)}`).join(' '),
  };
};

/** Undefined when it is not base64 as everybody reads it. */
const bytesOf = (secret: string): Buffer | undefined => {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};
