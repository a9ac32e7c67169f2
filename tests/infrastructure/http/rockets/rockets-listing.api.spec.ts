import type { RocketMessage } from '../../../../src/domain/rocket-message.js';
import { httpStores } from '../../../support/http-stores.js';
import { exploded, faster, launched, message } from '../../../support/messages.js';
import { api } from '../../../support/openapi-validator.js';
import { SteppedClock } from '../../../support/stepped-clock.js';
import { startService, type TestService } from '../../../support/test-service.js';

const fleet: readonly RocketMessage[] = [
  message(1, launched(500, 'Falcon-9', 'ARTEMIS'), 'a'),
  message(1, launched(1500, 'Soyuz', 'MIR_2'), 'b'),
  message(1, launched(1000, 'Falcon-9', '\ue000'), 'c'),
  message(3, faster(1), 'c'),
  message(4, faster(1), 'c'),
  message(1, launched(700, 'Ariane 100%', '😀'), 'd'),
  message(2, exploded(), 'd'),
  // Nothing of it is known yet.
  message(2, faster(1), 'e'),
];

describe.each(httpStores)('the list of rockets in the store $store', ({ env }) => {
  let service: TestService;
  beforeAll(async () => {
    const clock = new SteppedClock(60.5);
    service = await startService(env(), undefined, clock);
    for (const one of fleet) {
      await service.send(one);
      clock.step();
    }
    // Its launch is given up.
    await service.send(message(2, faster(2), 'f'));
    await api(service.app).post('/rockets/f/gaps/skip').send({ from: 1, to: 1 }).expect(200);
    // A minute a message was an hour ago.
    clock.step(60.5 - fleet.length);
  });
  afterAll(() => service.stop());

  const page = async (url: string): Promise<{ channels: string; link: string | undefined }> => {
    const { body, headers } = (await api(service.app).get(url).expect(200)) as {
      body: { channel: string }[];
      headers: Record<string, string>;
    };
    return { channels: body.map(({ channel }) => channel).join(''), link: headers['link'] };
  };
  const channels = async (query: string): Promise<string> => (await page(`/rockets?${query}`)).channels;

  it.each([
    ['', 'abcdef'],
    ['sort=speed', 'adcbef'],
    ['sort=-speed', 'bcdaef'],
    ['sort=-speed&order=desc', 'bcdaef'],
    ['sort=speed&order=DESC', 'bcdaef'],
    ['sort=-speed&sortBy=-speed', 'bcdaef'],
    ['sortBy=speed&order=asc', 'adcbef'],
    ['order=desc', 'fedcba'],
    ['sort=type', 'dacbef'],
    ['sort=mission', 'abcdef'],
    ['sort=-mission', 'dcbaef'],
    ['sort=status', 'edabcf'],
    ['sort=waiting', 'abdfec'],
    ['sort=-waiting', 'ceabdf'],
    ['sort=heardAt', 'abcdef'],
    ['sort=-heardAt', 'fedcba'],
  ])('sorted by "%s" is %s', async (query, expected) => {
    expect(await channels(query)).toBe(expected);
  });

  it.each([
    ['status=flying', 'abcf'],
    ['status=exploded,awaiting-launch', 'de'],
    ['status=flying,exploded,flying&sort=-speed', 'bcdaf'],
    ['type=Falcon-9', 'ac'],
    ['type=falcon-9', ''],
    ['mission=😀', 'd'],
    ['type=Falcon-9&mission=ARTEMIS', 'a'],
    ['waiting=true', 'ce'],
    ['waiting=false', 'abdf'],
    ['complete=false', 'f'],
    ['complete=true&status=flying', 'abc'],
    ['q=FALCON', 'ac'],
    ['q=_2', 'b'],
    ['q=0%25', 'd'],
    ['q=%25', 'd'],
    ['q=\\', ''],
    ["q='", ''],
    ['q=e', 'ade'],
    ['q=😀', 'd'],
    ['q=a&waiting=true&sort=-waiting', 'c'],
    ['silentFor=2h', ''],
    ['silentFor=58m', 'ab'],
    ['silentFor=3480s&sort=-heardAt', 'ba'],
    // Those that exploded have an excuse.
    ['silentFor=50m', 'abcef'],
    ['silentFor=0', 'abcef'],
    ['silentFor=50m&status=exploded', ''],
  ])('narrowed by "%s" is %s', async (query, expected) => {
    expect(await channels(query.replace('😀', encodeURIComponent('😀')).replace('\\', '%5C'))).toBe(expected);
  });

  it.each([
    'sort=-speed&order=asc',
    'sort=speed&sortBy=type',
    'sort=size',
    'sort=speed&sort=type',
    'limit=0',
    'waiting=maybe',
    'silentFor=long',
  ])('refuses "%s", which contradicts itself or the rules', async (query) => {
    const { body } = (await api(service.app).get(`/rockets?${query}`).expect(400)) as {
      body: { type: string };
    };
    expect(body.type).toBe('/problems/invalid-query');
  });

  it.each([
    ['sort=-speed', 'bcdaef'],
    ['sort=waiting', 'abdfec'],
    ['sort=type&order=desc', 'bacdef'],
    ['q=a&sort=mission', 'acd'],
    ['status=flying,awaiting-launch&silentFor=0&sort=-channel', 'fecba'],
  ])('leads through all pages by its links: "%s"', async (query, expected) => {
    let seen = '';
    let next: string | undefined = `/rockets?${query}&limit=1`;
    while (next !== undefined) {
      const { channels: some, link } = await page(next);
      expect(some.length).toBeLessThanOrEqual(1);
      seen += some;
      next = /<([^>]+)>; rel="next"/.exec(link ?? '')?.[1];
    }
    expect(seen).toBe(expected);
  });

  it('does not go on at a place of another listing', async () => {
    const { link } = await page('/rockets?sort=-speed&limit=1');
    const [, after] = /after=([^&>]+)/.exec(link ?? '') ?? [];
    await api(service.app).get(`/rockets?sort=-speed&limit=1&after=${after}`).expect(200);
    for (const query of [
      'sort=speed',
      'sort=-speed&status=flying',
      'sort=-speed&q=a',
      'sort=-speed&waiting=true',
    ]) {
      const { body } = (await api(service.app).get(`/rockets?${query}&after=${after}`).expect(400)) as {
        body: object;
      };
      expect(body).toMatchObject({ type: '/problems/invalid-query', errors: [{ parameter: 'after' }] });
    }
  });
});
