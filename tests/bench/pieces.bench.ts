import { setTimeout as pause } from 'node:timers/promises';
import { percentile, quick, type Row } from './measure.js';
import { startProcess } from './processes.js';
import { ServerUnderTest } from './server-under-test.js';

const SENDERS = 100;
const SECONDS = 6;

/** How long probes wait beside senders who cut what they send into pieces of one byte. */
export const piecesBench = async (): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const kind of ['bodies', 'streams'] as const) {
    const server = await ServerUnderTest.start('rockets');
    const senders = await startProcess('pieces-process.js', String(server.port), kind, String(SENDERS));
    const latencies: number[] = [];
    const until = performance.now() + SECONDS * 1000;
    senders.send('go');
    while (performance.now() < until) {
      const asked = performance.now();
      await (await fetch(`http://127.0.0.1:${server.port}/livez`)).text();
      latencies.push(performance.now() - asked);
      await pause(2);
    }
    senders.disconnect();
    await server.stop();
    rows.push({
      goal: '',
      what: `longest GET /livez beside ${SENDERS} ${kind} in pieces of one byte`,
      measured: percentile(latencies, 1),
      good: quick ? 1000 : 250,
      target: 100,
      better: 'lower',
      unit: ' ms',
    });
  }
  return rows;
};
