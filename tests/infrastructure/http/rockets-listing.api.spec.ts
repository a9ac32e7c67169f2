import { api } from '../../support/openapi-validator.js';
import { startService, type TestService } from '../../support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
  for (const [channel, launchSpeed] of [
    ['a', 500],
    ['b', 1500],
    ['c', 1000],
  ] as const) {
    await api(service.app)
      .post('/messages')
      .send({
        metadata: {
          channel,
          messageNumber: 1,
          messageTime: '2026-10-01T00:00:00Z',
          messageType: 'RocketLaunched',
        },
        message: { type: 'Falcon-9', launchSpeed, mission: 'ARTEMIS' },
      })
      .expect(202);
  }
});
afterAll(() => service.stop());

const channels = async (query: string): Promise<string[]> => {
  const { body } = (await api(service.app).get(`/rockets?${query}`).expect(200)) as {
    body: { channel: string }[];
  };
  return body.map(({ channel }) => channel);
};

describe('the list of rockets', () => {
  it.each([
    ['', 'abc'],
    ['sort=speed', 'acb'],
    ['sort=-speed', 'bca'],
    ['sort=-speed&order=desc', 'bca'],
    ['sort=speed&order=DESC', 'bca'],
    ['sortBy=speed&order=asc', 'acb'],
    ['order=desc', 'cba'],
  ])('sorted by "%s" is %s', async (query, expected) => {
    expect((await channels(query)).join('')).toBe(expected);
  });

  it.each([
    'sort=-speed&order=asc',
    'sort=speed&sortBy=type',
    'sort=size',
    'sort=speed&sort=type',
    'limit=0',
  ])('refuses "%s", which contradicts itself or the rules', async (query) => {
    const { body } = (await api(service.app).get(`/rockets?${query}`).expect(400)) as {
      body: { type: string };
    };
    expect(body.type).toBe('/problems/invalid-query');
  });

  it('leads through all pages by its links', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/rockets?sort=-speed&limit=1';
    while (next !== undefined) {
      const { body, headers } = (await api(service.app).get(next).expect(200)) as {
        body: { channel: string }[];
        headers: Record<string, string>;
      };
      seen.push(...body.map(({ channel }) => channel));
      next = /<([^>]+)>; rel="next"/.exec(headers['link'] ?? '')?.[1];
    }
    expect(seen.join('')).toBe('bca');
  });
});
