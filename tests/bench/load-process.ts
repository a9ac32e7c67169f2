import { setTimeout as pause } from 'node:timers/promises';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { postLines } from './post-lines.js';
import { postAll } from './server-under-test.js';
import { messageOf, shuffled, wireOf } from './traffic.js';

/** Sends messages for some time, as fast as they are taken or at a rate: `node load-process.js PORT`, then IPC. */
const port = Number(process.argv[2]);

interface Load {
  readonly rockets: number;
  readonly window: number;
  readonly way: 'single' | 'ndjson';
  readonly seconds: number;
  /** Messages a second; as many as possible when left out. */
  readonly rate?: number;
}

const CONNECTIONS = 16;
const TICK_MS = 50;

/** The messages of all rockets in turn, shuffled in windows; goes on where it stopped. */
class Traffic {
  private sent = 0;
  private ready: string[] = [];

  take(count: number, { rockets, window }: Load): string[] {
    while (this.ready.length < count) {
      const size = Math.max(window, 1000);
      const messages = Array.from({ length: size }, (_, i): RocketMessage => {
        const n = this.sent + i;
        return messageOf(n % rockets, Math.floor(n / rockets) + 1);
      });
      this.ready.push(...shuffled(messages, window, this.sent + 1).map(wireOf));
      this.sent += size;
    }
    return this.ready.splice(0, count);
  }
}

const traffic = new Traffic();

const send = async (load: Load, count: number): Promise<void> => {
  const bodies = traffic.take(count, load);
  if (load.way === 'single') await postAll(port, bodies, CONNECTIONS);
  else await postLines(port, bodies.join('\n'));
};

const run = async (load: Load): Promise<{ messages: number; seconds: number }> => {
  const { seconds, rate = Infinity, way } = load;
  const most = way === 'single' ? 2000 : 20_000;
  const began = performance.now();
  let messages = 0;
  for (;;) {
    const passed = (performance.now() - began) / 1000;
    if (passed >= seconds) return { messages, seconds: passed };
    const due = Math.min(most, Math.floor(rate * (passed + TICK_MS / 1000)) - messages);
    if (due > 0) await send(load, rate === Infinity ? most : due);
    else await pause(TICK_MS / 4);
    messages += Math.max(0, rate === Infinity ? most : due);
  }
};

process.on('message', (load: Load) => void run(load).then((sent) => process.send?.(sent)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
