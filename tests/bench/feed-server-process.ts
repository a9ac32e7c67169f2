import type { Outcome } from '../../src/application/ingest/outcome.js';
import { readConfig } from '../../src/config.js';
import { createContainer, parts } from '../../src/container.js';
import { cpuMicros } from './measure.js';
import { messageOf } from './traffic.js';

/** The service in a process of its own, fed from inside: sends its port, then takes counts of messages by IPC. */
const ROCKETS = 1000;
const IN_FLIGHT = 1000;

const main = async (): Promise<void> => {
  const config = readConfig({ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' }, false);
  const container = await createContainer(config);
  const { port } = await container.get(parts.service).start();
  const ingest = container.get(parts.ingest);
  let sent = 0;

  const chunk = (size: number): Promise<void> =>
    new Promise((resolve, reject) => {
      let left = size;
      const told = (result: Outcome | Error): void => {
        if (result instanceof Error) reject(result);
        else if (--left === 0) setImmediate(resolve);
      };
      for (let i = 0; i < size; i++, sent++) {
        const message = messageOf(sent % ROCKETS, Math.floor(sent / ROCKETS) + 1);
        ingest.submit(message, 250, told);
      }
    });

  process.on('message', async (count: number) => {
    const cpu = cpuMicros();
    for (let left = count; left > 0; left -= IN_FLIGHT) await chunk(Math.min(left, IN_FLIGHT));
    const micros = (cpuMicros() - cpu) / count;
    process.send?.({ micros, rss: process.memoryUsage().rss / 2 ** 20 });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.(port);
};

void main();
