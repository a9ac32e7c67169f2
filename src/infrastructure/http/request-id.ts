import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sane = /^[A-Za-z0-9._:+/=-]{1,128}$/;
const prefix = randomBytes(6).toString('base64url');
let count = 0;

/** The sender's id when it is harmless to repeat, else one of ours: unique per process, cheap to make. */
export const requestIdOf = (req: IncomingMessage): string => {
  const given = req.headers['x-request-id'] ?? req.headers['request-id'];
  return typeof given === 'string' && sane.test(given) ? given : `${prefix}-${(count++).toString(36)}`;
};
