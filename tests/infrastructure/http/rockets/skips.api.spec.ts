import { parts } from '../../../../src/container.js';
import { maxWhyCharacters } from '../../../../src/domain/rocket-event.js';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { httpStores } from '../../../support/http-stores.js';
import { faster, launched, message } from '../../../support/messages.js';
import { check } from '../../../support/openapi-validator.js';
import { startService, type TestService } from '../../../support/test-service.js';

let service: TestService;

const skip = async (channel: string, body: unknown) => {
  const url = `${service.url}/rockets/${channel}/gaps/skip`;
  const headers = { 'Content-Type': 'application/json' };
  const answer = await documentedFetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const get = async (path: string): Promise<unknown> => (await documentedFetch(service.url + path)).json();

describe.each(httpStores)('skipped gaps of a rocket in the store $store', ({ env }) => {
  beforeAll(async () => {
    service = await startService(env());
  });
  afterAll(() => service.stop());

  /** Heard: 1, 4, 5, 8. */
  const withGaps = async (channel: string): Promise<void> => {
    for (const [number, report] of [
      [1, launched(10)],
      [4, faster(4)],
      [5, faster(5)],
      [8, faster(8)],
    ] as const) {
      await service.send(message(number, report, channel));
    }
  };

  it('stand in its history with who gave them up and why, and in the log', async () => {
    await withGaps('told');
    const info = jest.spyOn(service.container.get(parts.logger), 'info');
    const why = 'No sender has this any more.';
    expect(await skip('told', { from: 2, to: 3, why })).toEqual({
      status: 200,
      body: { channel: 'told', from: 2, to: 3, gaps: 1, numbers: 2, version: 5 },
    });
    const event = {
      number: 3,
      type: 'MessagesSkipped',
      data: { from: 2, to: 3, by: { who: 'operator' }, why },
    };
    expect(await get('/rockets/told/events?after=1&limit=1')).toMatchObject([event]);
    expect(await get('/rockets/told/messages/2')).toMatchObject({ outcome: 'skipped', event });
    expect(info.mock.calls.filter(([text]) => text === 'gaps skipped')).toEqual([
      [
        'gaps skipped',
        expect.objectContaining({ channel: 'told', from: 2, to: 3, by: { who: 'operator' }, why }),
      ],
    ]);
  });

  it('may be several at once, each with its own event', async () => {
    await withGaps('several');
    expect(await skip('several', { upTo: 7 })).toMatchObject({
      status: 200,
      body: { from: 2, to: 7, gaps: 2, numbers: 4, version: 8 },
    });
    expect(await get('/rockets/several/events?order=desc')).toMatchObject(
      [8, 7, 5, 4, 3, 1].map((number) => ({ number })),
    );
    expect(await get('/rockets/several')).toMatchObject({ speed: 27, waiting: 0, complete: false });
  });

  it('may end within a gap, of which the rest stays open', async () => {
    await withGaps('part');
    expect(await skip('part', { upTo: 2 })).toMatchObject({
      status: 200,
      body: { from: 2, to: 2, version: 2 },
    });
    expect(await get('/rockets/part/gaps')).toMatchObject([
      { from: 3, to: 3, waiting: 2 },
      { from: 6, to: 7, waiting: 1 },
    ]);
  });

  it('are not those that somebody else has closed meanwhile', async () => {
    await withGaps('moved');
    await service.send(message(2, faster(2), 'moved'));
    expect(await skip('moved', { from: 2, to: 3 })).toMatchObject({
      status: 409,
      body: { type: '/problems/gap-moved', detail: 'The first gap of moved is now 3 to 3.' },
    });
    await service.send(message(3, faster(3), 'moved'));
    expect(await skip('moved', { upTo: 5 })).toMatchObject({ body: { type: '/problems/gap-moved' } });
    for (const number of [6, 7]) await service.send(message(number, faster(1), 'moved'));
    expect(await skip('moved', { upTo: 5 })).toMatchObject({
      status: 409,
      body: { type: '/problems/no-gap' },
    });
    expect(await get('/rockets/moved')).toMatchObject({ version: 8, complete: true });
  });

  it('are skipped once, by whoever comes first', async () => {
    await withGaps('once');
    const wish = { from: 2, to: 3 };
    const answers = await Promise.all([1, 2, 3, 4].map(() => skip('once', wish)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it('leave messages that come later late: kept, told again, and never changed', async () => {
    await withGaps('late');
    await skip('late', { upTo: 7, why: 'lost' });
    expect(await service.send(message(3, faster(30), 'late'))).toMatchObject({
      outcome: 'refused',
      rule: 'arrived-after-skip',
    });
    expect(await service.send(message(3, faster(30), 'late'))).toMatchObject({ outcome: 'duplicate' });
    expect(await service.send(message(3, faster(31), 'late'))).toMatchObject({ outcome: 'conflict' });
    await service.send(message(7, faster(70), 'late'));
    expect(await get('/rockets/late/late?limit=1')).toMatchObject([{ number: 3, payload: { by: 30 } }]);
    expect(await get('/rockets/late/late?after=3')).toMatchObject([{ number: 7 }]);
    expect(await get('/rockets/late/messages/3')).toMatchObject({
      outcome: 'late',
      message: { number: 3, payload: { by: 30 } },
      event: { type: 'MessagesSkipped', data: { from: 2, to: 3 } },
    });
    expect(await get('/rockets/late')).toMatchObject({ speed: 27, late: 2, version: 8 });
  });

  it('leave a rocket whose launch was among them without a speed', async () => {
    await service.send(message(2, faster(40), 'unknown'));
    await service.send(message(3, faster(2), 'unknown'));
    await skip('unknown', { from: 1, to: 1 });
    const unknown = { status: 'flying', speed: null, speedChange: 42, type: null, launchedAt: null };
    expect(await get('/rockets/unknown')).toMatchObject(unknown);
    await service.send(message(1, launched(500), 'unknown'));
    expect(await get('/rockets/unknown')).toMatchObject({ ...unknown, late: 1 });
    await service.send(message(4, launched(7), 'unknown'));
    expect(await get('/rockets/unknown')).toMatchObject({ speed: 7, speedChange: null, type: 'Falcon-9' });
  });
});

describe('the OpenAPI document and the service agree on what a skip is', () => {
  beforeAll(async () => {
    service = await startService();
    await service.send(message(1, launched(), 'a'));
  });
  afterAll(() => service.stop());

  const documented = (body: unknown): boolean => {
    try {
      check(['components', 'schemas', 'Skip'], body);
      return true;
    } catch {
      return false;
    }
  };

  const numbers = [0, -1, 1, 1.5, Number.MAX_SAFE_INTEGER, '1', null, true, []];
  const reasons = [
    '',
    'x',
    'x'.repeat(maxWhyCharacters),
    'x'.repeat(maxWhyCharacters + 1),
    '🚀'.repeat(maxWhyCharacters),
    5,
    null,
    {},
  ];

  it.each([
    ...[null, [], {}, 'x', 1, true],
    ...[{ from: 1 }, { to: 1 }, { from: 1, to: 1 }, { upTo: 1 }, { upto: 1 }],
    ...[
      { from: 1, to: 1, upTo: 1 },
      { from: 1, upTo: 1 },
      { to: 1, upTo: 1 },
    ],
    ...numbers.flatMap((number) => [
      { upTo: number },
      { from: number, to: Number.MAX_SAFE_INTEGER },
      { from: 1, to: number },
    ]),
    ...reasons.flatMap((why) => [
      { upTo: 1, why },
      { from: 1, to: 1, why },
    ]),
    { from: 1, to: 1, channel: 'a', count: 1, since: '2026-10-01T12:00:00Z', waiting: 1 },
  ])('%j', async (body: unknown) => {
    const answer = await skip('a', body);
    expect(documented(body)).toBe(answer.status !== 400);
    expect(answer.body).toMatchObject({
      type: answer.status === 400 ? '/problems/invalid-message' : '/problems/no-gap',
    });
  });
});
