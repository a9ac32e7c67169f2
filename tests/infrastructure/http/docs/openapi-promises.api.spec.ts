import { openApi } from '../../../../src/infrastructure/http/docs/openapi/document.js';
import type {
  Operation,
  Parameter,
  PathItem,
} from '../../../../src/infrastructure/http/docs/openapi/model.js';
import * as example from '../../../../src/infrastructure/http/docs/openapi/examples.js';
import { FakeSinks } from '../../../support/fake-sinks.js';
import { exchange } from '../../../support/http-exchange.js';
import { httpStores } from '../../../support/http-stores.js';
import { documentedAs, type Exchange } from '../../../support/openapi-validator.js';
import { startService, type TestService } from '../../../support/test-service.js';

const json = { accept: 'application/json', 'content-type': 'application/json' };
const paths: [path: string, item: PathItem][] = Object.entries(openApi.paths);

describe.each(httpStores)('who tries out what /docs shows, with the store $store', ({ env }) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService(env(), undefined, undefined, undefined, new FakeSinks());
    const { launch, faster, newMission } = example.messages;
    for (const body of [launch, faster, newMission]) await post('/messages', body);
    await post('/subscriptions', example.newSubscription);
  });
  afterAll(() => service.stop());

  const post = (url: string, body: unknown): Promise<Exchange> =>
    exchange(service.url, { method: 'POST', url, headers: json, body: JSON.stringify(body) });

  it.each(paths.filter(([, { get }]) => get !== undefined))('gets an answer from %s', async (path, item) => {
    const answer = await exchange(service.url, { url: await filledIn(path, item.get), headers: json });
    documentedAs(answer);
    expect([answer.status, answer.body]).toEqual([path === '/swagger' ? 302 : 200, answer.body]);
  });

  it('skips the gap that is shown', async () => {
    const url = `/rockets/${example.channel}/gaps/skip`;
    const content = openApi.paths['/rockets/{channel}/gaps/skip']?.post?.requestBody?.content;
    const [first] = Object.values(content?.['application/json']?.examples ?? {});
    expect(await post(url, first?.value)).toMatchObject({ status: 200 });
  });

  /** As the page fills in its form: with the example, otherwise the default. What it can't know is where it says. */
  const filledIn = async (path: string, operation: Operation | undefined): Promise<string> => {
    const fields = (operation?.parameters ?? []).map(({ in: place, name, example: shown, schema }) => ({
      place,
      name,
      value: shown ?? schema['default'],
    }));
    const query = fields.flatMap(({ place, name, value }): [string, string][] =>
      place === 'query' && value !== undefined ? [[name, String(value)]] : [],
    );
    let url = path;
    for (const { place, name, value } of fields) {
      if (place === 'path') url = url.replace(`{${name}}`, String(value ?? (await firstPosition())));
    }
    return query.length === 0 ? url : `${url}?${new URLSearchParams(query).toString()}`;
  };

  const firstPosition = async (): Promise<string> => {
    const { body } = await exchange(service.url, { url: '/events?limit=1', headers: json });
    const [event] = JSON.parse(body) as { position: string }[];
    return event!.position;
  };
});

describe('the methods that the document has', () => {
  let service: TestService;
  beforeAll(async () => void (service = await startService()));
  afterAll(() => service.stop());

  const inPath = ({ parameters = [] }: Operation): readonly Parameter[] =>
    parameters.filter((parameter) => parameter.in === 'path');

  it.each(paths)('of %s are those that it allows, and no other', async (path, item) => {
    const [operation] = Object.values(item) as Operation[];
    const url = inPath(operation!).reduce(
      (text, { name, example: shown }) => text.replace(`{${name}}`, String(shown ?? example.position)),
      path,
    );
    const documented = ['get', 'head', 'post', 'patch', 'delete', 'options'].filter(
      (method) => method === 'options' || (method === 'head' ? 'get' : method) in item,
    );
    const allowed = documented.join(', ').toUpperCase();
    const options = await exchange(service.url, { method: 'OPTIONS', url });
    expect([options.status, options.headers['allow'], options.body]).toEqual([204, allowed, '']);
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      if (documented.includes(method.toLowerCase())) continue;
      const answer = await exchange(service.url, { method, url, headers: json });
      expect([method, answer.status, answer.headers['allow']]).toEqual([method, 405, allowed]);
      expect(documentedAs(answer)).toMatch(/^MethodNotAllowed /);
    }
    if (item.get === undefined) return;
    const [get, head] = await Promise.all(
      (['GET', 'HEAD'] as const).map((method) => exchange(service.url, { method, url, headers: json })),
    );
    expect(head!.body).toBe('');
    expect([head!.status, head!.headers['content-type']]).toEqual([
      get!.status,
      get!.headers['content-type'],
    ]);
    documentedAs(head!);
  });
});
