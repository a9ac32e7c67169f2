import { parts } from '../../../src/container.js';
import { FakeSinks } from '../../support/fake-sinks.js';
import { faster, launched, message } from '../../support/messages.js';
import { parkedOf } from '../../support/subscriptions.js';
import { startService, type TestService } from '../../support/test-service.js';
import { capturedOutput, failing, programFor } from '../captured-output.js';

const hook = 'https://receiver.example/hook';
const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let service: TestService;
let sinks: FakeSinks;
beforeEach(async () => {
  sinks = new FakeSinks();
  service = await startService({ SUBSCRIPTIONS: 'off' }, undefined, undefined, undefined, sinks);
  await service.send(message(1, launched(), 'a'));
  for (const number of [2, 3]) await service.send(message(number, faster(number), 'a'));
});
afterEach(() => service.stop());

const store = () => service.container.get(parts.subscriptionStore);
const run = async (...args: readonly string[]): Promise<{ lines: string[]; notes: string[] }> => {
  const { lines, notes, output } = capturedOutput();
  const url = ['--url', service.url];
  await programFor(output).parseAsync(['subscriptions', ...args, ...url], { from: 'user' });
  return { lines, notes };
};
const lines = async (...args: readonly string[]): Promise<string[]> => (await run(...args)).lines;
const json = async (...args: readonly string[]): Promise<unknown> =>
  (await lines(...args, '--json')).map((line) => JSON.parse(line) as unknown);
const sentence = async (...args: readonly string[]): Promise<string> =>
  (await failing('subscriptions', ...args, '--url', service.url)).message;

describe('rockets subscriptions add', () => {
  it('makes a webhook, and prints its secret alone', async () => {
    const { lines: printed, notes } = await run(
      'add',
      'billing',
      hook,
      '--type',
      'RocketLaunched, RocketExploded',
    );
    expect(printed).toEqual([(await store().secrets('billing'))[0]?.text]);
    expect(notes).toEqual([
      `billing runs: it sends to ${hook}.`,
      'What it sends is signed with this secret. Keep it: it is shown this once.',
    ]);
    expect(await store().find('billing')).toMatchObject({
      sink: { type: 'webhook', url: hook },
      types: ['RocketLaunched', 'RocketExploded'],
    });
  });

  it('takes all that there is to say', async () => {
    const batch = ['--batch-events', '10', '--batch-ms', '5'];
    const [made] = (await json(
      'add',
      'b',
      hook,
      ...batch,
      '--channel',
      'a,c',
      '--from',
      'start',
      '--secret',
      own,
    )) as [object];
    expect(made).toMatchObject({
      secret: own,
      channels: ['a', 'c'],
      sink: { batch: { events: 10, ms: 5 } },
      lag: { events: 3 },
    });
  });

  it('sends into a topic, which nobody signs', async () => {
    expect(await run('add', 'lake', '--topic', 'rockets.events')).toEqual({
      lines: [],
      notes: ['lake runs: it sends to the topic rockets.events.'],
    });
  });

  it.each([
    [['no spaces', hook], 'Nothing was made. name must be 1 to 64 characters'],
    [['a', 'receiver'], 'sink.url must be a URL'],
    [['a', 'https://inside.example/'], 'Nothing was made. inside.example is inside'],
    [['a', hook, '--type', 'RocketLanded'], 'types.0 must be one of'],
    [['a', hook, '--from', 'elsewhere-1'], 'Position "elsewhere-1" is not one of this store'],
    [['a', hook, '--secret', 'short'], 'secret must be whsec_'],
    [['a'], 'say where to: a URL, or --topic'],
    [['a', hook, '--topic', 't'], 'not both'],
    [['a', '--topic', 't', '--batch-ms', '5'], 'go with a URL'],
    [['a', hook, '--batch-events', '0'], 'It must be an integer from 1 to 1000'],
    [['a', hook, '--channel', 'a,,b'], 'one or more, by comma'],
  ])('says why it did not: %j', async (args, why) => {
    expect(await sentence('add', ...args)).toContain(why);
    expect(await store().list({ limit: 1 })).toEqual([]);
  });

  it('says that there is one of this name', async () => {
    await run('add', 'billing', hook);
    expect(await sentence('add', 'billing', hook)).toBe(
      'Nothing was made. There is a subscription billing already.',
    );
  });
});

