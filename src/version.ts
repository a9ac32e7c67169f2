import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What package.json says, which lies above `dist` wherever the program was put, and above whatever else it was built into. */
export const version = (): string => {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { readonly version: unknown }).version);
};
