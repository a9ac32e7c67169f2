import { existsSync } from 'node:fs';

const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((system) => `/usr/lib/${system}/faketime`);

/** What a process is told to have a clock that goes wrong by so many seconds. What it measures time with goes right. */
export const clockOff = (seconds: number): Readonly<Record<string, string>> => {
  const library = folders.map((folder) => `${folder}/libfaketime.so.1`).find((file) => existsSync(file));
  if (library === undefined) throw new Error('no libfaketime: install it with apt-get install libfaketime');
  return {
    LD_PRELOAD: library,
    FAKETIME: `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
};
