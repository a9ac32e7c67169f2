import { inspect } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { runToEnd, startProcess, type RealProcess } from '../real-process.js';
import type { End } from '../to-end.js';
import { kafkaNode } from './kafka-node.js';

type Env = Readonly<Record<string, string>>;

/** The built service on a Node that can run the Kafka client. */
export const startWithKafka = async (env: Env): Promise<RealProcess> => {
  const node = await kafkaNode();
  return startProcess({ ...node.env, ...env }, [], [], undefined, node.path);
};

/** The same with settings with which it ends by itself. */
export const runWithKafka = async (env: Env): ReturnType<typeof runToEnd> => {
  const node = await kafkaNode();
  return runToEnd([], { HOST: '127.0.0.1', ...node.env, ...env }, node.path);
};

/** Starts services that end with all else. */
export const startingWithKafka =
  (toEnd: End[]) =>
  async (env: Env): Promise<RealProcess> => {
    const service = await startWithKafka({ LOG_FORMAT: 'text', ...env });
    toEnd.push(() => service.end('SIGKILL'));
    return service;
  };

let places = 0;
/** Topics and a group of which nobody has heard. */
export const newPlace = () => {
  const name = `place-${++places}`;
  return {
    KAFKA_TOPIC: `${name}.messages`,
    KAFKA_REJECTED_TOPIC: `${name}.rejected`,
    KAFKA_GROUP: name,
  };
};

interface KafkaPart {
  readonly gateway?: { readonly queued: number; readonly waiting: number; readonly error?: string };
  readonly consumer?: {
    readonly partitions: readonly { readonly partition: number; readonly lag: number }[];
    readonly rebalances: number;
    readonly remade: number;
    readonly rejected: number;
    readonly heartbeatAgoSeconds?: number;
    readonly error?: string;
  };
}

/** What /health says of Kafka. */
export const kafkaHealth = async (url: string): Promise<KafkaPart> =>
  ((await (await fetch(`${url}/health`)).json()) as { readonly kafka: KafkaPart }).kafka;

/** Answers what is found as soon as it is what is waited for. */
export const eventually = async <T>(
  what: string,
  find: () => Promise<T>,
  isIt: (found: T) => boolean,
  patienceMs = 60_000,
): Promise<T> => {
  let last: unknown;
  for (const began = performance.now(); ;) {
    try {
      const found = await find();
      if (isIt(found)) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() - began > patienceMs) {
      // Not every error is one of this realm.
      const text = inspect(last, { depth: 8 });
      throw new Error(`${what}: not within ${patienceMs / 1000} s; at last ${text.slice(0, 2000)}`);
    }
    await delay(50);
  }
};

export const untilReady = (url: string): Promise<number> =>
  eventually(
    'ready',
    async () => (await fetch(`${url}/readyz`)).status,
    (status) => status === 200,
  );

export const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

/** What the service says of a message, once it is stored. */
export const whatBecameOf = (url: string, channel: string, number: number): Promise<object> =>
  eventually(
    `message ${number} of ${channel}`,
    async () => (await fetch(`${url}/rockets/${channel}/messages/${number}`)).json() as Promise<object>,
    (answer) => 'outcome' in answer,
  );

export const stream = (url: string, lines: readonly string[]): Promise<Response> =>
  fetch(`${url}/messages`, {
    method: 'POST',
    body: lines.join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
