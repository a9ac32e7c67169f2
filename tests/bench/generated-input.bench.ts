import fc from 'fast-check';
import { join } from 'node:path';
import { allAnswers } from '../support/all-answers.js';
import { badInputCorpus } from '../support/bad-input-corpus.js';
import { methodOf, packetsOf, type GeneratedInput } from '../support/generated-input/generated-input.js';
import { generatedInput } from '../support/generated-input/requests.js';
import { rawExchange } from '../support/raw-exchange.js';
import { inDirectory, quick, scaled, type Row } from './measure.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const BATCHES = scaled(50);
const BATCH = 200;
const MESSAGES = scaled(20_000);
const CONNECTIONS = 8;
const ROUNDS = 3;

/**
 * The longest stall of the service's loop, whatever is sent: nobody else waits for longer. What an input costs, it costs in
 * every round; what the machine adds, it adds in one of them.
 */
export const generatedInputBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const rows: Row[] = [];
    for (const store of ['memory', 'sqlite']) {
      const rounds: Stalls[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const env = { EVENT_STORE: store, SQLITE_FILE: join(directory, `${round}.db`) };
        rounds.push(await stallsOf(env));
      }
      const worst = (batch: keyof Stalls): number =>
        Math.max(...rounds[0]![batch].map((_, i) => Math.min(...rounds.map((round) => round[batch][i]!))));
      const bound = { goal: '', good: quick ? 300 : 100, target: 50, better: 'lower', unit: ' ms' } as const;
      const what = `${store}: longest stall of the loop while`;
      rows.push(
        { ...bound, what: `${what} the corpus of bad input comes in`, measured: worst('corpus') },
        {
          ...bound,
          what: `${what} ${BATCHES * BATCH} generated inputs come in`,
          measured: worst('generated'),
        },
        { goal: '', what: `${what} good messages come in`, measured: worst('good'), unit: ' ms' },
      );
    }
    return rows;
  });

interface Stalls {
  readonly good: readonly number[];
  readonly corpus: readonly number[];
  readonly generated: readonly number[];
}

const stallsOf = async (env: Readonly<Record<string, string>>): Promise<Stalls> => {
  const server = await ServerUnderTest.start('rockets', env);
  const { port } = server;
  const stallWhile = async (work: Promise<unknown>): Promise<number> => {
    await work;
    return (await server.usage()).stallMs;
  };
  const bodies = stream(MESSAGES, 100, 0).map(wireOf);
  await stallWhile(postAll(port, bodies.slice(0, MESSAGES / 2), CONNECTIONS));
  const good = [await stallWhile(postAll(port, bodies.slice(MESSAGES / 2), CONNECTIONS))];
  const corpus: number[] = [];
  for (const { cases } of badInputCorpus) {
    corpus.push(await stallWhile(inTurns(cases, ({ bytes, hangsUp }) => rawExchange(port, bytes, hangsUp))));
  }
  const generated: number[] = [];
  for (let seed = 0; seed < BATCHES; seed++) {
    const inputs = fc.sample(generatedInput, { numRuns: BATCH, seed });
    generated.push(await stallWhile(inTurns(inputs, (input) => sendTo(port, input))));
  }
  await server.stop();
  return { good, corpus, generated };
};

const sendTo = (port: number, input: GeneratedInput): Promise<unknown> =>
  allAnswers(
    port,
    packetsOf(input, { epoch: 'x', at: (number) => `x-${number}` }),
    methodOf(input) === 'HEAD',
  );

const inTurns = async <T>(inputs: readonly T[], send: (input: T) => Promise<unknown>): Promise<void> => {
  const left = inputs.values();
  const client = async (): Promise<void> => {
    for (const input of left) await send(input);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
};
