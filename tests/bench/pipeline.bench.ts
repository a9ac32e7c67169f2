import type { Outcome } from '../../src/application/ingest/outcome.js';
import { readConfig } from '../../src/config.js';
import { createContainer, parts } from '../../src/container.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { collectGarbage, cpuMicros, interleaved, longestStall, ratio, scaled, type Row } from './measure.js';
import { messageOf, shuffled, stream } from './traffic.js';

const ROCKETS = 1000;
const IN_FLIGHT = 1000;

/** The way of a message without HTTP, in memory. */
const openPipeline = async () => {
  const config = readConfig({ LOG_LEVEL: 'silent', BUFFER_MESSAGES: '1000000' }, false);
  const container = await createContainer(config);
  await container.get(parts.workers).start();
  const ingest = container.get(parts.ingest);
  return {
    directory: container.get(parts.directory),
    /** Processor microseconds for each message. */
    push: async (messages: readonly RocketMessage[]): Promise<number> => {
      const before = cpuMicros();
      for (let start = 0; start < messages.length; start += IN_FLIGHT) {
        await chunk(messages.slice(start, start + IN_FLIGHT));
      }
      return (cpuMicros() - before) / messages.length;
    },
  };

  function chunk(messages: readonly RocketMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = messages.length;
      const told = (result: Outcome | Error): void => {
        if (result instanceof Error) reject(result);
        else if (--left === 0) setImmediate(resolve);
      };
      for (const message of messages) ingest.submit(message, 250, told);
    });
  }
};

const fresh = async (messages: readonly RocketMessage[]): Promise<number> => {
  collectGarbage();
  const pipeline = await openPipeline();
  return pipeline.push(messages);
};

/** Disorder, repeats and size: how much dearer they make a message. */
export const pipelineBench = async (): Promise<Row[]> => {
  const count = scaled(400_000);
  const inOrder = stream(count, ROCKETS);
  const repeated = shuffledIn(inOrder, count);
  await fresh(inOrder);
  const micros = await interleaved({
    inOrder: () => fresh(inOrder),
    again: () => fresh(inOrder),
    window: () => fresh(shuffled(inOrder, 100)),
    whole: () => fresh(shuffled(inOrder, count)),
    duplicates: () => fresh(repeated),
  });
  return [
    {
      goal: 'control',
      what: 'pipeline, in order twice (A/A)',
      measured: ratio(micros.again, micros.inOrder),
    },
    {
      goal: '8',
      what: 'shuffled within 100 ÷ in order',
      measured: ratio(micros.window, micros.inOrder),
      good: 1.4,
      target: 1.1,
      better: 'lower',
    },
    {
      goal: '8',
      what: 'whole stream shuffled ÷ in order',
      measured: ratio(micros.whole, micros.inOrder),
      good: 4,
      target: 2,
      better: 'lower',
    },
    {
      goal: '9',
      what: '20 % duplicates ÷ none',
      measured: ratio(micros.duplicates, micros.inOrder),
      good: 1.1,
      target: 1,
      better: 'lower',
    },
    ...(await atSize()),
    await longDrain(),
  ];
};

/** Every fifth message is one of the thousand before it again. */
const shuffledIn = (messages: readonly RocketMessage[], count: number): RocketMessage[] => {
  const result: RocketMessage[] = [];
  for (let i = 0; result.length < count; i++) {
    result.push(messages[i]!);
    if (i % 4 === 3) result.push(messages[Math.max(0, i - (i % 997))]!);
  }
  return result;
};

/** Cost of a message when ten times as many are stored already. */
const atSize = async (): Promise<Row[]> => {
  const pipeline = await openPipeline();
  const step = scaled(500_000);
  let number = 0;
  const grow = async (): Promise<number> => {
    const messages: RocketMessage[] = [];
    for (let i = 0; i < step / ROCKETS; i++) {
      number++;
      for (let rocket = 0; rocket < ROCKETS; rocket++) messages.push(messageOf(rocket, number));
    }
    return pipeline.push(messages);
  };
  await grow();
  const small = await grow();
  for (let i = 0; i < 17; i++) await grow();
  const large = await grow();
  return [
    {
      goal: '7',
      what: 'cost of a message at 10⁷ stored ÷ at 10⁶',
      measured: large / small,
      good: 1.1,
      target: 1,
      better: 'lower',
    },
  ];
};

/** One message closes the gap before 100,000 that wait. */
const longDrain = async (): Promise<Row> => {
  const waiting = 100_000;
  const pipeline = await openPipeline();
  const messages = stream(waiting + 1, 1);
  await pipeline.push(messages.slice(1));
  const measured = await longestStall(async () => {
    await pipeline.push(messages.slice(0, 1));
    for (let version = 0; version <= waiting;) {
      await new Promise(setImmediate);
      version = (await pipeline.directory.find(messages[0]!.channel))?.version ?? 0;
    }
  });
  return {
    goal: '',
    what: 'longest stall while 100,000 early messages drain',
    measured,
    good: 20,
    target: 10,
    better: 'lower',
    unit: ' ms',
  };
};
