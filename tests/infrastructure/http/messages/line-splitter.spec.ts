import fc from 'fast-check';
import {
  isBlank,
  LineSplitter,
  type TakeLine,
} from '../../../../src/infrastructure/http/messages/line-splitter.js';
import { runs } from '../../../support/thorough.js';

const MAX = 10;

/** Bytes as text of one byte a character, which shows them. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The lines that chunks are cut into, each with whether it was handed out as it stood in its chunk. */
const linesOf = (chunks: readonly string[], max = MAX) => {
  const splitter = new LineSplitter(max);
  const lines: string[] = [];
  const whole: boolean[] = [];
  const take: TakeLine = (bytes, start, end, isWhole) => {
    lines.push(bytes.toString('latin1', start, end));
    whole.push(isWhole);
  };
  for (const chunk of chunks) Array.from(splitter.split(bytesOf(chunk), take));
  splitter.finish(take);
  return { lines, whole };
};

/** What too long a line is cut to does not matter, as long as it shows. */
const shown = (line: string): string => (line.length > MAX ? 'too long' : line);

/** The same, said in one line. */
const expectedOf = (text: string): string[] => {
  const parts = text.split('\n');
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => shown(part.replace(/\r$/, '')));
};

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', '{}', '\r', '\n', '\r\n', ' ', '\u00ff', '\0') },
  { weight: 1, arbitrary: fc.nat(15).map((length) => 'x'.repeat(length)) },
);
const texts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

const cutAt = (text: string, places: readonly number[]): string[] => {
  const cuts = [...places.map((place) => place % (text.length + 1)), 0, text.length].sort((a, b) => a - b);
  return cuts.slice(1).map((cut, i) => text.slice(cuts[i], cut));
};

describe('a stream that is cut into lines', () => {
  it('has the same lines, whatever the chunks it comes in', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200), { maxLength: 12 }), (text, places) => {
        const chunks = cutAt(text, places);
        expect([chunks, linesOf(chunks).lines.map(shown)]).toEqual([chunks, expectedOf(text)]);
      }),
      { numRuns: runs(1000, 100_000) },
    );
  });

  it('has the same lines, byte by byte', () => {
    const text = 'one\ntwo\r\n\nxxxxxxxxxx\r\nxxxxxxxxxxx\nlast\r';
    expect(linesOf([...text]).lines.map(shown)).toEqual([
      'one',
      'two',
      '',
      'x'.repeat(10),
      'too long',
      'last',
    ]);
  });

  it('hands out the lines of a chunk as they stand in it, but for the first that began before it', () => {
    expect(linesOf(['one\ntwo\nthr', 'ee\nfour\nfi', 've'])).toEqual({
      lines: ['one', 'two', 'three', 'four', 'five'],
      whole: [true, true, false, true, false],
    });
  });

  it.each([
    ['x'.repeat(MAX), MAX],
    [`${'x'.repeat(MAX)}\r`, MAX],
    [`${'x'.repeat(MAX)}\r\r`, MAX + 1],
    ['x'.repeat(MAX + 1), MAX + 1],
    [`${'x'.repeat(MAX + 1)}\r${'x'.repeat(50)}`, MAX + 1],
  ])('shows whether %j fits, and no more of it', (line, length) => {
    for (const chunks of [[line], [...line], [line, '\n'], [...line, '\n']]) {
      expect(linesOf(chunks).lines.map((taken) => Math.min(taken.length, MAX + 1))).toEqual([length]);
    }
  });

  it('keeps of a line without an end no more than shows that it is too long', () => {
    const splitter = new LineSplitter(1000);
    const taken: { kept: number; length: number }[] = [];
    const take: TakeLine = (bytes, start, end) => taken.push({ kept: bytes.length, length: end - start });
    for (let i = 0; i < 1000; i++) {
      expect([...splitter.split(Buffer.alloc(10_000, 'x'), take)]).toEqual([]);
    }
    splitter.finish(take);
    expect(taken).toEqual([{ kept: expect.any(Number) as number, length: 1002 }]);
    expect(taken[0]!.kept).toBeLessThan(5000);
  });

  it('may pause behind every line, and goes on where it was', () => {
    const splitter = new LineSplitter(MAX);
    const lines: string[] = [];
    const take: TakeLine = (bytes, start, end) => lines.push(bytes.toString('latin1', start, end));
    const cutting = splitter.split(bytesOf('a\nb\nc'), take);
    const seen: number[] = [];
    while (cutting.next().done !== true) seen.push(lines.length);
    expect(seen).toEqual([1, 2]);
    splitter.finish(take);
    expect(lines).toEqual(['a', 'b', 'c']);
  });

  it('has no line when nothing came', () => {
    expect(linesOf([]).lines).toEqual([]);
    expect(linesOf(['', '']).lines).toEqual([]);
  });

  it('does not keep the chunks it was given', () => {
    const splitter = new LineSplitter(MAX);
    const lines: string[] = [];
    const take: TakeLine = (bytes, start, end) => lines.push(bytes.toString('latin1', start, end));
    const chunk = bytesOf('hello');
    expect([...splitter.split(chunk, take)]).toEqual([]);
    chunk.fill('!');
    splitter.finish(take);
    expect(lines).toEqual(['hello']);
  });
});

describe('a blank line', () => {
  it.each<[string, boolean]>([
    ['', true],
    [' ', true],
    [' \t\r ', true],
    [' x', false],
    ['\0', false],
    ['\u00a0', false],
    ['{', false],
  ])('%j: %s', (line, expected) => {
    const bytes = bytesOf(`#${line}#`);
    expect(isBlank(bytes, 1, bytes.length - 1)).toBe(expected);
  });
});
