import { createHash, createHmac } from 'node:crypto';
import { bytesOfSecret } from './secret.js';

/** The same for the same name. */
export const messageId = (name: string): string =>
  `msg_${createHash('sha256').update(name).digest('base64url').slice(0, 27)}`;

/** Signed by each secret that is in force: the receiver need not know yet which is the new one. */
export const signatureHeaders = (id: string, millis: number, body: Buffer, secrets: readonly string[]) => {
  const timestamp = String(Math.floor(millis / 1000));
  const signature = (secret: string): string => {
    const key = bytesOfSecret(secret);
    if (key === undefined) throw new Error('What is kept as a secret is none: make a new one.');
    return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  };
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${signature(secret)}`).join(' '),
  };
};
