import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { StoreDamaged } from './store-errors.js';

const HEADER = 32;
const FRAME_HEADER = 24;

/**
 * SQLite takes the log of a crashed process up to the first frame whose checksum is wrong and silently forgets the
 * rest: right for a write that a power loss tore, wrong for a bit that flipped in what was acknowledged long ago. The
 * two can be told apart, because a transaction is written only after the one before it was synced: when whole
 * transactions of the same log follow on a wrong frame, that frame was on the disk and is damaged now.
 */
export const refuseDamagedLog = (file: string): void => {
  const log = `${file}-wal`;
  if (!existsSync(log)) return;
  const handle = openSync(log, 'r');
  try {
    const end = endOfTrust(handle);
    if (end === undefined || !commitFollows(handle, end)) return;
    throw new StoreDamaged(`damaged: ${log} is broken at frame ${end.frame}, before what was written later`);
  } finally {
    closeSync(handle);
  }
};

type Sum = [number, number];

interface Place {
  readonly frame: number;
  /** What the checksum of the frame is to be; what stands there may be what is damaged. */
  readonly sum: Sum;
  readonly pageSize: number;
  readonly salts: readonly [number, number];
  readonly bigEndian: boolean;
}

/** The first frame that belongs to this log and whose checksum is wrong. */
const endOfTrust = (handle: number): Place | undefined => {
  const header = Buffer.alloc(HEADER);
  if (readSync(handle, header, 0, HEADER, 0) < HEADER) return undefined;
  const magic = header.readUInt32BE(0);
  if (magic >>> 1 !== 0x377f0682 >>> 1) return undefined;
  const bigEndian = (magic & 1) === 1;
  const pageSize = header.readUInt32BE(8);
  const salts = [header.readUInt32BE(16), header.readUInt32BE(20)] as const;
  let sum = checksum(header.subarray(0, 24), [0, 0], bigEndian);
  if (sum[0] !== header.readUInt32BE(24) || sum[1] !== header.readUInt32BE(28)) {
    return { frame: 0, sum, pageSize, salts, bigEndian };
  }
  const frame = Buffer.alloc(FRAME_HEADER + pageSize);
  for (let n = 0; readFrame(handle, n, frame); n++) {
    sum = sumOfFrame(frame, sum, bigEndian);
    const isOurs = frame.readUInt32BE(8) === salts[0] && frame.readUInt32BE(12) === salts[1];
    if (!isOurs || sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20))
      return { frame: n, sum, pageSize, salts, bigEndian };
  }
  return undefined;
};

/**
 * Whether, from this frame on, a transaction of the same log follows on the end of another. Each frame's checksum
 * continues the one before it, and nothing is ever written behind a transaction that failed: so what is left of
 * failed ones, under those written over them, breaks off where they meet.
 */
const commitFollows = (handle: number, { frame, sum, pageSize, salts, bigEndian }: Place): boolean => {
  const buffer = Buffer.alloc(FRAME_HEADER + pageSize);
  // Of a frame that ended a transaction; for the broken one also what its checksum had to be.
  let ends: readonly Sum[] = [];
  for (let n = frame; readFrame(handle, n, buffer); n++) {
    const isOurs = buffer.readUInt32BE(8) === salts[0] && buffer.readUInt32BE(12) === salts[1];
    const stored: Sum = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
    if (isOurs && ends.some((end) => String(sumOfFrame(buffer, end, bigEndian)) === String(stored)))
      return true;
    const isEnd = buffer.readUInt32BE(4) !== 0;
    if (!isEnd) ends = [];
    else ends = n === frame ? [sum, stored] : [stored];
  }
  return false;
};

const sumOfFrame = (frame: Buffer, before: readonly [number, number], bigEndian: boolean): Sum =>
  checksum(frame.subarray(FRAME_HEADER), checksum(frame.subarray(0, 8), before, bigEndian), bigEndian);

const readFrame = (handle: number, n: number, into: Buffer): boolean =>
  readSync(handle, into, 0, into.length, HEADER + n * into.length) === into.length;

/** SQLite's own, over pairs of 32-bit words. */
const checksum = (
  bytes: Buffer,
  [first, second]: readonly [number, number],
  bigEndian: boolean,
): [number, number] => {
  let a = first;
  let b = second;
  for (let i = 0; i < bytes.length; i += 8) {
    a = (a + (bigEndian ? bytes.readUInt32BE(i) : bytes.readUInt32LE(i)) + b) >>> 0;
    b = (b + (bigEndian ? bytes.readUInt32BE(i + 4) : bytes.readUInt32LE(i + 4)) + a) >>> 0;
  }
  return [a, b];
};
