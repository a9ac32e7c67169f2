import fc from 'fast-check';
import { methods } from '../../../src/infrastructure/http/docs/openapi/model.js';
import { openApi } from '../../../src/infrastructure/http/docs/openapi/document.js';
import { channels, subscriptionNames } from './json-texts.js';

const odd = [
  '%00',
  '%',
  '%ZZ',
  '%FF',
  '%2e%2e',
  '..',
  '.',
  '%2F',
  'a%20b',
  '%F0%9F%9A%80',
  '',
  '*',
  '\xff',
  '~',
  ';',
  '"',
];

const encoded: fc.Arbitrary<string> = fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text));
export const latin1 = fc.uint8Array({ maxLength: 12 }).map((some) =>
  Buffer.from(some)
    .toString('latin1')
    .replace(/[\0-\x20\x7f]/g, '+'),
);
const position = fc.nat(20).map((at) => `{epoch}-${at}`);

export const segment = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...channels, ...subscriptionNames, 'unheard') },
  { weight: 2, arbitrary: fc.integer({ min: -1, max: 13 }).map(String) },
  { weight: 2, arbitrary: position },
  { weight: 1, arbitrary: fc.constantFrom(...odd, 'conflict', '9007199254740992', 'x'.repeat(129)) },
  { weight: 1, arbitrary: fc.oneof(encoded, latin1) },
);

const templates = [
  ...Object.keys(openApi.paths),
  '/docs/pages.css',
  '/docs/nothing.js',
  '/favicon.ico',
  '/nothing',
];

export const path: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.constantFrom(...templates), fc.infiniteStream(segment))
      .map(([template, values]) => template.replace(/\{\w+\}/g, () => String(values.next().value))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...templates),
        fc.constantFrom('/', '//', '/.', '?', '#', ';a=b', '/..', '%20', '.json'),
      )
      .map(([template, end]) => template + end),
  },
  { weight: 1, arbitrary: fc.constantFrom(...templates).map((template) => template.toUpperCase()) },
  { weight: 1, arbitrary: fc.array(segment).map((segments) => `/${segments.join('/')}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      'http://rockets/rockets',
      'rockets',
      '//rockets',
      '/\\rockets',
      '?',
      '/?',
    ),
  },
);

const parameters = new Set(
  Object.values(openApi.paths).flatMap((item) =>
    methods
      .map((method) => item[method])
      .flatMap((operation) =>
        (operation?.parameters ?? []).flatMap(({ in: place, name }) => (place === 'query' ? [name] : [])),
      ),
  ),
);
const parameter = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...parameters) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '__proto__', 'toString', 'Limit', 'cursor', 'limit[]', 'a.b', '%00', '%'),
  },
  { weight: 1, arbitrary: fc.oneof(encoded, latin1) },
);

const cursor = fc
  .oneof(
    fc.jsonValue(),
    fc.array(fc.oneof(fc.string(), fc.double(), fc.constant(null), fc.constant('gaps ')), { maxLength: 4 }),
  )
  .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));

const value = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      '0',
      '1',
      '2',
      '1000',
      '1001',
      '-1',
      '1.5',
      '9007199254740991',
      '9007199254740992',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'asc',
      'desc',
      'true',
      'false',
      'flying',
      'exploded,flying',
      'speed',
      '-speed',
      'heardAt',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'RocketLaunched',
      'MessageRefused',
      'already-launched',
      '10m',
      '36525d',
      'latest',
      'beginning',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...channels,
      'Falcon-9',
      'ARTEMIS',
      '2026-10-01T12:00:00Z',
      '2022-02-30T00:00:00%2B01:00',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.oneof(position, cursor, encoded, latin1) },
  { weight: 1, arbitrary: fc.nat(300).map((length) => encodeURIComponent('🚀'.repeat(length))) },
);

export const query: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.tuple(parameter, fc.constantFrom('=', '=', '=', '=', '', '=='), value).map((one) => one.join('')),
      { maxLength: 4 },
    ),
    fc.constantFrom('&', '&', '&', '&&', ';'),
  )
  .map(([parts, between]) => (parts.length === 0 ? '' : `?${parts.join(between)}`));
