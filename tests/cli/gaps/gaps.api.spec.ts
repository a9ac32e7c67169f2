import { faster, launched, message } from '../../support/messages.js';
import { startService, type TestService } from '../../support/test-service.js';
import { failing, rockets } from '../captured-output.js';

let service: TestService;
beforeEach(async () => {
  service = await startService();
  await service.send(message(1, launched(), 'a'));
  for (const number of [5, 6, 9]) await service.send(message(number, faster(number), 'a'));
  await service.send(message(3, faster(1), 'b'));
});
afterEach(() => service.stop());

const at = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC {2}/;
const untimed = (lines: readonly string[]): string[] => lines.map((line) => line.replace(at, ''));
const ask = (...args: readonly string[]) => rockets(...args, '--url', service.url);
const refusal = (...args: readonly string[]) => failing(...args, '--url', service.url);

describe('rockets gaps', () => {
  it('lists what is missing of all rockets, since when in UTC', async () => {
    const lines = await ask('gaps');
    expect(lines.slice(0, -1).every((line) => at.test(line))).toBe(true);
    expect(untimed(lines).toSorted()).toEqual([
      '3 gaps, 7 messages missing.',
      'a  #2–4  3 missing, 2 waiting',
      'a  #7–8  2 missing, 1 waiting',
      'b  #1–2  2 missing, 1 waiting',
    ]);
  });

  it('lists what is missing of one', async () => {
    expect(untimed(await ask('gaps', 'b'))).toEqual([
      'b  #1–2  2 missing, 1 waiting',
      '1 gap, 2 messages missing.',
    ]);
  });

  it('prints each gap as a line of JSON', async () => {
    const gaps = (await ask('gaps', 'a', '--json')).map((line) => JSON.parse(line) as object);
    expect(gaps).toMatchObject([
      { channel: 'a', from: 2, to: 4, count: 3 },
      { channel: 'a', from: 7, to: 8, count: 2 },
    ]);
  });

  it('follows the pages to the last', async () => {
    for (let i = 0; i < 1100; i++) await service.send(message(2 * i + 20, faster(1), 'c'));
    expect(await ask('gaps', 'c', '--json')).toHaveLength(1100);
    expect((await ask('gaps')).at(-1)).toBe('1,103 gaps, 1,125 messages missing.');
  });

  it('says that nothing is missing', async () => {
    await service.send(message(1, launched(), 'd'));
    expect(await ask('gaps', 'd')).toEqual(['Nothing is missing.']);
    expect(await ask('gaps', 'd', '--json')).toEqual([]);
  });

  it('says that it does not know a rocket', async () => {
    const { message: sentence } = await refusal('gaps', 'none');
    expect(sentence).toMatch(/answered 404: No rocket has reported on channel none\.$/);
  });
});

describe('rockets skip', () => {
  const eventAt = async (number: number): Promise<unknown> => {
    const response = await fetch(`${service.url}/rockets/a/messages/${number}`);
    return ((await response.json()) as { event: { data: unknown } }).event.data;
  };

  it('gives up the gap that was named, and says why in the history', async () => {
    expect(await ask('skip', 'a', '--from', '2', '--to', '4', '--why', 'the station was down')).toEqual([
      'Skipped #2–4 of a: 3 messages in 1 gap; the rocket is at version 6 now.',
    ]);
    expect(await eventAt(4)).toEqual({
      from: 2,
      to: 4,
      by: { who: 'operator' },
      why: 'the station was down',
    });
  });

  it('gives up every gap up to a number', async () => {
    expect(await ask('skip', 'a', '--up-to', '8')).toEqual([
      'Skipped #2–8 of a: 5 messages in 2 gaps; the rocket is at version 9 now.',
    ]);
    expect(await eventAt(8)).toEqual({ from: 7, to: 8, by: { who: 'operator' } });
  });

  it('prints the answer as JSON', async () => {
    const [answer = ''] = await ask('skip', 'b', '--up-to', '2', '--json');
    expect(JSON.parse(answer)).toEqual({ channel: 'b', from: 1, to: 2, gaps: 1, numbers: 2, version: 3 });
  });

  it.each([
    ['another gap is the first', ['a', '--from', '7', '--to', '8'], 'The first gap of a is now 2 to 4.'],
    ['there is no gap', ['c', '--up-to', '9'], 'c has no gap'],
    ['the rocket is not known', ['none', '--up-to', '9'], 'No rocket has reported on channel none.'],
    ['the reason is empty', ['a', '--up-to', '9', '--why', ''], 'why must be a text'],
    ['the ends are the wrong way round', ['a', '--from', '4', '--to', '2'], 'The body must be'],
  ])('says why nothing was skipped: %s', async (_why, args, detail) => {
    await service.send(message(1, launched(), 'c'));
    const { message: sentence } = await refusal('skip', ...args);
    expect(sentence).toContain('Nothing was skipped. ');
    expect(sentence).toContain(detail);
    expect(await ask('gaps', 'a', '--json')).toHaveLength(2);
  });

  it.each([[[]], [['--from', '2']], [['--to', '2']], [['--from', '2', '--up-to', '4']]])(
    'wants a gap or an end: %j',
    async (args) => {
      expect((await refusal('skip', 'a', ...args)).message).toMatch(/--from and --to, .* --up-to/);
    },
  );
});
