import { isUtf8 } from 'node:buffer';
import type { Command } from 'commander';
import { InvalidConfig, kafkaIn } from '../config.js';
import type { RocketMessage } from '../domain/rocket-message.js';
import { InvalidInput, readBodyMessage } from '../infrastructure/http/messages/message-reader.js';
import { KafkaRefused } from '../infrastructure/kafka/kafka-library.js';
import {
  KafkaFailed,
  RejectedTopic,
  type RejectedRecord,
} from '../infrastructure/kafka/upkeep/rejected-topic.js';
import { addExamples, readInteger } from './arguments.js';
import { Failure } from './failure.js';
import { counted, inThousands, type Output } from './output.js';
import { objectIn } from './service-client.js';
import { Source } from './store-source.js';

/** Faults that are told one by one; the rest is counted only. */
const SHOWN = 10;

/** Where these commands work, as the service is told: by the environment. */
export type RejectedTopics = typeof inKafka;

const inKafka = async <T>(
  work: (topic: Pick<RejectedTopic, 'records' | 'bytesOf' | 'send'>, bodyBytes: number) => Promise<T>,
): Promise<T> => {
  try {
    const { settings, bodyBytes } = kafkaIn(process.env);
    return await RejectedTopic.use(settings, (topic) => work(topic, bodyBytes));
  } catch (error) {
    if (error instanceof InvalidConfig || error instanceof KafkaRefused) throw new Failure(error.message, 2);
    if (error instanceof KafkaFailed) throw new Failure(`Kafka does not do it: ${error.message}`, 2);
    throw error;
  }
};

/** What a person does about records of which no message could be made. */
export const registerRejected = (
  program: Command,
  output: Output,
  topics: RejectedTopics = inKafka,
): void => {
  const rejected = program
    .command('rejected')
    .summary('list what Kafka brought that is no message, and send it repaired')
    .description(
      'Reads the topic of rejected records, and writes to that of messages. Both are named by the same settings as the ' +
        "service's: KAFKA_BROKERS, KAFKA_REJECTED_TOPIC, KAFKA_TOPIC and the others. Needs Node 22.22 or newer.",
    );

  rejected
    .command('list')
    .summary('list the records, each with its place and its problem')
    .description(
      'Lists every record that was put away: where it stood, its key, how large it is, and what is wrong with it.',
    )
    .option('--limit <number>', 'no more than so many', readInteger(1))
    .option('--json', 'print each as one line of JSON')
    .action((options: ListOptions) => topics((topic) => listRecords(topic.records(), options, output)));

  rejected
    .command('show')
    .summary('print the bytes of one record as they were sent')
    .description('Prints the value of a record, to be repaired: nothing but its own bytes.')
    .argument('<place>', 'where it stood, as rockets.messages/3/1042')
    .action((place: string) => topics((topic) => showRecord(topic, place, output)));

  const send = rejected
    .command('send')
    .summary('send messages that were repaired')
    .description(
      'Writes messages to the topic of messages, one on a line: all of them, or none when one is not valid. What was sent ' +
        'before is a duplicate there, which does no harm.',
    )
    .argument('<file>', 'what to read; - is standard input')
    .action((file: string) =>
      topics(async (topic, bodyBytes) => {
        const messages = await messagesIn(new Source(file === '-' ? undefined : file), bodyBytes, output);
        await topic.send(messages);
        output.out(`${counted(messages.length, 'message')} queued.`);
      }),
    );
  addExamples(send, [
    ['rockets rejected show rockets.messages/3/1042 > repaired.ndjson', 'The bytes as they were'],
    ['rockets rejected send repaired.ndjson', 'After it was repaired'],
  ]);
};

interface ListOptions {
  readonly limit?: number;
  readonly json?: boolean;
}

const listRecords = async (
  records: AsyncIterable<RejectedRecord>,
  { limit = Infinity, json }: ListOptions,
  output: Output,
): Promise<void> => {
  let count = 0;
  for await (const record of records) {
    if (count === limit) return output.err(`… and more: these are the first ${inThousands(limit)}.`);
    count++;
    const said = described(record);
    output.out(json === true ? JSON.stringify(said) : lineOf(said));
    await output.room();
  }
  if (json !== true)
    output.out(count === 0 ? 'Nothing is rejected.' : `${counted(count, 'record')} rejected.`);
};

const described = ({ place, key, value, problem, leftOut }: RejectedRecord) => ({
  place: place ?? null,
  key: key === null ? null : textOf(key),
  bytes: value?.length ?? 0,
  ...(leftOut !== undefined && { leftOut }),
  problem: (problem === undefined ? undefined : objectIn(problem)) ?? null,
});

const lineOf = ({ place, key, bytes, leftOut, problem }: ReturnType<typeof described>): string => {
  const [type, detail] = [problem?.['type'], problem?.['detail']].map((one) => printable(String(one ?? '')));
  const size = leftOut === undefined ? `${inThousands(bytes)} bytes` : `${printable(leftOut)}, left out`;
  const of = key === null ? 'no key' : `key ${printable(key)}`;
  const why = problem === null ? 'no problem is said: not of this service' : `${type}: ${detail}`;
  return `${printable(place ?? '?')}  ${of}  ${size}  ${why}`;
};

const textOf = (bytes: Buffer): string => (isUtf8(bytes) ? bytes.toString() : `0x${bytes.toString('hex')}`);

/** Anybody may have written it: it gets no control over a terminal, and no line of its own. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '�');

const showRecord = async (
  topic: Pick<RejectedTopic, 'records' | 'bytesOf'>,
  place: string,
  output: Output,
): Promise<void> => {
  for await (const record of topic.records()) {
    if (record.place !== place) continue;
    const bytes = await topic.bytesOf(record);
    if (bytes === undefined)
      throw new Failure(`${place} was too big to be put away, and does not stand there any more.`);
    output.bytes(bytes);
    return;
  }
  throw new Failure(`Nothing is rejected that stood at ${place}; rockets rejected list tells what is.`);
};

/** All of them, or it fails with what is wrong. */
const messagesIn = async (
  source: Source,
  bodyBytes: number,
  output: Output,
): Promise<readonly RocketMessage[]> => {
  const messages: RocketMessage[] = [];
  let [line, wrong] = [0, 0];
  for await (const texts of source.lines()) {
    for (const text of texts) {
      line++;
      const message = text.trim() === '' ? undefined : messageOf(text, bodyBytes);
      if (typeof message === 'object') messages.push(message);
      else if (message !== undefined && wrong++ < SHOWN) output.err(`line ${line}: ${message}`);
    }
  }
  if (wrong > SHOWN) output.err(`and ${inThousands(wrong - SHOWN)} more`);
  if (wrong > 0)
    throw new Failure(`${source.name} has ${counted(wrong, 'line')} that cannot be taken: nothing was sent.`);
  if (messages.length === 0) throw new Failure(`${source.name} has no message.`);
  return messages;
};

/** Or what is wrong with it. */
const messageOf = (text: string, bodyBytes: number): RocketMessage | string => {
  const bytes = Buffer.from(text);
  if (bytes.length > bodyBytes) return `it has ${bytes.length} bytes; BODY_BYTES is ${bodyBytes}.`;
  const message = readBodyMessage(bytes);
  return message instanceof InvalidInput ? message.message : message;
};
