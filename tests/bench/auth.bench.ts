import type { Request } from 'express';
import { Access } from '../../src/infrastructure/auth/access.js';
import { Gate } from '../../src/infrastructure/http/gate.js';
import { keysOf, testKey } from '../support/api-keys.js';
import { silentLogger } from '../support/silent-logger.js';
import { collectGarbage, cpuMicros, interleaved, median, scaled, type Row } from './measure.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const CALLERS = 100;
const CALLS = scaled(1_000_000);
const REQUESTS = scaled(30_000);

/** What it costs to know who reports: the added code alone, beside all that a message costs. */
export const authBench = async (): Promise<Row[]> => {
  const keys = Array.from({ length: CALLERS }, (_, i) => testKey(`key ${i}`));
  const access = await Access.open(
    { keys: { text: keysOf(keys) }, tokens: undefined, sessionSecret: undefined },
    { reread: () => undefined, failed: () => undefined },
  );
  // A header of a request is a new text each time.
  const headers = keys.map(({ header }) => Buffer.from(header.authorization));
  const costOf = (gate: Gate) => (): number => {
    let letIn = 0;
    collectGarbage();
    const before = cpuMicros();
    for (let i = 0; i < CALLS; i++) {
      const authorization = headers[i % CALLERS]!.toString('latin1');
      void gate.letReport(
        { headers: { authorization } } as Request,
        () => undefined,
        () => {
          letIn++;
        },
      );
    }
    if (letIn !== CALLS) throw new Error('Not every caller was let in.');
    return (cpuMicros() - before) / CALLS;
  };
  const server = await ServerUnderTest.start('rockets');
  let sent = 0;
  const message = async (): Promise<number> => {
    const bodies = stream(REQUESTS, 1000, sent).map(wireOf);
    sent += REQUESTS;
    const before = await server.cpuMicros();
    await postAll(server.port, bodies, 64);
    return ((await server.cpuMicros()) - before) / REQUESTS;
  };
  await message();
  const micros = await interleaved({
    guarded: costOf(new Gate(access, silentLogger)),
    open: costOf(new Gate(undefined, silentLogger)),
    message,
  });
  await server.stop();
  access.close();
  const added = median(micros.guarded) - median(micros.open);
  return [
    {
      goal: '',
      what: 'AUTH=keys: the added code ÷ all that a single POST costs, in processor time',
      measured: (added / median(micros.message)) * 100,
      good: 3,
      target: 1,
      better: 'lower',
      unit: ' %',
    },
  ];
};
