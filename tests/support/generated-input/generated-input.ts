/** What one client sends over one connection before it closes its half of it. */
export interface GeneratedInput {
  /** `{epoch}` stands for what the positions of a store begin with. */
  readonly head: string;
  readonly body: Buffer;
  /** Where it is cut into packets. */
  readonly cuts: readonly number[];
}

/** As they go over the wire to a store whose positions begin so. */
export const packetsOf = ({ head, body, cuts }: GeneratedInput, epoch: string): Buffer[] => {
  // Behind a percent sign it would be another character in each store.
  const text = head.replace(/(%[0-9a-f]?)\{epoch\}/gi, '$1zz').replaceAll('{epoch}', epoch);
  const whole = Buffer.concat([Buffer.from(text, 'latin1'), body]);
  const ends = [...cuts.filter((at) => at > 0 && at < whole.length), whole.length].sort((a, b) => a - b);
  return ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end));
};

const textOf = ({ head, body }: GeneratedInput): string => head + body.toString('latin1');

/** Ends of lines before a request are nothing in HTTP. */
const lineOf = (input: GeneratedInput): string =>
  textOf(input)
    .replace(/^[\r\n]+/, '')
    .split('\r\n', 1)[0] ?? '';

export const methodOf = (input: GeneratedInput): string => lineOf(input).split(' ', 1)[0] ?? '';

/** Path and query as they were sent, of a request that a document of HTTP can speak of: a backslash is read as a slash. */
export const urlOf = (input: GeneratedInput): string | undefined =>
  /^[A-Z-]+ (?:http:\/\/\w+)?(\/[^ #\\]*)(?:#[^ ]*)? HTTP\/\d\.\d$/.exec(lineOf(input))?.[1];

export const isStream = (input: GeneratedInput): boolean =>
  /\r\nContent-Type:\s*application\/(x-)?ndjson/i.test(textOf(input));
