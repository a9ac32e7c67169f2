import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Failure, reasonOf, unreachable } from './failure.js';
import type { Output } from './output.js';
import { explanation, isObject, objectIn, sentencesOf, type JsonObject } from './service-client.js';

/** Faults that are told one by one; the rest is counted only. */
const SHOWN = 10;

/** Streams the lines to the service; answers in a sentence what became of them. */
export const importMessages = async (file: string | undefined, url: URL, output: Output): Promise<string> => {
  const { status, text } = await post(file, url);
  const answer = objectIn(text);
  const counts = answer?.['received'] === undefined ? undefined : summaryOf(answer);
  if (status !== 200) {
    const soFar = counts === undefined ? '' : `\nUntil then: ${counts}.`;
    throw new Failure(`${url.href} answered ${status}: ${explanation(text)}${soFar}`);
  }
  if (answer === undefined || counts === undefined)
    throw new Failure(`${url.href} did not answer with counts: ${text.slice(0, 100)}`);
  const faults = numberOf(answer, 'conflict') + numberOf(answer, 'invalid');
  if (faults === 0) return counts;
  const lines = faultLines(answer).slice(0, SHOWN);
  for (const line of lines) output.err(line);
  if (faults > lines.length) output.err(`and ${faults - lines.length} more`);
  throw new Failure(counts);
};

const post = async (file: string | undefined, url: URL): Promise<{ status: number; text: string }> => {
  const source: Readable = file === undefined ? process.stdin : createReadStream(file);
  let unreadable: Failure | undefined;
  source.once('error', (error: unknown) => {
    unreadable = new Failure(`Cannot read ${file ?? 'standard input'}: ${reasonOf(error)}.`);
  });
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: source,
      duplex: 'half',
      headers: { 'Content-Type': 'application/x-ndjson', Accept: 'application/json' },
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw unreadable ?? unreachable(url, error);
  } finally {
    // Answered before the end, or not at all: nobody waits for the rest.
    source.destroy();
  }
};

const kinds = ['received', 'applied', 'refused', 'buffered', 'duplicate', 'conflict', 'invalid'] as const;

const summaryOf = (counts: JsonObject): string =>
  kinds.map((kind) => `${numberOf(counts, kind)} ${kind}`).join(', ');

const numberOf = (counts: JsonObject, kind: string): number => Number(counts[kind] ?? 0);

/** What has to be looked at, in the order of the lines: a refused message is one the service has stored. */
const faultLines = ({ items }: JsonObject): string[] =>
  (Array.isArray(items) ? items.filter(isObject) : [])
    .filter(({ outcome }) => outcome === 'invalid' || outcome === 'conflict')
    .sort((a, b) => Number(a['line']) - Number(b['line']))
    .map((item) => `line ${String(item['line'])}: ${faultOf(item)}`);

const faultOf = (item: JsonObject): string =>
  item['outcome'] === 'conflict'
    ? `conflict: another message ${String(item['messageNumber'])} of ${String(item['channel'])} was stored before.`
    : (sentencesOf(item) ?? 'invalid');
