import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import request from 'supertest';
import { openApi } from '../../src/infrastructure/http/docs/openapi/document.js';
import {
  methods,
  type ApiResponse,
  type Operation,
} from '../../src/infrastructure/http/docs/openapi/model.js';
import { isProblemSlug } from '../../src/infrastructure/http/problem.js';
import { problems } from '../../src/infrastructure/http/problems.js';

/** One answer as it came over the wire. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Supertest, with every answer held against the OpenAPI document before the test itself looks at it. */
export const api = (app: Parameters<typeof request>[0]) => {
  const agent = request(app);
  const checked =
    (method: 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options') => (url: string) =>
      agent[method](url).expect((res) => {
        const body = Buffer.isBuffer(res.body) ? res.body.toString() : (res.text ?? '');
        documentedAs({ method, url, status: res.status, headers: res.headers, body });
      });
  return {
    get: checked('get'),
    head: checked('head'),
    post: checked('post'),
    put: checked('put'),
    patch: checked('patch'),
    delete: checked('delete'),
    options: checked('options'),
  };
};

/**
 * Names the entry of the document that this answer belongs to, `GET /rockets 200 application/json` or
 * `GET /rockets 400 invalid-query`; throws when there is none or the answer does not fit it.
 */
export const documentedAs = (exchange: Exchange): string => {
  const { method, status } = exchange;
  // Every route answers OPTIONS with the methods it has, and nothing else.
  if (method.toLowerCase() === 'options' && status === 204 && exchange.body === '') return 'OPTIONS 204';
  const { name, path, response, pointer } = findResponse(exchange);
  checkHeaders(exchange, response, pointer);
  return path === undefined
    ? `${name} ${checkBody(exchange, response, pointer)}`
    : `${verbOf(method)} ${path} ${status} ${checkBody(exchange, response, pointer)}`;
};

/** Every entry of the document that an answer can belong to. */
export const documentedAnswers = (): string[] => {
  const entries = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      Object.entries(operation.responses).flatMap(([status, response]) =>
        variantsOf(response).map((variant) => `${method.toUpperCase()} ${path} ${status} ${variant}`),
      ),
    ),
  );
  const shared = Object.entries(openApi.components.responses).flatMap(([name, response]) =>
    variantsOf(response).map((slug) => `${name} ${slug}`),
  );
  return [...entries, ...shared];
};

interface Found {
  readonly name: string;
  readonly path?: string;
  readonly response: ApiResponse;
  readonly pointer: readonly string[];
}

const findResponse = (exchange: Exchange): Found => {
  const { method, url, status } = exchange;
  const [pathname = ''] = url.split('?');
  const path = Object.keys(openApi.paths).find((template) => patternOf(template).test(pathname));
  const verb = verbOf(method).toLowerCase();
  const operation = path === undefined ? undefined : operationOf(path, verb);
  const shared = sharedName(exchange, path, operation);
  if (shared !== undefined) {
    const response = openApi.components.responses[shared]!;
    return { name: shared, response, pointer: ['components', 'responses', shared] };
  }
  const response = operation?.responses[status];
  if (path === undefined || response === undefined) {
    throw new Error(
      `${method} ${url}: ${status} is not in the OpenAPI document: ${exchange.body.slice(0, 300)}`,
    );
  }
  return { name: path, path, response, pointer: ['paths', path, verb, 'responses', String(status)] };
};

/** Problems that any route can answer stand once in the document; two of them only where they can be true. */
const sharedName = (exchange: Exchange, path?: string, operation?: Operation): string | undefined => {
  if (path === undefined && exchange.status === 404) return 'RouteNotFound';
  if (operation === undefined && exchange.status === 405) return 'MethodNotAllowed';
  const problem = String(exchange.headers['content-type']).startsWith('application/problem+json');
  if (!problem) return undefined;
  const names = [
    'MalformedRequest',
    'RequestTimeout',
    'HeaderTooLarge',
    'InternalError',
    'CrossSite',
    'UnknownHost',
    'IssuerUnavailable',
  ];
  const slugsOf = (name: string): string[] => variantsOf(openApi.components.responses[name]!);
  if (exchange.body !== '') {
    const slug = slugOf(JSON.parse(exchange.body));
    return names.find((name) => slugsOf(name).includes(slug));
  }
  // An answer to HEAD has nothing but its status to be known by.
  if (operation?.responses[exchange.status] !== undefined) return undefined;
  return names.find((name) => slugsOf(name).some((slug) => statusOf(slug) === exchange.status));
};

