import { open } from 'node:fs/promises';
import { Failure, reasonOf, unreachable } from './failure.js';
import { explanation, isObject, type JsonObject } from './service-client.js';

/** Streams the lines to the service; answers in a sentence what became of them. */
export const importMessages = async (file: string | undefined, url: URL): Promise<string> => {
  const source = file === undefined ? process.stdin : await openFile(file);
  const response = await fetch(url, {
    method: 'POST',
    body: source,
    duplex: 'half',
    headers: { 'Content-Type': 'application/x-ndjson', Accept: 'application/json' },
  }).catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const text = await response.text();
  if (!response.ok) throw new Failure(`${url.href} answered ${response.status}: ${explanation(text)}`);
  const counts: unknown = JSON.parse(text);
  if (!isObject(counts)) throw new Failure(`${url.href} did not answer with counts: ${text.slice(0, 100)}`);
  const summary = kinds.map((kind) => `${numberOf(counts, kind)} ${kind}`).join(', ');
  if (numberOf(counts, 'conflict') + numberOf(counts, 'invalid') > 0) throw new Failure(summary);
  return summary;
};

const kinds = ['received', 'applied', 'refused', 'buffered', 'duplicate', 'conflict', 'invalid'] as const;

const numberOf = (counts: JsonObject, kind: string): number => Number(counts[kind] ?? 0);

const openFile = async (file: string) => {
  const handle = await open(file).catch((error: unknown) => {
    throw new Failure(`Cannot read ${file}: ${reasonOf(error)}`);
  });
  return handle.createReadStream();
};
