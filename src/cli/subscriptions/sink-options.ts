import { InvalidArgumentError, type Command } from 'commander';
import { readInteger } from '../arguments.js';

export interface SinkOptions {
  readonly topic?: string;
  readonly batchEvents?: number;
  readonly batchMs?: number;
  readonly type?: readonly string[];
  readonly channel?: readonly string[];
}

export const withSink = (command: Command): Command =>
  command
    .option('--topic <topic>', 'into this topic of Kafka, instead of a URL')
    .option('--batch-events <n>', 'at most so many events in one POST', readInteger(1, 1000))
    .option('--batch-ms <n>', 'how long the first of them waits for others', readInteger(0, 60_000))
    .option('--type <types>', 'only events of these types, by comma', readList)
    .option('--channel <channels>', 'only events of these rockets, by comma', readList);

/** Undefined when nothing of it is said. */
export const sinkOf = (
  command: Command,
  url: string | undefined,
  { topic, batchEvents, batchMs }: SinkOptions,
): object | undefined => {
  const isBatched = batchEvents !== undefined || batchMs !== undefined;
  if (url !== undefined && topic !== undefined) command.error('error: name a URL or a --topic, not both');
  if (isBatched && url === undefined) command.error('error: --batch-events and --batch-ms go with a URL');
  if (topic !== undefined) return { type: 'kafka', topic };
  if (url === undefined) return undefined;
  const batch = { events: batchEvents ?? USUAL.events, ms: batchMs ?? USUAL.ms };
  return { type: 'webhook', url, ...(isBatched && { batch }) };
};

/** What the service does where nothing is said. */
const USUAL = { events: 100, ms: 20 };

const readList = (text: string): readonly string[] => {
  const values = text.split(',').map((value) => value.trim());
  if (values.every((value) => value !== '')) return values;
  throw new InvalidArgumentError('It must be one or more, by comma.');
};