const statusOf = (slug: string): number | undefined =>
  isProblemSlug(slug) ? problems[slug].status : undefined;

const operationOf = (path: string, verb: string): Operation | undefined => {
  const item = openApi.paths[path];
  const method = methods.find((one) => one === verb);
  return method && item?.[method];
};

const verbOf = (method: string): string => (method.toUpperCase() === 'HEAD' ? 'GET' : method.toUpperCase());

const patternOf = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`);

/** Headers that belong to HTTP itself and not to our contract. */
const plainHeaders = new Set([
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'connection',
  'content-encoding',
  'content-length',
  'content-security-policy',
  'cross-origin-resource-policy',
  'origin-agent-cluster',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
  'content-type',
  'cross-origin-opener-policy',
  'date',
  'etag',
  'keep-alive',
  'last-modified',
  'accept-ranges',
  'referrer-policy',
  'transfer-encoding',
  'vary',
  'x-accel-buffering',
]);

const checkHeaders = (
  { headers }: Exchange,
  { headers: documented = {} }: ApiResponse,
  at: readonly string[],
) => {
  for (const [name, { required }] of Object.entries(documented)) {
    const given = headers[name.toLowerCase()];
    const value = Array.isArray(given) ? given.join(', ') : given;
    if (value === undefined && required === true)
      throw new Error(`${at.join(' ')}: header ${name} is missing`);
    if (value !== undefined) check([...at, 'headers', name, 'schema'], value);
  }
  const known = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
  const strange = Object.keys(headers).filter((name) => !known.has(name) && !plainHeaders.has(name));
  if (strange.length > 0) throw new Error(`${at.join(' ')}: header ${strange.join(', ')} is not documented`);
};

/** Answers which of the documented bodies it is: the slug of a problem, otherwise the media type, or `empty`. */
const checkBody = (exchange: Exchange, response: ApiResponse, at: readonly string[]): string => {
  const { method, body } = exchange;
  const media = mediaOf(exchange);
  if (media === '' && mayBeEmpty(response)) {
    if (body !== '') throw new Error(`${at.join(' ')}: a body without a type`);
    return 'empty';
  }
  // A redirect may carry a few words for people.
  if (response.content === undefined) return 'empty';
  if (response.content[media] === undefined) {
    throw new Error(`${at.join(' ')}: media type "${media}" is not documented`);
  }
  if (method.toUpperCase() === 'HEAD') return media;
  const values = valuesIn(body, media);
  for (const value of values) check([...at, 'content', media, 'schema'], value);
  return media === 'application/problem+json' ? slugOf(values[0]) : media;
};

const mediaOf = ({ headers }: Exchange): string =>
  /^[^;\s]*/.exec(String(headers['content-type'] ?? ''))?.[0] ?? '';

const mayBeEmpty = (response: ApiResponse): boolean =>
  response.content === undefined || response['x-empty-without-accept'] === true;

/** The schema of NDJSON describes one line. */
const valuesIn = (body: string, media: string): readonly unknown[] => {
  if (media === 'application/x-ndjson') {
    const lines = body.split('\n').slice(0, -1);
    return lines.map((line): unknown => JSON.parse(line));
  }
  return [media.endsWith('json') ? JSON.parse(body) : body];
};

const slugOf = (problem: unknown): string =>
  typeof problem === 'object' && problem !== null && 'type' in problem
    ? String(problem.type).slice('/problems/'.length)
    : '';

const variantsOf = (response: ApiResponse): string[] => {
  const variants = Object.entries(response.content ?? {}).flatMap(([media, { examples = {} }]) =>
    media === 'application/problem+json' ? Object.keys(examples) : [media],
  );
  return mayBeEmpty(response) ? [...variants, 'empty'] : variants;
};

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats(ajv);
ajv.addVocabulary(Object.keys(openApi));
ajv.addSchema({ ...openApi }, 'openapi');
const compiled = new Map<string, ValidateFunction>();

/** Holds a value against the schema at a place of the document, given as the names on the way to it. */
export const check = (pointer: readonly string[], value: unknown): void => {
  const names = pointer.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1')));
  const $ref = `openapi#/${names.join('/')}`;
  const validate = compiled.get($ref) ?? ajv.compile({ $ref });
  compiled.set($ref, validate);
  if (validate(value)) return;
  const shown = JSON.stringify(value)?.slice(0, 600);
  throw new Error(`${pointer.join(' ')}: ${ajv.errorsText(validate.errors, { separator: '\n' })}\n${shown}`);
};
