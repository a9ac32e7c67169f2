/** Results go to `out`, so that they can be piped; everything about the way there goes to `err`. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Somebody is watching: progress may be drawn in place. */
  readonly interactive: boolean;
}

export const processOutput: Output = {
  out: (line) => process.stdout.write(line + '\n'),
  err: (line) => process.stderr.write(line + '\n'),
  interactive: process.stderr.isTTY === true,
};

const english = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const inThousands = (number: number): string => english.format(number);

export const inSeconds = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
};
