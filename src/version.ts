import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What package.json says, which lies above `dist` wherever the program was put, and above whatever else it was built into. Where
 * it was left behind nobody knows the version, and the service runs all the same.
 */
export const version = (from = __dirname): string => {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) return 'unknown';
    folder = dirname(folder);
  }
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { readonly version: unknown }).version);
};
