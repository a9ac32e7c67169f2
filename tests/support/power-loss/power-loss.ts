import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

export const powerLossAt = (
  events: readonly DiskEvent[],
  moment: number,
  traffic: RadioTraffic,
  imageOf: (disk: FragileDisk) => DiskImage,
): PowerLoss => {
  const [loss] = powerLosses(events, [moment], traffic, imageOf);
  return loss!;
};

/** The power fails at the end, on a disk that keeps what it must and that lied about some syncs. */
export const powerLossOfLiar = (
  events: readonly DiskEvent[],
  lied: (event: DiskEvent, place: number) => boolean,
  traffic: RadioTraffic,
): PowerLoss => {
  const honest = events.filter((event, i) => !(event.kind === 'sync-ends' && lied(event, i)));
  if (honest.length === events.length) throw new Error('there was no such sync');
  return powerLossAt(honest, honest.length, traffic, (disk) => disk.synced());
};

/** Puts an image where it can be opened, alone in a directory of its own. */
export const restore = (image: DiskImage, file: string): void => {
  rmSync(dirname(file), { recursive: true, force: true });
  mkdirSync(dirname(file), { recursive: true });
  for (const [name, bytes] of image) writeFileSync(join(dirname(file), name), bytes);
};
