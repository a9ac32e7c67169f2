import { setTimeout as delay } from 'node:timers/promises';
import type { ServerUnderTest } from './server-under-test.js';
import { channelOf } from './traffic.js';

const READERS = 4;
const SAMPLE_MS = 20;

/** What a store holds already: so many rockets, each with messages 1 to `messages`. */
interface Stored {
  readonly rockets: number;
  readonly messages: number;
}

/** The largest RSS of the server's process, in bytes, while `write` runs and readers ask all kinds of questions. */
export const peakRss = async (
  server: ServerUnderTest,
  stored: Stored,
  write: () => Promise<void>,
): Promise<number> => {
  let peak = 0;
  let isOver = false;
  const sample = async (): Promise<void> => {
    for (; !isOver; await delay(SAMPLE_MS)) peak = Math.max(peak, (await server.usage()).rss);
  };
  const read = async (reader: number): Promise<void> => {
    for (let turn = reader; !isOver; turn += READERS) await ask(server.port, stored, turn);
  };
  const writing = write().finally(() => (isOver = true));
  await Promise.all([writing, sample(), ...Array.from({ length: READERS }, (_, i) => read(i))]);
  return peak;
};

/** A list, a history, past states and the feed: with each turn at another place of the file. */
const ask = async (port: number, { rockets, messages }: Stored, turn: number): Promise<void> => {
  const rocket = `/rockets/${channelOf((turn * 7919) % rockets)}`;
  const number = ((turn * 104_729) % messages) + 1;
  const found = await get(port, `${rocket}/messages/${number}`);
  const { event } = (await found.json()) as { event: { position: string } };
  const paths = [
    `/events?limit=1000&after=${event.position}`,
    `${rocket}/events?limit=1000&after=${number}`,
    `${rocket}?version=${number}`,
    `${rocket}?at=2026-10-01T15:30:00Z`,
    rocket,
    '/rockets?sort=-speed&limit=1000',
    '/gaps',
  ];
  for (const path of paths) await (await get(port, path)).arrayBuffer();
};

const get = async (port: number, path: string): Promise<Response> => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  if (!answer.ok) throw new Error(`${answer.status} for ${path}`);
  return answer;
};
