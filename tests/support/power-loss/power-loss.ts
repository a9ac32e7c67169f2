import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Random } from '../../simulation/random.js';
import type { DiskEvent } from './disk-events.js';
import { FragileDisk, type DiskImage } from './fragile-disk.js';
import type { Known } from './image-judge.js';
import type { RadioTraffic } from './radio-traffic.js';

export interface PowerLoss {
  /** How many events had happened. */
  readonly moment: number;
  readonly image: DiskImage;
  readonly known: Known;
}

export interface Moments {
  readonly all: number;
  /** Right after a reply. */
  readonly replies: readonly number[];
  /** While the database itself holds writes that were not synced. */
  readonly checkpoints: readonly number[];
  /** How many times such writes became safe. */
  readonly checkpointsEnded: number;
}

/** Walks once through what happened, for the moments at which a power loss is most telling. */
export const momentsOf = (events: readonly DiskEvent[], file: string): Moments => {
  const database = basename(file);
  const disk = new FragileDisk();
  const replies: number[] = [];
  const checkpoints: number[] = [];
  let checkpointsEnded = 0;
  events.forEach((event, i) => {
    const wasUnsynced = disk.isUnsynced(database);
    disk.apply(event);
    const isUnsynced = disk.isUnsynced(database);
    if (event.kind === 'reply') replies.push(i + 1);
    if (isUnsynced) checkpoints.push(i + 1);
    if (wasUnsynced && !isUnsynced) checkpointsEnded++;
  });
  return { all: events.length, replies, checkpoints, checkpointsEnded };
};

/** A third of them after replies, a third within checkpoints, a third anywhere. */
export const drawMoments = (
  { all, replies, checkpoints }: Moments,
  count: number,
  seed: number,
): number[] => {
  const random = new Random(seed);
  const drawn = Array.from({ length: count }, (_, i) => {
    if (i % 3 === 0) return random.pick(replies);
    return i % 3 === 1 ? random.pick(checkpoints) : random.between(0, all);
  });
  return drawn.sort((a, b) => a - b);
};

/** Lets it all happen again, and the power fail at each of the moments, which are in order. */
export const powerLosses = function* (
  events: readonly DiskEvent[],
  moments: readonly number[],
  traffic: RadioTraffic,
  imageOf: (disk: FragileDisk) => DiskImage,
): Generator<PowerLoss> {
  const disk = new FragileDisk();
  const acknowledged = new Map<string, Set<number>>();
  let done = 0;
  for (const moment of moments) {
    for (; done < moment; done++) {
      const event = events[done]!;
      disk.apply(event);
      if (event.kind === 'reply') acknowledge(acknowledged, event, traffic);
    }
    yield { moment, image: imageOf(disk), known: { sent: traffic.sent, acknowledged } };
  }
};

const acknowledge = (
  acknowledged: Map<string, Set<number>>,
  { status, requestId }: Extract<DiskEvent, { kind: 'reply' }>,
  { carried }: RadioTraffic,
): void => {
  if (status >= 300) return;
  for (const { channel, number } of carried.get(requestId) ?? []) {
    acknowledged.set(channel, (acknowledged.get(channel) ?? new Set()).add(number));
  }
};

/** The power fails at the end, on a disk that keeps what it must and that lied about some syncs. */
export const powerLossOfLiar = (
  events: readonly DiskEvent[],
  lied: (event: DiskEvent, place: number) => boolean,
  traffic: RadioTraffic,
): PowerLoss => {
  const honest = events.filter((event, i) => !(event.kind === 'sync-ends' && lied(event, i)));
  if (honest.length === events.length) throw new Error('there was no such sync');
  const [loss] = powerLosses(honest, [honest.length], traffic, (disk) => disk.synced());
  return loss!;
};

/** Puts an image where it can be opened, alone in a directory of its own. */
export const restore = (image: DiskImage, file: string): void => {
  rmSync(dirname(file), { recursive: true, force: true });
  mkdirSync(dirname(file), { recursive: true });
  for (const [name, bytes] of image) writeFileSync(join(dirname(file), name), bytes);
};
