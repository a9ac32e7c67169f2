import type { Request } from 'express';
import { InvalidInput, decodeUtf8 } from './messages/message-reader.js';
import { readBody, type BodyLimits } from './messages/read-body.js';
import { parseStrictJson } from './messages/strict-json.js';
import { closing, Problem } from './problem.js';

/** The JSON of a small body, told to be JSON: a page of another site can send anything else without asking first. */
export const readJson = async (req: Request, limits: BodyLimits): Promise<unknown> => {
  if (!/^\s*application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    const detail = 'The body is sent as JSON, with Content-Type: application/json.';
    throw new Problem('unsupported-media-type', detail, undefined, closing);
  }
  const body = await readWhole(req, limits);
  const text = decodeUtf8(body);
  const value = typeof text === 'string' ? parseStrictJson(text) : text;
  if (value instanceof InvalidInput) throw new Problem(value.code, value.message, value.errors);
  return value;
};

/** Also where nothing is said in it: what cannot be read to its end is no request that anything may come of. */
export const readWhole = (req: Request, limits: BodyLimits): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    readBody(req, limits, (problem, bytes) => (problem ? reject(problem) : resolve(bytes)));
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
