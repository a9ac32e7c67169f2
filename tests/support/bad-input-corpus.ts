import type { BadInput } from './bad-input/bad-input.js';
import { domain } from './bad-input/histories.js';
import { encoding, jsonText, keys, numeric, strings, times, types } from './bad-input/json.js';
import { queries } from './bad-input/queries.js';
import { http, shapes } from './bad-input/requests.js';
import { skips } from './bad-input/skips.js';
import { subscriptions } from './bad-input/subscriptions.js';
import { ndjsonStreams } from './bad-input/streams.js';

/** Every bad input we know of, and the good ones that look bad, by kind. `least` is what the kind has to hold. */
export const badInputCorpus: readonly {
  readonly kind: string;
  readonly least: number;
  readonly cases: readonly BadInput[];
}[] = [
  { kind: 'JSON text', least: 268, cases: jsonText },
  { kind: 'encoding', least: 60, cases: encoding },
  { kind: 'keys', least: 50, cases: keys },
  { kind: 'numbers', least: 70, cases: numeric },
  { kind: 'types', least: 96, cases: types },
  { kind: 'time', least: 61, cases: times },
  { kind: 'size and shape', least: 30, cases: shapes },
  { kind: 'HTTP', least: 66, cases: http },
  { kind: 'path and query', least: 237, cases: queries },
  { kind: 'strings', least: 40, cases: strings },
  { kind: 'domain', least: 37, cases: domain },
  { kind: 'skips', least: 60, cases: skips },
  { kind: 'subscriptions', least: 150, cases: subscriptions },
  { kind: 'NDJSON', least: 40, cases: ndjsonStreams },
];
