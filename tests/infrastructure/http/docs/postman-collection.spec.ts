import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApi } from '../../../../src/infrastructure/http/docs/openapi/document.js';
import { methods } from '../../../../src/infrastructure/http/docs/openapi/model.js';

interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
  readonly request?: {
    readonly method: string;
    readonly url: { readonly path: readonly string[]; readonly query?: readonly { readonly key: string }[] };
  };
}

interface Collection {
  readonly item: readonly Item[];
  readonly variable: readonly { readonly key: string; readonly value: string }[];
}

const file = join(__dirname, '../../../../Rockets.postman_collection.json');
const collection = JSON.parse(readFileSync(file, 'utf8')) as Collection;

const requestsIn = (items: readonly Item[]): Item[] =>
  items.flatMap((item) => (item.item === undefined ? [item] : requestsIn(item.item)));
const requests = requestsIn(collection.item);

const operations = Object.entries(openApi.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ path, method: method.toUpperCase(), operation }];
  }),
);

const fits = (template: string, path: readonly string[]): boolean => {
  const parts = template.slice(1).split('/');
  return parts.length === path.length && parts.every((part, i) => part === path[i] || part.startsWith('{'));
};

/** The operation a request means; one that is spelled out wins over one with a parameter. */
const operationOf = ({ request }: Item) =>
  operations
    .filter(({ path, method }) => method === request?.method && fits(path, request.url.path))
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];

describe('the Postman collection keeps in step with the OpenAPI document', () => {
  it.each(requests)('$name asks for what the document knows', (item) => {
    const found = operationOf(item);
    expect(found).toBeDefined();
    const known = (found?.operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
    const asked = (item.request?.url.query ?? []).map(({ key }) => key);
    expect(known.map(({ name }) => name)).toEqual(expect.arrayContaining(asked));
  });

  it.each(operations)('$method $path has a request', ({ path, method }) => {
    const asked = requests
      .map(operationOf)
      .filter((found) => found?.path === path && found.method === method);
    expect(asked).not.toEqual([]);
  });

  it('starts at the standard port, with a channel of its own for every run', () => {
    expect(collection.variable).toEqual(
      expect.arrayContaining([
        { key: 'baseUrl', value: 'http://localhost:8088' },
        { key: 'channel', value: '' },
      ]),
    );
  });

  it('names every request once', () => {
    const names = requests.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
