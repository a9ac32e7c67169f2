import { drop, makeSubscription, replay } from '../../web/live/subscriptions.js';
import { routeOf, subscriptionHref } from '../../web/model/route.js';
import {
  changesIn,
  emptyForm,
  formOf,
  newSubscription,
  type SubscriptionForm,
} from '../../web/model/subscription-form.js';
import {
  batchText,
  errorText,
  faultAt,
  faultsElsewhere,
  filterText,
  lagText,
  lagTimeText,
  sinkText,
  testText,
  waitsText,
} from '../../web/model/subscriptions.js';
import { subscription } from './builders.js';

const now = Date.parse('2026-10-01T12:00:00Z');
const toKafka = subscription({ sink: { type: 'kafka', topic: 'facts' } });
const batched = subscription({
  sink: { type: 'webhook', url: 'https://a.example/', batch: { events: 50, ms: 1500 } },
});

describe('a subscription in words', () => {
  it('says where it goes', () => {
    expect(sinkText(batched)).toBe('https://a.example/');
    expect(sinkText(toKafka)).toBe('Kafka topic facts');
    expect(batchText(batched)).toBe('up to 50 events together, after at most 1,500 ms');
    expect([batchText(toKafka), batchText(subscription())]).toEqual([undefined, undefined]);
  });

  it('says which events it wants', () => {
    expect(filterText(subscription())).toBe('Every event of every rocket');
    expect(
      filterText(subscription({ types: ['RocketLaunched', 'MessageRefused'], channels: ['pad-1'] })),
    ).toBe('Launched, Refused of pad-1');
    expect(filterText(subscription({ channels: ['pad-1', 'pad-2'] }))).toBe('Every event of 2 rockets');
  });

  it('says how far it is behind, no further than anybody counted', () => {
    const behind = (events: number, isMore?: boolean) =>
      subscription({ lag: { events, seconds: 90, ...(isMore && { isMore }) } });
    expect([behind(0), behind(1), behind(1204), behind(100_000, true)].map(lagText)).toEqual([
      '0 events',
      '1 event',
      '1,204 events',
      '100,000+ events',
    ]);
    expect([behind(0), behind(1)].map(lagTimeText)).toEqual(['—', '90 s']);
  });

  it('tells times as the page does, with the day where it is another one', () => {
    const waitsFor = 'the receiver, which is tried again at 2026-10-01T12:00:30.250Z';
    expect(waitsText(subscription({ waitsFor }), now)).toBe(
      'the receiver, which is tried again at 12:00:30 UTC',
    );
    const lastError = { at: '2026-09-30T23:59:59.999Z', what: '500' };
    expect(errorText(subscription({ lastError }), now)).toBe('2026-09-30 23:59:59: 500');
    expect(errorText(subscription(), now)).toBe('—');
  });

  it('says what its receiver answered to a test', () => {
    expect(testText({ delivered: true, answer: 'yes' })).toBe('The receiver took the test event.');
    expect(testText({ delivered: false, answer: 'again', what: '503', afterSeconds: 30 })).toBe(
      'The test event did not get through: 503. It asks to be left alone for 30 s.',
    );
    expect(testText({ delivered: false, answer: 'again', what: '503' })).toMatch(/through: 503\.$/);
    expect(testText({ delivered: false, answer: 'no', what: '422' })).toBe(
      'The receiver refused the test event: 422.',
    );
    expect(testText({ delivered: false, answer: 'gone', what: '410' })).toBe(
      'The receiver wants nothing more: 410.',
    );
  });

  it('has an address of its own', () => {
    expect(routeOf('#/subscriptions')).toMatchObject({ screen: 'subscriptions' });
    expect(routeOf(subscriptionHref('a.b_c-1'))).toMatchObject({ screen: 'subscription', name: 'a.b_c-1' });
  });
});