describe('rockets subscriptions', () => {
  beforeEach(async () => {
    await run('add', 'billing', hook, '--type', 'RocketLaunched', '--from', 'start');
    await run('add', 'lake', '--topic', 'rockets.events');
  });

  it('list tells each, and what it waits for', async () => {
    const { lines: printed, notes } = await run('list');
    expect(printed.map((line) => line.replace(/, [\d.]+ s behind/, ', 1 s behind'))).toEqual([
      `billing  running  ${hook}  0 delivered, 3 events, 1 s behind; waits for an instance that delivers`,
      'lake  running  the topic rockets.events  0 delivered, 0 events behind; waits for events',
    ]);
    expect(notes).toEqual(['2 subscriptions']);
    expect(await json('list')).toMatchObject([{ name: 'billing' }, { name: 'lake' }]);
  });

  it('show tells all of one', async () => {
    const printed = await lines('show', 'billing');
    expect(printed).toEqual(
      expect.arrayContaining([
        'name         billing',
        'state        running',
        `to           ${hook}`,
        'types        RocketLaunched',
        'delivered    0 events',
        'parked       none',
        'kept         as long as the service runs',
      ]),
    );
    expect(await json('show', 'lake')).toMatchObject([{ name: 'lake', state: 'running' }]);
    expect(await sentence('show', 'none')).toBe('Nothing to show. There is no subscription none.');
  });

  it('pause and resume say how it is then', async () => {
    expect((await lines('pause', 'lake'))[0]).toMatch(/^lake {2}paused .*; waits for an operator$/);
    expect(await json('resume', 'lake')).toMatchObject([{ state: 'running' }]);
    expect(await sentence('pause', 'none')).toContain('Nothing was changed. There is no');
  });

  it('change sends elsewhere, and other events', async () => {
    const other = 'https://other.example/';
    expect(await json('change', 'billing', other, '--all-types', '--channel', 'a')).toMatchObject([
      { sink: { url: other }, channels: ['a'] },
    ]);
    expect(await store().find('billing')).not.toHaveProperty('types', expect.anything());
    expect((await lines('change', 'billing', '--topic', 't', '--all-channels'))[0]).toContain('the topic t');
    expect(await sentence('change', 'billing')).toContain('say what to change');
  });

  it('secret prints another one, alone', async () => {
    const printed = await lines('secret', 'billing');
    const [now, before] = await store().secrets('billing');
    expect([printed, before]).toEqual([
      [now?.text],
      expect.objectContaining({ until: expect.any(Number) as number }),
    ]);
    expect(await lines('secret', 'billing', '--secret', own)).toEqual([own]);
    expect(await sentence('secret', 'lake')).toContain('Nothing was changed. lake goes to kafka');
  });

  it('test says what the receiver answered, and ends with 1 unless it took it', async () => {
    expect(await lines('test', 'billing')).toEqual(['The receiver took it.']);
    sinks.answer = { kind: 'no', what: '422 Unprocessable Content' };
    expect(await sentence('test', 'billing')).toBe('The receiver did not take it: 422 Unprocessable Content');
    const { lines: printed } = await failing(
      'subscriptions',
      'test',
      'billing',
      '--json',
      '--url',
      service.url,
    );
    expect(JSON.parse(printed[0]!)).toEqual({
      delivered: false,
      answer: 'no',
      what: '422 Unprocessable Content',
    });
  });

  it('replay begins again', async () => {
    expect((await lines('replay', 'lake', '--from', 'start'))[0]).toContain('3 events, ');
    expect(await json('replay', 'lake', '--from', 'now')).toMatchObject([{ lag: { events: 0 } }]);
    expect(await sentence('replay', 'lake', '--from', 'elsewhere-1')).toContain('is not one of this store');
    expect(await sentence('replay', 'lake')).toContain('--from');
  });

  it('remove ends it, once', async () => {
    expect(await lines('remove', 'lake')).toEqual(['lake is removed.']);
    expect(await sentence('remove', 'lake')).toBe('Nothing was removed. There is no subscription lake.');
    expect(await json('remove', 'billing')).toEqual([{ name: 'billing', removed: true }]);
    expect(await store().list({ limit: 1 })).toEqual([]);
  });

  it('health counts them', async () => {
    await run('pause', 'lake');
    const { lines: printed, output } = capturedOutput();
    await programFor(output).parseAsync(['health', '--url', service.url], { from: 'user' });
    expect(printed).toContain('subscribed   1 running, 1 paused');
  });

  describe('with rockets that are parked', () => {
    beforeEach(async () => {
      const { events } = await service.container.get(parts.store).readAll({ limit: 2 });
      const { position } = events[1]!;
      const put = [
        parkedOf('a', { position, number: 2, nextTryAt: undefined, tries: 7 }),
        parkedOf('b', { position }),
      ];
      await store().save((await store().find('billing'))!, { put });
    });

    it('parked tells each', async () => {
      const { lines: printed, notes } = await run('parked', 'billing');
      expect(printed.map((line) => line.replace(/^.* UTC {2}/, '').replace(/at .* UTC/, 'at …'))).toEqual([
        'a  from #2 on  7 attempts, given up: 500',
        'b  from #1 on  1 attempt, again at …: 500',
      ]);
      expect(notes).toEqual(['2 rockets parked']);
      expect((await run('parked', 'lake')).notes).toEqual(['Nothing is parked.']);
      expect((await lines('show', 'billing')).join('\n')).toContain('2 rockets parked, 1 of them given up');
    });

    it('retry tries one again, or all that were given up', async () => {
      expect(await lines('retry', 'billing', 'b')).toEqual(['Tried again: 1 rocket.']);
      expect(await json('retry', 'billing')).toEqual([{ name: 'billing', retried: 1 }]);
      expect(await sentence('retry', 'billing', 'none')).toContain('Nothing of none is parked');
    });

    it('drop gives up what waits, or up to a number', async () => {
      expect(await lines('drop', 'billing', 'a', '--up-to', '2')).toEqual(['Dropped #2 of a.']);
      expect(await sentence('drop', 'billing', 'a', '--up-to', '2')).toContain('Nothing was dropped. ');
      expect(await sentence('drop', 'billing', 'none')).toContain('Nothing of none is parked');
    });
  });
});
