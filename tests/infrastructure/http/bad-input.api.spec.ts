import { parts } from '../../../src/container.js';
import { InvalidInput } from '../../../src/infrastructure/http/messages/invalid-input.js';
import { readBodyMessage } from '../../../src/infrastructure/http/messages/message-reader.js';
import { problems } from '../../../src/infrastructure/http/problems.js';
import { badInputCorpus } from '../../support/bad-input-corpus.js';
import { httpStores, httpStoresAndPostgres } from '../../support/http-stores.js';
import { documentedAs } from '../../support/openapi-validator.js';
import { postOf, type BadInput, type Expected } from '../../support/bad-input/bad-input.js';
import { rawExchange, type RawAnswer } from '../../support/raw-exchange.js';
import { startService, type TestService } from '../../support/test-service.js';
import { thorough } from '../../support/thorough.js';

/** What is refused before any store sees it need not be sent to each with every change. */
const stores = thorough ? httpStoresAndPostgres() : httpStores;

describe.each(stores)('bad input with the store $store', ({ env }) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService(await env());
  });
  afterAll(() => service.stop());

  const stored = async (): Promise<unknown> => ({
    end: await service.container.get(parts.store).lastPosition(),
    subscriptions: await service.container.get(parts.subscriptionStore).list({ limit: 10 }),
    totals: await service.container.get(parts.directory).totals(),
  });

  describe.each(badInputCorpus)('of kind $kind', ({ cases }) => {
    it.each(cases)('$name', async ({ bytes, before = [], expected, message, hangsUp }: BadInput) => {
      for (const body of before)
        expect(await rawExchange(service.port, postOf(body))).toMatchObject({ status: 202 });
      const was = await stored();
      const answer = await rawExchange(service.port, bytes, hangsUp);

      expect([answer.status, answer.body]).toEqual([expected.status, answer.body]);
      if (answer.status > 0) expectCommonHeaders(answer);
      if (answer.status >= 400) expectProblem(answer, expected);
      expectDocumented(bytes, answer);
      if (expected.outcome !== undefined) expect(answer.headers.get('rocket-outcome')).toBe(expected.outcome);
      if (expected.fields !== undefined) expect(JSON.parse(answer.body)).toMatchObject(expected.fields);
      if (answer.status === 0 || answer.status >= 400) expect(await stored()).toEqual(was);
      if (message !== undefined && answer.status !== 413) expectReader(message, expected);
    });
  });

  it('leaves the service well', async () => {
    const answer = await rawExchange(
      service.port,
      Buffer.from('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'ok', buffer: { messages: 0, bytes: 0 } });
  });
});

describe('the corpus', () => {
  it('has at least 1,280 cases, and enough of each kind', () => {
    const small = badInputCorpus.filter(({ least, cases }) => cases.length < least);
    expect(small.map(({ kind, cases }) => `${kind}: ${cases.length}`)).toEqual([]);
    expect(badInputCorpus.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(1280);
  });
});

const expectCommonHeaders = ({ headers }: RawAnswer): void => {
  expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._:+/=-]{1,128}$/);
  expect(headers.get('cache-control')).toMatch(/^no-(store|cache)$/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
};

const expectProblem = ({ status, headers, body }: RawAnswer, expected: Expected): void => {
  expect(status).toBeLessThan(500);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body).not.toMatch(/\n\s+at |node_modules|<html|<!doctype/i);
  // A HEAD request is answered without a body.
  if (body === '' && headers.get('content-length') !== '0') return;
  const problem = JSON.parse(body) as { type: string; requestId: string; errors?: object[] };
  expect(problem).toMatchObject({
    type: `/problems/${expected.slug}`,
    status,
    requestId: headers.get('x-request-id'),
  });
  expect(problem).toMatchObject({ title: expect.any(String), detail: expect.stringMatching(/\S/) });
  expect(problems).toHaveProperty([problem.type.replace('/problems/', ''), 'status'], status);
  const { pointer, parameter } = expected;
  if (pointer !== undefined) expect(problem.errors?.[0]).toMatchObject({ pointer });
  if (parameter !== undefined) expect(problem.errors?.[0]).toMatchObject({ parameter });
};

/** Held against the OpenAPI document wherever the request was one that a document of HTTP can speak of. */
const expectDocumented = (bytes: Buffer, { status, headers, body }: RawAnswer): void => {
  const [, method, url] =
    /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/\S*) HTTP\/1\.1\r\n/.exec(bytes.toString('latin1')) ?? [];
  if (method === undefined || url === undefined || status === 0) return;
  documentedAs({ method, url, status, headers: Object.fromEntries(headers), body });
};

const expectReader = (message: Buffer, expected: Expected): void => {
  const read = readBodyMessage(message);
  if (expected.status === 202) expect(read).not.toBeInstanceOf(InvalidInput);
  else
    expect(read).toMatchObject({
      code: expected.slug,
      errors: [expect.anything(), ...(read as InvalidInput).errors.slice(1)],
    });
};
