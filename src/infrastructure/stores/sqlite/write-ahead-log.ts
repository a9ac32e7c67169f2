import { existsSync, fstatSync, fsyncSync, readSync } from 'node:fs';
import { StoreDamaged } from '../relational/store-errors.js';
import { withHandle } from './file-handles.js';

const HEADER = 32;
const FRAME_HEADER = 24;

/**
 * SQLite takes the log of a crashed process up to the first frame whose checksum is wrong and silently forgets the
 * rest: right for a write that a power loss tore, wrong for a bit that flipped in what was acknowledged long ago. The
 * two can be told apart, because a transaction is written only after the one before it was synced: when the end of a
 * transaction and the begin of the next follow on a wrong frame, that frame was on the disk and is damaged now. Only
 * for a log written with synchronous=full.
 */
export const refuseDamagedLog = (file: string): void => {
  const log = `${file}-wal`;
  if (!existsSync(log)) return;
  withHandle(log, (handle) => {
    if (fstatSync(handle).size <= HEADER) return;
    const header = readHeader(handle);
    // It fits in one sector and is synced before the first frame is written: no power loss takes it from them.
    if (header === undefined) throw new StoreDamaged(`damaged: the header of ${log}`);
    const broken = firstBroken(handle, header);
    if (broken === undefined || !commitFollows(handle, header, broken)) return;
    throw new StoreDamaged(`damaged: ${log} is broken at frame ${broken}, before what was written later`);
  });
};

/** What a killed process had written and not synced is to be on the disk before anything is written behind it. */
export const syncLog = (file: string): void => {
  withHandle(`${file}-wal`, fsyncSync);
};

type Sum = readonly [number, number];

interface LogHeader {
  readonly pageSize: number;
  /** Drawn anew with every log: frames of older ones, which a newer one is written over, have others. */
  readonly salts: readonly [number, number];
  readonly bigEndian: boolean;
  readonly sum: Sum;
}

const readHeader = (handle: number): LogHeader | undefined => {
  const header = Buffer.alloc(HEADER);
  readSync(handle, header, 0, HEADER, 0);
  const magic = header.readUInt32BE(0);
  const bigEndian = (magic & 1) === 1;
  const sum = checksum(header.subarray(0, 24), [0, 0], bigEndian);
  if (magic >>> 1 !== 0x377f0682 >>> 1 || !isSame(sum, pairAt(header, 24))) return undefined;
  return { pageSize: header.readUInt32BE(8), salts: pairAt(header, 16), bigEndian, sum };
};

/** The first frame that is not of this log, or whose checksum is not the one that continues those before it. */
const firstBroken = (handle: number, header: LogHeader): number | undefined => {
  const frame = Buffer.alloc(FRAME_HEADER + header.pageSize);
  let sum = header.sum;
  for (let n = 0; readFrame(handle, n, frame); n++) {
    if (!continues(frame, sum, header)) return n;
    sum = pairAt(frame, 16);
  }
  return undefined;
};

/**
 * Whether, behind the broken frame, a transaction of the same log follows on the end of another. The broken frame
 * itself is not believed: of its header, too, a sector may be older than the rest. Those behind it are, when they
 * continue the checksum that stands in the frame before them. So a bit that flips in the last commit, or in the very
 * frame that ends the one before it, looks like a write that a power loss tore.
 *
 * Nothing is ever written behind a transaction that failed: what is left of failed ones, under those written over them,
 * breaks off where they meet, and nothing follows on its end.
 */
const commitFollows = (handle: number, header: LogHeader, broken: number): boolean => {
  const frame = Buffer.alloc(FRAME_HEADER + header.pageSize);
  readFrame(handle, broken, frame);
  let before = pairAt(frame, 16);
  let hasEnded = false;
  for (let n = broken + 1; readFrame(handle, n, frame); n++) {
    const isTrue = continues(frame, before, header);
    if (isTrue && hasEnded) return true;
    // The frame that ends a transaction holds the size of the database, any other one zero.
    hasEnded = isTrue && frame.readUInt32BE(4) !== 0;
    before = pairAt(frame, 16);
  }
  return false;
};

/** A frame's checksum goes on from that of the frame before it, over its page, its number and the size. */
const continues = (frame: Buffer, before: Sum, { salts, bigEndian }: LogHeader): boolean => {
  if (!isSame(pairAt(frame, 8), salts)) return false;
  const sum = checksum(frame.subarray(0, 8), before, bigEndian);
  return isSame(checksum(frame.subarray(FRAME_HEADER), sum, bigEndian), pairAt(frame, 16));
};

const readFrame = (handle: number, n: number, into: Buffer): boolean =>
  readSync(handle, into, 0, into.length, HEADER + n * into.length) === into.length;

const pairAt = (bytes: Buffer, offset: number): Sum => [
  bytes.readUInt32BE(offset),
  bytes.readUInt32BE(offset + 4),
];

const isSame = (one: Sum, other: Sum): boolean => one[0] === other[0] && one[1] === other[1];

/** SQLite's own, over pairs of 32-bit words. */
const checksum = (bytes: Buffer, [first, second]: Sum, bigEndian: boolean): Sum => {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let a = first;
  let b = second;
  for (let i = 0; i < bytes.length; i += 8) {
    a = (a + words.getUint32(i, !bigEndian) + b) >>> 0;
    b = (b + words.getUint32(i + 4, !bigEndian) + a) >>> 0;
  }
  return [a, b];
};
