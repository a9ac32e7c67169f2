import addFormats from 'ajv-formats';
import Ajv2020 from 'ajv/dist/2020.js';
import { openApi } from '../../../../src/infrastructure/http/docs/openapi/document.js';
import { asyncApi } from '../../../../src/infrastructure/http/docs/openapi/asyncapi.js';
import { methods, type Media } from '../../../../src/infrastructure/http/docs/openapi/model.js';
import { problems } from '../../../../src/infrastructure/http/problems.js';
import { check } from '../../../support/openapi-validator.js';

const operations = Object.entries(openApi.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method];
    return operation === undefined
      ? []
      : [{ path, method, name: `${method.toUpperCase()} ${path}`, operation }];
  }),
);

/** Every place with a media type: its examples, and the way to its schema. */
const media = operations.flatMap(({ path, method, name, operation }) => {
  const at = ['paths', path, method];
  const bodies: [readonly string[], Readonly<Record<string, Media>>][] = [
    [[...at, 'requestBody'], operation.requestBody?.content ?? {}],
    ...Object.entries(operation.responses).map(
      ([status, { content }]): [readonly string[], Readonly<Record<string, Media>>] => [
        [...at, 'responses', status],
        content ?? {},
      ],
    ),
  ];
  return bodies.flatMap(([place, content]) =>
    Object.entries(content).map(([type, { examples = {} }]) => ({
      name: `${name} ${place.slice(3).join(' ')} ${type}`,
      pointer: [...place, 'content', type, 'schema'],
      examples: Object.values(examples).map(({ value }) => value),
    })),
  );
});

const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : references(child),
  );
};

const resolve = (document: object, reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null
          ? Object.entries(at).find(([key]) => key === name)?.[1]
          : undefined,
      document,
    );

describe('the OpenAPI document', () => {
  it('names every operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(operations)('declares each parameter of $name once', ({ path, operation }) => {
    const { parameters = [] } = operation;
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
    expect(new Set(names).size).toBe(names.length);
    expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
  });

  it.each(operations)('sorts $name under a tag that it explains', ({ operation }) => {
    expect(openApi.tags.map(({ name }) => name)).toEqual(expect.arrayContaining([...operation.tags]));
  });

  it.each(media)('shows only examples that fit: $name', ({ pointer, examples }) => {
    for (const example of examples) expect(() => check(pointer, example)).not.toThrow();
  });

  it('shows parameters that fit', () => {
    for (const { path, method, operation } of operations) {
      for (const [index, { example }] of (operation.parameters ?? []).entries()) {
        if (example === undefined) continue;
        check(['paths', path, method, 'parameters', String(index), 'schema'], example);
      }
    }
  });

  it('offers no position to try out but the beginning, as none but those of this very store would be found', () => {
    const position = operations.flatMap(({ operation }) =>
      (operation.parameters ?? []).filter(({ schema }) => JSON.stringify(schema).includes('/Position"')),
    );
    expect(position.map(({ name, example }) => [name, example])).toEqual([
      ['after', 'beginning'],
      ['position', undefined],
    ]);
  });

  it.each(['Text', 'Why'])('has no room for the character NUL in a %s', (name) => {
    expect(() => check(['components', 'schemas', name], 'Falcon-9 🚀\n')).not.toThrow();
    expect(() => check(['components', 'schemas', name], 'Falcon\0')).toThrow('pattern');
  });

  it('says of every answer what every answer carries', () => {
    const answers = [
      ...operations.flatMap(({ operation }) => Object.values(operation.responses)),
      ...Object.values(openApi.components.responses),
    ];
    for (const { headers = {} } of answers) {
      for (const name of ['X-Request-Id', 'Cache-Control', 'X-Content-Type-Options'])
        expect(headers[name]?.required).toBe(true);
    }
  });

  it('has a schema that compiles for every name, and a use for each of them', () => {
    const used = new Set(references(openApi).map((reference) => reference.split('/').at(-1)));
    const names = Object.keys(openApi.components.schemas);
    expect(names.filter((name) => !used.has(name))).toEqual([]);
    for (const name of names) {
      expect(() => check(['components', 'schemas', name], undefined)).toThrow(`components schemas ${name}: `);
    }
  });

  it('mentions every problem type', () => {
    const mentioned = new Set(
      JSON.stringify([openApi.paths, openApi.components.responses]).match(/(?<=problems\/)[\w-]+/g),
    );
    expect(Object.keys(problems).filter((slug) => !mentioned.has(slug))).toEqual([]);
  });
});

describe('the AsyncAPI document', () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats(ajv);

  it.each(Object.entries(asyncApi.components.messages))('shows examples that fit: %s', (_name, message) => {
    const validate = ajv.compile({ ...message.payload, components: asyncApi.components });
    expect(message.examples.length).toBeGreaterThan(0);
    for (const { payload } of message.examples) {
      expect([payload, validate(payload), validate.errors]).toEqual([payload, true, null]);
    }
  });

  it('refers only to what it contains', () => {
    expect(references(asyncApi).filter((reference) => resolve(asyncApi, reference) === undefined)).toEqual(
      [],
    );
  });
});
