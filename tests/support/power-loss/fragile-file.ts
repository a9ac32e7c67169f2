import type { Random } from '../../simulation/random.js';
import type { DiskEvent } from './disk-events.js';

type Change = Extract<DiskEvent, { kind: 'write' | 'resize' }>;

/** What a disk writes whole or not at all. */
export const SECTOR = 512;

/** Bytes, with room to grow; behind the end they are zero. */
class Bytes {
  length: number;

  constructor(private buffer: Buffer = Buffer.alloc(0)) {
    this.length = buffer.length;
  }

  apply(change: Change): void {
    if (change.kind === 'write') {
      this.put(change.offset, change.bytes);
      this.length = Math.max(this.length, change.offset + change.bytes.length);
    } else {
      if (change.length < this.length) this.buffer.fill(0, change.length, this.length);
      this.length = change.length;
    }
  }

  put(offset: number, bytes: Buffer): void {
    this.reserve(offset + bytes.length);
    bytes.copy(this.buffer, offset);
  }

  slice(from: number, to: number): Buffer {
    this.reserve(to);
    return this.buffer.subarray(from, to);
  }

  private reserve(length: number): void {
    if (length <= this.buffer.length) return;
    const larger = Buffer.alloc(Math.ceil(length * 1.25));
    this.buffer.copy(larger);
    this.buffer = larger;
  }
}

/** One file: the bytes that are safe, and what was done since. */
export class FragileFile {
  private readonly safe = new Bytes();
  private unsynced: Change[] = [];
  private kept = 0;

  /** How often it was changed so far. */
  get changes(): number {
    return this.kept + this.unsynced.length;
  }

  get isUnsynced(): boolean {
    return this.unsynced.length > 0;
  }

  change(change: Change): void {
    this.unsynced.push(change);
  }

  /** A sync that began after so many changes has ended. */
  keep(upTo: number): void {
    const done = this.unsynced.splice(0, Math.max(0, upTo - this.kept));
    for (const change of done) this.safe.apply(change);
    this.kept += done.length;
  }

  synced(): Buffer {
    return Buffer.from(this.safe.slice(0, this.safe.length));
  }

  now(): Buffer {
    return this.with(() => true, this.unsynced.length);
  }

  /** Nothing of what was not synced, all of it, some whole writes, or some sectors; the length goes its own way. */
  afterPowerLoss(random: Random): Buffer {
    const way = random.pick(['nothing', 'everything', 'writes', 'sectors'] as const);
    if (way === 'nothing' || this.unsynced.length === 0) return this.synced();
    if (way === 'everything') return this.now();
    const share = random.next();
    const lengthAfter = random.between(0, this.unsynced.length);
    if (way === 'sectors') return this.with(() => random.chance(share), lengthAfter);
    const written = this.unsynced.map(() => random.chance(share));
    return this.with((change) => written[change] === true, lengthAfter);
  }

  /**
   * The cache changes in order, and a sector goes to the disk as the cache holds it at some moment: with the change
   * named, so with all before it, and without those after it that were not taken.
   */
  private with(taken: (change: number, sector: number) => boolean, lengthAfter: number): Buffer {
    const cache = new Bytes(this.synced());
    const disk = new Bytes(this.synced());
    let length = cache.length;
    this.unsynced.forEach((change, i) => {
      const lengthBefore = cache.length;
      cache.apply(change);
      const from = change.kind === 'write' ? change.offset : Math.min(change.length, lengthBefore);
      const to = change.kind === 'write' ? from + change.bytes.length : Math.max(change.length, lengthBefore);
      for (let sector = Math.floor(from / SECTOR); sector * SECTOR < to; sector++) {
        const start = sector * SECTOR;
        if (taken(i, sector)) disk.put(start, cache.slice(start, start + SECTOR));
      }
      if (i < lengthAfter) length = cache.length;
    });
    return disk.slice(0, length);
  }
}