describe('the form of a subscription', () => {
  const filled: SubscriptionForm = { ...emptyForm, name: ' billing ', url: ' https://a.example/ ' };

  it('asks for no more than was filled in', () => {
    expect(newSubscription(filled)).toEqual({
      name: 'billing',
      sink: { type: 'webhook', url: 'https://a.example/' },
      from: 'now',
    });
  });

  it('asks for all that was', () => {
    expect(
      newSubscription({
        ...filled,
        events: '5',
        ms: '0',
        types: ['RocketExploded', 'RocketLaunched'],
        channels: ' pad-1,\n pad-2\n',
        from: 'position',
        position: ' store-9 ',
        secret: ' whsec_x ',
      }),
    ).toEqual({
      name: 'billing',
      sink: { type: 'webhook', url: 'https://a.example/', batch: { events: 5, ms: 0 } },
      types: ['RocketLaunched', 'RocketExploded'],
      channels: ['pad-1', 'pad-2'],
      from: 'store-9',
      secret: 'whsec_x',
    });
  });

  it('leaves it to the service to say what is missing of half a batch, or is no number', () => {
    expect(newSubscription({ ...filled, events: '5' })).toMatchObject({ sink: { batch: { events: 5 } } });
    expect(JSON.stringify(newSubscription({ ...filled, ms: 'soon' }))).toContain('"batch":{"ms":null}');
  });

  it('sends no secret and no URL to Kafka', () => {
    expect(newSubscription({ ...filled, kind: 'kafka', topic: 'facts', secret: 'whsec_x' })).toEqual({
      name: 'billing',
      sink: { type: 'kafka', topic: 'facts' },
      from: 'now',
    });
  });

  it('changes what is other than before, and only that', () => {
    const before = { ...batched, types: ['RocketExploded', 'RocketLaunched'] as const, channels: ['b', 'a'] };
    const form = formOf(before);
    expect(changesIn(before, form)).toBeUndefined();
    expect(changesIn(before, { ...form, types: ['RocketLaunched', 'RocketExploded'] })).toBeUndefined();
    expect(changesIn(before, { ...form, types: [], channels: ' ' })).toEqual({ types: null, channels: null });
    expect(changesIn(before, { ...form, channels: 'c' })).toEqual({ channels: ['c'] });
    expect(changesIn(before, { ...form, events: '', ms: '' })).toEqual({
      sink: { type: 'webhook', url: 'https://a.example/' },
    });
    expect(changesIn(toKafka, { ...formOf(toKafka), topic: 'news' })).toEqual({
      sink: { type: 'kafka', topic: 'news' },
    });
  });
});

describe('what is wrong with what was typed', () => {
  const faults = [
    { pointer: '/sink/url', message: 'no URL' },
    { pointer: '/channels/1', message: 'no channel' },
    { pointer: '/channelsX', message: 'unknown' },
    { message: 'nobody is there' },
  ];

  it('is said at its field, or at the one that it is a part of', () => {
    expect(['/sink/url', '/sink', '/channels', '/name'].map((field) => faultAt(faults, field))).toEqual([
      'no URL',
      'no URL',
      'no channel',
      undefined,
    ]);
  });

  it('is said elsewhere where no field can say it', () => {
    expect(faultsElsewhere(faults, ['/sink', '/channels'])).toEqual(['unknown', 'nobody is there']);
  });

  const refusing = (status: number, code: string, errors?: object[]): void => {
    const problem = { type: `/problems/${code}`, title: 'No', detail: `It is ${code}.`, errors };
    jest
      .spyOn(globalThis, 'fetch')
      .mockImplementation(() => Promise.resolve(new Response(JSON.stringify(problem), { status })));
  };
  afterEach(() => jest.restoreAllMocks());

  it('comes from the service, each with its field', async () => {
    const errors = [{ pointer: '/name', code: 'invalid', message: 'name is too long.' }];
    refusing(400, 'invalid-subscription', errors);
    await expect(makeSubscription({})).rejects.toMatchObject({ status: 400, errors });
  });

  it('is the name when there is one of that name, and the position when it is of another history', async () => {
    refusing(409, 'subscription-exists');
    await expect(makeSubscription({})).rejects.toMatchObject({
      errors: [{ pointer: '/name', message: 'It is subscription-exists.' }],
    });
    refusing(400, 'unknown-position');
    await expect(replay('a', 'x')).rejects.toMatchObject({ errors: [{ pointer: '/from' }] });
  });

  it('is none of the fields when what is asked for can’t be done', async () => {
    refusing(409, 'nothing-parked');
    await expect(drop('a', 'pad-1', undefined)).rejects.toMatchObject({ code: 'nothing-parked', errors: [] });
  });
});
