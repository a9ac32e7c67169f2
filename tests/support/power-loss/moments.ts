import { Random } from '../../simulation/random.js';
import type { DiskEvent } from './disk-events.js';
import { FragileDisk } from './fragile-disk.js';

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
export const momentsOf = (events: readonly DiskEvent[], database: string): Moments => {
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

/** Pairs of replies that followed each other with something new in the log in between, and no checkpoint. */
export const repliesToOneWrite = (
  events: readonly DiskEvent[],
  database: string,
): { from: number; to: number }[] => {
  const places = events.flatMap((event, i) => (event.kind === 'reply' ? [i] : []));
  return places.slice(1).flatMap((to, i) => {
    const between = events.slice(places[i], to).filter((event) => 'name' in event);
    const written = between.some(({ kind }) => kind === 'write');
    return written && between.every((event) => event.name !== database) ? [{ from: places[i]!, to }] : [];
  });
};

/** The first sync of the database after a checkpoint, and a reply from when the log had begun anew. */
export const replyAfterCheckpoint = (
  events: readonly DiskEvent[],
  database: string,
): { synced: number; replied: number } => {
  const after = (from: number, is: (event: DiskEvent) => boolean): number => {
    const place = events.findIndex((event, i) => i > from && is(event));
    if (place === -1) throw new Error('there is no such event');
    return place;
  };
  const isOf = (event: DiskEvent, kind: DiskEvent['kind'], name: string): boolean =>
    event.kind === kind && 'name' in event && event.name === name;
  const log = `${database}-wal`;
  const firstReply = after(-1, ({ kind }) => kind === 'reply');
  const checkpoint = after(firstReply, (event) => isOf(event, 'write', database));
  const synced = after(checkpoint, (event) => isOf(event, 'sync-ends', database));
  const anew = after(synced, (event) => event.kind === 'write' && event.name === log && event.offset === 0);
  const headerSynced = after(anew, (event) => isOf(event, 'sync-ends', log));
  const logged = after(headerSynced, (event) => isOf(event, 'sync-ends', log));
  return { synced, replied: after(logged, ({ kind }) => kind === 'reply') };
};
