import { join } from 'node:path';
import { inDirectory, quick, type Row } from './measure.js';
import { postLines } from './post-lines.js';
import { ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const count = (messages: number): number => (quick ? messages / 10 : messages);

interface Run {
  readonly what: string;
  readonly rockets: number;
  readonly messages: number;
}

/** Its default fleet, a message every 500 ms as in the example of the challenge; the same at 5,000 messages a minute. */
const day: Run = { what: "24 hours of the challenge's traffic", rockets: 20, messages: count(172_800) };
const hour: Run = { what: 'an hour at 5,000 messages a minute', rockets: 20, messages: count(300_000) };
const fleet: Run = {
  what: 'rockets of one message each',
  rockets: count(1_000_000),
  messages: count(1_000_000),
};
const history: Run = { what: 'events of 1,000 rockets', rockets: 1000, messages: count(5_000_000) };

/** What a durable store may take more at the end than after three tenths: 200,000 rockets fill its caches. */
const MOST_GROWTH_MIB = quick ? 256 : 96;
/** A rocket with its first event, and an event, as docs/promises.md states them. */
const BYTES_A_ROCKET = quick ? 2500 : 1500;
const BYTES_AN_EVENT = quick ? 250 : 60;

/** Long runs, as fast as they go: memory stays flat where events are on the disk, and costs what we say where they are not. */
export const enduranceBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => [
    await cost(fleet, 'a rocket', BYTES_A_ROCKET),
    await cost(history, 'an event', BYTES_AN_EVENT),
    ...(await flat([day, hour], directory)),
    ...(await flat([fleet], directory)),
  ]);

const flat = async (runs: readonly Run[], directory: string): Promise<Row[]> => {
  const file = join(directory, `${runs[0]!.rockets}.db`);
  const server = await ServerUnderTest.start('rockets', { EVENT_STORE: 'sqlite', SQLITE_FILE: file });
  const rows: Row[] = [];
  let from = 0;
  for (const run of runs) {
    const memory = await tell(server, run, from);
    console.error(`  ${run.what}, MiB after each tenth: ${memory.map(Math.round).join(' ')}`);
    from += run.messages;
    rows.push({
      goal: '',
      what: `SQLite, ${described(run)}: memory at the end, beyond that after three tenths`,
      measured: memory.at(-1)! - memory[2]!,
      good: MOST_GROWTH_MIB,
      better: 'lower',
      unit: ' MiB',
    });
    rows.push({ goal: '', what: 'the same: memory at the end', measured: memory.at(-1)!, unit: ' MiB' });
  }
  await server.stop();
  return rows;
};

const cost = async (run: Run, what: string, good: number): Promise<Row> => {
  const server = await ServerUnderTest.start('rockets', { EVENT_STORE: 'memory' });
  const before = await mibOf(server);
  const after = (await tell(server, run, 0)).at(-1)!;
  await server.stop();
  console.error(`  ${run.what}: from ${before.toFixed(0)} to ${after.toFixed(0)} MiB`);
  const measured = ((after - before) * 2 ** 20) / run.messages;
  return {
    goal: '',
    what: `in memory, ${described(run)}: ${what}`,
    measured,
    good,
    better: 'lower',
    unit: ' B',
  };
};

const described = ({ messages, what }: Run): string => `${messages.toLocaleString('en')} messages, ${what}`;

const LINES = 10_000;

/** Answers the memory of the service in MiB after each tenth. */
const tell = async (server: ServerUnderTest, { rockets, messages }: Run, from: number): Promise<number[]> => {
  const memory: number[] = [];
  for (let sent = 0; sent < messages;) {
    const lines = Math.min(LINES, messages / 10 - (sent % (messages / 10)));
    await postLines(
      server.port,
      stream(lines, rockets, from + sent)
        .map(wireOf)
        .join('\n'),
    );
    sent += lines;
    if (sent % (messages / 10) === 0) memory.push(await mibOf(server));
  }
  return memory;
};

const mibOf = async (server: ServerUnderTest): Promise<number> => (await server.usage()).rss / 2 ** 20;
