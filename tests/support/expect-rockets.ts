import { follow, unseen } from '../simulation/oracle.js';
import type { Fleet, Producer } from './producers.js';

/** Every rocket and its whole history, as the service tells them, are what the oracle makes of what was sent. */
export const expectExact = async (url: string, fleet: Fleet): Promise<void> => {
  for (const producer of fleet.producers) await expectRocket(url, producer);
  expect(fleet.unexpected).toEqual([]);
};

const expectRocket = async (url: string, { channel, sent }: Producer): Promise<void> => {
  const sight = unseen();
  const events = sent.map(({ number, type, data, time }) => ({
    number,
    ...follow(sight, { number, told: { type, data, time } }),
  }));
  const history = await historyOf(url, channel);
  expect(history.map(({ number, type, data, time }) => ({ number, type, data, time }))).toEqual(events);
  const rocket = (await (await fetch(`${url}/rockets/${channel}`)).json()) as Record<string, unknown>;
  expect(rocket).toMatchObject({
    channel,
    version: sight.version,
    status: sight.status,
    speed: sight.speed,
    mission: sight.mission,
    highestHeard: sent.length,
    waiting: 0,
    complete: true,
  });
};

interface HistoryEntry {
  readonly number: number;
  readonly type: string;
  readonly data: unknown;
  readonly time: string;
}

const historyOf = async (url: string, channel: string): Promise<HistoryEntry[]> => {
  const events: HistoryEntry[] = [];
  for (;;) {
    const after = events.at(-1)?.number ?? 0;
    const answer = await fetch(`${url}/rockets/${channel}/events?after=${after}&limit=1000`);
    if (!answer.ok) throw new Error(`${channel}: ${await answer.text()}`);
    const page = (await answer.json()) as HistoryEntry[];
    if (page.length === 0) return events;
    events.push(...page);
  }
};
