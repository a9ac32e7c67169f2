import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from './producers.js';
import { seededRandom } from './seeded-random.js';
import type { Fate, ReceivedEvent, WebhookReceiver } from './webhook-receiver.js';

export interface ShownSubscription {
  readonly name: string;
  readonly state: string;
  readonly position: string;
  readonly lag: { readonly events: number; readonly seconds: number };
  readonly delivered: number;
  readonly retried: number;
  readonly parked: number;
  readonly givenUp: number;
  readonly waitsFor: string;
  readonly secret?: string;
  readonly pausedAs?: string;
  readonly lastError?: { readonly what: string };
}

export const callService = async <T>(
  url: string,
  path: string,
  body?: object,
  method = body === undefined ? 'GET' : 'POST',
): Promise<T> => {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
};

export const shown = (url: string, name: string): Promise<ShownSubscription> =>
  callService(url, `/subscriptions/${name}`);

/** 30 in 100 fail, and of the others some hang, some answer late, and some answer in vain. */
export const badly = (seed: number, hanging = 0.005): ((events: readonly ReceivedEvent[]) => Fate) => {
  const random = seededRandom(seed);
  return () => {
    const chance = random();
    if (chance < 0.3) return 'fail';
    if (chance < 0.3 + hanging) return 'hang';
    if (chance < 0.4) return 'late';
    return chance < 0.5 ? 'lost' : 'yes';
  };
};

/** Watches that a checkpoint never goes back, whoever answers. */
export class CheckpointWatch {
  readonly wentBack: string[] = [];
  looks = 0;
  private last: readonly number[] = [];
  private isOver = false;
  private readonly watching: Promise<void>;

  constructor(
    private readonly name: string,
    private readonly urls: () => readonly string[],
  ) {
    this.watching = this.watch();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.isOver) {
      for (const url of this.urls()) {
        const found = await shown(url, this.name).catch(() => undefined);
        if (found === undefined) continue;
        this.looks++;
        const place = placeOf(found.position);
        if (isBefore(place, this.last)) this.wentBack.push(`${this.last.join('.')} -> ${place.join('.')}`);
        else this.last = place;
      }
      await delay(50);
    }
  }
}

/** What stands behind the name of the history. */
const placeOf = (position: string): number[] =>
  position
    .slice(position.indexOf('-') + 1)
    .split('.')
    .map(Number);

const isBefore = (one: readonly number[], other: readonly number[]): boolean => {
  const i = one.findIndex((part, at) => part !== other[at]);
  return i !== -1 && one[i]! < (other[i] ?? -1);
};

/** Waits until the receiver has had so many different events; says what it has when it never does. */
export const untilTold = async (
  receiver: WebhookReceiver,
  count: number,
  patienceMs: number,
  why: () => Promise<unknown>,
): Promise<void> => {
  for (const began = performance.now(); receiver.firsts().size < count; await delay(100)) {
    if (performance.now() - began < patienceMs) continue;
    throw new Error(`told ${receiver.firsts().size} of ${count}: ${JSON.stringify(await why())}`);
  }
};

/** Every number of every rocket, each rocket's in order, and nothing else. */
export const expectWhole = (receiver: WebhookReceiver, versions: ReadonlyMap<string, number>): void => {
  const told = new Map<string, number[]>();
  for (const { subject, data } of receiver.firsts().values()) {
    const numbers = told.get(subject) ?? [];
    numbers.push(data.number);
    told.set(subject, numbers);
  }
  expect(receiver.unsigned).toEqual([]);
  expect([...told.keys()].sort()).toEqual([...versions.keys()].sort());
  for (const [channel, version] of versions) {
    expect([channel, told.get(channel)]).toEqual([channel, Array.from({ length: version }, (_, i) => i + 1)]);
  }
};

/** What a rocket of the fleet has said without a hole: all of it, once everything was acknowledged. */
export const versionsOf = (fleet: Fleet): Map<string, number> =>
  new Map(
    fleet.producers.filter(({ sent }) => sent.length > 0).map(({ channel, sent }) => [channel, sent.length]),
  );
