import { Readable } from 'node:stream';
import { Failure, unreachable } from './failure.js';
import { counted, type Output } from './output.js';
import {
  credential,
  explanation,
  isObject,
  objectIn,
  sentencesOf,
  type JsonObject,
} from './service-client.js';
import type { Source } from './store-source.js';

/** Faults that are told one by one; the rest is counted only. */
const SHOWN = 10;

/** Streams messages, or those of an export, to the service; answers in a sentence what became of them. */
export const importMessages = async (
  source: Source,
  url: URL,
  output: Output,
  apiKey?: string,
): Promise<string> => {
  const { status, text } = await post(source, url, output, apiKey);
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

const post = async (
  source: Source,
  url: URL,
  output: Output,
  apiKey: string | undefined,
): Promise<{ status: number; text: string }> => {
  const body = Readable.from(messagesIn(source, output));
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: {
        'Content-Type': 'application/x-ndjson',
        Accept: 'application/json',
        ...credential(apiKey),
      },
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw source.failure ?? unreachable(url, error);
  } finally {
    // Answered before the end, or not at all: nobody waits for the rest.
    body.destroy();
  }
};

const EXPORT = Buffer.from('{"kind":"rockets-export"');

/** Messages as they are; of an export what its lines say that a rocket said, and nothing for the others. */
const messagesIn = async function* (source: Source, output: Output): AsyncGenerator<Buffer | string> {
  let isExport: boolean | undefined;
  let skipped = 0;
  let subscriptions = 0;
  for await (const block of source.blocks()) {
    isExport ??= block.subarray(0, EXPORT.length).equals(EXPORT);
    if (!isExport) yield block;
    else {
      const lines = block.toString().split('\n').map(objectIn);
      skipped += lines.filter((line) => line?.['type'] === 'MessagesSkipped').length;
      subscriptions += lines.filter((line) => line?.['kind'] === 'subscription').length;
      // A line for each, so that the service counts them as they are counted here.
      const text = lines.map((line) => line && messageIn(line)).join('\n');
      // Nothing at all would be taken for the end.
      if (text !== '') yield text;
    }
  }
  if (skipped > 0)
    output.err(
      `${counted(skipped, 'skipped range')} of the export can't be sent: a gap here, where nothing of it came late.`,
    );
  if (subscriptions > 0)
    output.err(`${counted(subscriptions, 'subscription')} of the export can't be sent: make them anew.`);
};

const messageIn = ({ kind, channel, number, type, time, data }: JsonObject): string | undefined => {
  if ((kind !== 'event' && kind !== 'waiting' && kind !== 'late') || type === 'MessagesSkipped')
    return undefined;
  const refused = type === 'MessageRefused' && isObject(data) ? data['message'] : undefined;
  const said = isObject(refused) ? refused : { type, data };
  const metadata = { channel, messageNumber: number, messageTime: time, messageType: said['type'] };
  return JSON.stringify({ metadata, message: said['data'] });
};

const kinds = ['received', 'applied', 'refused', 'buffered', 'duplicate', 'conflict', 'invalid'] as const;

const summaryOf = (counts: JsonObject): string =>
  [...kinds, ...(numberOf(counts, 'queued') > 0 ? ['queued'] : [])]
    .map((kind) => `${numberOf(counts, kind)} ${kind}`)
    .join(', ');

const numberOf = (counts: JsonObject, kind: string): number => Number(counts[kind] ?? 0);

/** What has to be looked at, in the order of the lines: a refused message is one the service has stored. */
const faultLines = ({ items }: JsonObject): string[] =>
  (Array.isArray(items) ? items.filter(isObject) : [])
    .filter(({ outcome }) => outcome === 'invalid' || outcome === 'conflict')
    .sort((a, b) => Number(a['line']) - Number(b['line']))
    .map((item) => `line ${String(item['line'])}: ${faultOf(item)}`);

const faultOf = (item: JsonObject): string =>
  item['outcome'] === 'conflict'
    ? `conflict: another message ${String(item['number'])} of ${String(item['channel'])} was stored before.`
    : (sentencesOf(item) ?? 'invalid');
