import { once } from 'node:events';
import { reasonOf } from './failure.js';

/** Results go to `out`, so that they can be piped; everything about the way there goes to `err`. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** As they are, with nothing behind them. */
  readonly bytes: (bytes: Buffer) => void;
  /** Who prints without end waits for this, or a slow reader would cost memory. */
  readonly room: () => Promise<unknown>;
  /** Somebody is watching: progress may be drawn in place. */
  readonly interactive: boolean;
}

const { stdout, stderr } = process;

export const processOutput: Output = {
  out: (line) => stdout.write(line + '\n'),
  err: (line) => stderr.write(line + '\n'),
  bytes: (bytes) => stdout.write(bytes),
  // What failed is told only when the event loop goes on.
  room: async () => (stdout.writableNeedDrain || stdout.errored !== null) && once(stdout, 'drain'),
  interactive: stderr.isTTY === true,
};

/** As the signal SIGPIPE, of which Node hears nothing, would have ended it. */
const READER_LEFT = 128 + 13;

/** A reader that has seen enough, as `head`, is no mistake; a full disk is one. */
export const endWithOutput = (): void => {
  stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(READER_LEFT);
    stderr.write(`The output can't be written: ${reasonOf(error)}.\n`);
    process.exit(1);
  });
};

/** A time of the service, in words of people: `2026-10-01 15:39:42.898 UTC`. */
export const utcText = (time: unknown): string => String(time).replace('T', ' ').replace('Z', ' UTC');

/** The numbers of a gap: `#4`, or `#4–6`. */
export const numbersIn = ({ from, to }: { readonly from?: unknown; readonly to?: unknown }): string =>
  from === to ? `#${String(from)}` : `#${String(from)}–${String(to)}`;

const english = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const inThousands = (number: number): string => english.format(number);

export const inSeconds = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
};

/** `1 rocket`, `2 rockets`. */
export const counted = (number: number, noun: string): string =>
  `${inThousands(number)} ${noun}${number === 1 ? '' : 's'}`;
