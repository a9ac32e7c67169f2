import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What package.json says, which lies beside `dist` wherever the program was put. */
export const version = (): string => {
  const text = readFileSync(join(__dirname, '..', 'package.json'), 'utf8');
  return String((JSON.parse(text) as { readonly version: unknown }).version);
};
