/** What one client sends over one connection before it closes its half of it. */
export interface GeneratedInput {
  /** `{epoch}` stands for what the positions of a store begin with, with a number behind it for the event that has it. */
  readonly head: string;
  readonly body: Buffer;
  /** Where it is cut into packets. */
  readonly cuts: readonly number[];
}

/** How the positions of a store read. */
export interface PositionsOf {
  readonly epoch: string;
  /** Of an event, by its number in the feed. */
  readonly at: (number: string) => string;
}

/** As they go over the wire to a store. */
export const packetsOf = ({ head, body, cuts }: GeneratedInput, { epoch, at }: PositionsOf): Buffer[] => {
  const text = head
    // Behind a percent sign it would be another character in each store.
    .replace(/(%[0-9a-f]?)\{epoch\}/gi, '$1zz')
    .replace(/\{epoch\}-(\d+)/g, (_, number: string) => at(number))
    .replaceAll('{epoch}', epoch);
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
