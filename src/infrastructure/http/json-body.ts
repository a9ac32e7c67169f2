import type { Request } from 'express';
import { InvalidInput, decodeUtf8 } from './messages/message-reader.js';
import { readBody, tooSlow, type BodyLimits } from './messages/read-body.js';
import { parseStrictJson } from './messages/strict-json.js';
import { closing, Problem } from './problem.js';
import { AskerGone } from './query-reader.js';

/** The JSON of a small body, told to be JSON: a page of another site can send anything else without asking first. */
export const readJson = async (req: Request, limits: BodyLimits): Promise<unknown> => {
  if (!/^\s*application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    const detail = 'The body is sent as JSON, with Content-Type: application/json.';
    throw new Problem('unsupported-media-type', detail, undefined, closing);
  }
  const body = await new Promise<Buffer>((resolve, reject) => {
    readBody(req, limits, (problem, bytes) => (problem ? reject(problem) : resolve(bytes)));
  });
  const text = decodeUtf8(body);
  const value = typeof text === 'string' ? parseStrictJson(text) : text;
  if (value instanceof InvalidInput) throw new Problem(value.code, value.message, value.errors);
  return value;
};

/** Nothing is said in its body, but of what cannot be read to its end nothing may come. */
export const untilRead = (req: Request, limits: Pick<BodyLimits, 'timeoutMs'>): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    if (req.readableEnded) return resolve();
    const giveUp = setTimeout(() => reject(tooSlow(limits)), limits.timeoutMs);
    req.once('end', resolve);
    req.once('close', () => {
      clearTimeout(giveUp);
      reject(new AskerGone('The client has gone.'));
    });
    req.resume();
  });

/** What is no object has no fields. */
export const readJsonObject = async (req: Request, limits: BodyLimits): Promise<JsonObject> => {
  const value = await readJson(req, limits);
  return isObject(value) ? value : {};
};

export const invalidBody = (pointer: string, code: string, message: string): Problem =>
  new Problem('invalid-message', message, [{ pointer, code, message }]);

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
