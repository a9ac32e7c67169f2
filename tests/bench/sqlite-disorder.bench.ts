import { join } from 'node:path';
import { inDirectory, interleaved, ratio, scaled, type Row } from './measure.js';
import { postLines } from './post-lines.js';
import { ServerUnderTest } from './server-under-test.js';
import { messageOf, shuffled, wireOf } from './traffic.js';

/** Together they have more early messages than heads are kept in memory for. */
const STREAMS = 300;
const LINES = scaled(1200);
const ROUNDS = 3;

/** Many rockets at once, each of which tells its whole story in random order. */
export const sqliteDisorderBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const server = await ServerUnderTest.start('rockets', {
      EVENT_STORE: 'sqlite',
      SQLITE_FILE: join(directory, 'disorder.db'),
    });
    let rockets = 0;
    const send = (window: number) => async (): Promise<number> => {
      const bodies = Array.from({ length: STREAMS }, () => {
        const rocket = rockets++;
        const story = Array.from({ length: LINES }, (_, i) => messageOf(rocket, i + 1));
        return shuffled(story, window, rocket).map(wireOf).join('\n');
      });
      const began = performance.now();
      await Promise.all(bodies.map((body) => postLines(server.port, body)));
      return performance.now() - began;
    };
    const millis = await interleaved({ inOrder: send(1), whole: send(LINES) }, ROUNDS);
    await server.stop();
    return [
      {
        goal: '',
        what: `${STREAMS} NDJSON streams into SQLite, each shuffled whole ÷ in order, wall time`,
        measured: ratio(millis.whole, millis.inOrder),
        better: 'lower',
      },
    ];
  });
