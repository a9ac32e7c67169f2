import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerRejected, type RejectedTopics } from '../../src/cli/rejected-commands.js';
import type { Failure } from '../../src/cli/failure.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { jsonOf } from '../../src/infrastructure/kafka/kafka-queue.js';
import type { RejectedRecord } from '../../src/infrastructure/kafka/upkeep/rejected-topic.js';
import { faster, launched, message } from '../support/messages.js';
import { capturedOutput, failing } from './captured-output.js';

const problem = JSON.stringify({
  type: '/problems/malformed-json',
  title: 'No JSON',
  detail: 'It is no JSON.',
});

const rejectedAt = (place: string | undefined, more: Partial<RejectedRecord> = {}): RejectedRecord => ({
  place,
  key: Buffer.from('rocket-1'),
  value: Buffer.from('nonsense'),
  problem,
  leftOut: undefined,
  ...more,
});

/** Runs a command on these records; what it printed, sent and failed with. */
const run = async (records: readonly RejectedRecord[], ...args: readonly string[]) => {
  const { lines, notes, output } = capturedOutput();
  const printed: Buffer[] = [];
  const sent: RocketMessage[] = [];
  const topic: Parameters<Parameters<RejectedTopics>[0]>[0] = {
    records: async function* () {
      yield* records;
    },
    bytesOf: async ({ value }) => value ?? undefined,
    send: async (messages) => void sent.push(...messages),
  };
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const topics: RejectedTopics = (work) => work(topic, 300);
  registerRejected(program, { ...output, bytes: (bytes) => printed.push(bytes) }, topics);
  const failure = await program.parseAsync(['rejected', ...args], { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  return { lines, notes, printed, sent, failure };
};

describe('rockets rejected list', () => {
  it('tells each record: its place, key, size and problem', async () => {
    const { lines } = await run(
      [
        rejectedAt('messages/3/1'),
        rejectedAt('messages/3/2', { key: null, value: null }),
        rejectedAt('messages/3/3', { key: Buffer.from([0xff]), value: null, leftOut: '10485760 bytes' }),
        rejectedAt(undefined, { problem: undefined }),
      ],
      'list',
    );
    expect(lines).toEqual([
      'messages/3/1  key rocket-1  8 bytes  /problems/malformed-json: It is no JSON.',
      'messages/3/2  no key  0 bytes  /problems/malformed-json: It is no JSON.',
      'messages/3/3  key 0xff  10485760 bytes, left out  /problems/malformed-json: It is no JSON.',
      '?  key rocket-1  8 bytes  no problem is said: not of this service',
      '4 records rejected.',
    ]);
  });

  it('gives nobody who wrote one a terminal, or a line of their own', async () => {
    const key = Buffer.from('\u001b[2J\nmessages/3/9');
    const { lines } = await run([rejectedAt('messages/3/1', { key })], 'list');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('key �[2J�messages/3/9');
  });

  it('tells them as JSON', async () => {
    const records = [
      rejectedAt('messages/3/1'),
      rejectedAt('messages/3/2', { key: null, leftOut: '5 bytes' }),
    ];
    const { lines } = await run(records, 'list', '--json');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      { place: 'messages/3/1', key: 'rocket-1', bytes: 8, problem: JSON.parse(problem) as object },
      {
        place: 'messages/3/2',
        key: null,
        bytes: 8,
        leftOut: '5 bytes',
        problem: JSON.parse(problem) as object,
      },
    ]);
  });

  it('tells no more than it is to, and that there are more', async () => {
    const records = [1, 2, 3].map((offset) => rejectedAt(`messages/3/${offset}`));
    expect(await run(records, 'list', '--limit', '2')).toMatchObject({
      lines: [expect.stringContaining('/1'), expect.stringContaining('/2')],
      notes: ['… and more: these are the first 2.'],
    });
    expect((await run(records, 'list', '--limit', '3')).lines).toContain('3 records rejected.');
    expect((await run([], 'list')).lines).toEqual(['Nothing is rejected.']);
    expect((await run([], 'list', '--limit', '0')).failure?.message).toMatch(/integer from 1/);
  });
});

describe('rockets rejected show', () => {
  it('prints the bytes of that place, and nothing else', async () => {
    const bytes = Buffer.from([0, 255, 10, 13]);
    const records = [rejectedAt('messages/3/1'), rejectedAt('messages/3/2', { value: bytes })];
    const { lines, printed } = await run(records, 'show', 'messages/3/2');
    expect([lines, Buffer.concat(printed)]).toEqual([[], bytes]);
  });

  it('says when nothing is rejected that stood there', async () => {
    const { failure } = await run([rejectedAt('messages/3/1')], 'show', 'messages/3/9');
    expect(failure).toMatchObject({
      message: 'Nothing is rejected that stood at messages/3/9; rockets rejected list tells what is.',
      exitCode: 1,
    });
  });

  it('says when what was left out is gone', async () => {
    const gone = rejectedAt('messages/3/1', { value: null, leftOut: '5 bytes' });
    const { failure } = await run([gone], 'show', 'messages/3/1');
    expect(failure?.message).toMatch(/^messages\/3\/1 was too big .* does not stand there any more\.$/);
  });
});

describe('rockets rejected send', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rockets-rejected-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const sending = (text: string) => {
    const file = join(folder, 'repaired.ndjson');
    writeFileSync(file, text);
    return run([], 'send', file);
  };

  it('sends every message of the file', async () => {
    const messages = [message(1, launched()), message(2, faster(1), 'rocket-2')];
    const { sent, lines } = await sending(messages.map(jsonOf).join('\n\n') + '\n');
    expect([sent, lines]).toEqual([messages, ['2 messages queued.']]);
  });

  it('sends none when one is wrong, and says which and why', async () => {
    const good = jsonOf(message(1, launched()));
    const long = `${good}${' '.repeat(300)}`;
    const { sent, notes, failure } = await sending(
      [good, 'nonsense', long, good, '{"metadata":{}}'].join('\n'),
    );
    expect(sent).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/^line 2: There is another character/),
      expect.stringMatching(/^line 3: it has \d+ bytes; BODY_BYTES is 300\.$/),
      expect.stringMatching(/^line 5: ./),
    ]);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/ has 3 lines that cannot be taken: nothing was sent\.$/) as string,
      exitCode: 1,
    });
  });

  it('tells the first ten faults, and how many more there are', async () => {
    const { notes } = await sending('nonsense\n'.repeat(25));
    expect([notes.length, notes.at(-1)]).toEqual([11, 'and 15 more']);
  });

  it('has to have something to send, in a file that is there', async () => {
    expect((await sending('\n \n')).failure?.message).toMatch(/has no message\.$/);
    expect((await run([], 'send', join(folder, 'nowhere'))).failure?.message).toMatch(
      /Cannot read .*nowhere/,
    );
  });
});

describe('rockets rejected without Kafka', () => {
  afterEach(() => {
    delete process.env['KAFKA_BROKERS'];
    delete process.env['KAFKA_TLS'];
  });

  it('names the setting that is missing or wrong', async () => {
    expect((await failing('rejected', 'list')).message).toMatch(/^KAFKA_BROKERS= makes no sense/);
    process.env['KAFKA_BROKERS'] = '127.0.0.1:9';
    process.env['KAFKA_TLS'] = 'perhaps';
    expect((await failing('rejected', 'list')).message).toMatch(/^KAFKA_TLS=perhaps makes no sense/);
  });
});
