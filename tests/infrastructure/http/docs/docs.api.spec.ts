import request from 'supertest';
import { asyncApi } from '../../../../src/infrastructure/http/docs/openapi/asyncapi.js';
import { openApiDocument } from '../../../../src/infrastructure/http/docs/openapi/document.js';
import { problems } from '../../../../src/infrastructure/http/problems.js';
import { api } from '../../../support/openapi-validator.js';
import { startService, type TestService } from '../../../support/test-service.js';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

/** Everything a page loads: what it names in `src` and `href`, without the links to follow. */
const loadedBy = (page: string): string[] =>
  [...page.matchAll(/<(?:script|link)[^>]* (?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');

describe('the documents', () => {
  it('are served as they are kept', async () => {
    const { body: open } = await api(service.url).get('/openapi.json').expect(200);
    const { body: async } = await api(service.url).get('/asyncapi.json').expect(200);
    expect(open).toEqual(JSON.parse(JSON.stringify(openApiDocument({ isGuarded: false }))));
    expect(async).toEqual(JSON.parse(JSON.stringify(asyncApi)));
  });
});

describe('/docs', () => {
  it('loads nothing from elsewhere and runs nothing inline', async () => {
    const { text, headers } = await api(service.url).get('/docs').expect(200).expect('Content-Type', /html/);
    expect(text).not.toMatch(/https?:|\/\/|style=|onload/);
    expect(text.match(/<script(?![^>]* src=)/)).toBeNull();
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none';script-src 'self';style-src 'self';/,
    );
    expect(headers['content-security-policy']).not.toMatch(/unsafe|http|\*/);
  });

  it('serves every file it loads', async () => {
    const { text } = await api(service.url).get('/docs');
    const files = loadedBy(text).filter((url) => !url.startsWith('data:'));
    expect(files).toEqual([
      '/docs/swagger-ui.css',
      '/docs/pages.css',
      '/docs/theme.js',
      '/docs/swagger-ui-bundle.js',
      '/docs/start.js',
    ]);
    for (const file of files) {
      await request(service.url)
        .get(file)
        .expect(200)
        .expect('Content-Type', file.endsWith('.css') ? /css/ : /javascript/)
        .expect('X-Content-Type-Options', 'nosniff');
    }
  });

  it('has no other files', async () => {
    for (const file of ['package.json', 'swagger-ui.js', '..%2fpackage.json', 'oauth2-redirect.html']) {
      await api(service.url)
        .get(`/docs/${file}`)
        .expect(404)
        .expect('Content-Type', /problem\+json/);
    }
  });

  it('is where /swagger leads', () =>
    api(service.url).get('/swagger').expect(302).expect('Location', '/docs'));

  it('answers other methods with the ones it has', async () => {
    await api(service.url).post('/docs').expect(405).expect('Allow', 'GET, HEAD, OPTIONS');
    await api(service.url).options('/docs').expect(204).expect('Allow', 'GET, HEAD, OPTIONS');
  });
});

describe('/problems/:slug', () => {
  it.each(Object.entries(problems))(
    'explains %s to programs and to people',
    async (slug, { title, status, advice }) => {
      const { body } = await api(service.url).get(`/problems/${slug}`).expect(200);
      expect(body).toEqual({ type: `/problems/${slug}`, title, status, advice });
      const { text, headers } = await api(service.url)
        .get(`/problems/${slug}`)
        .set('Accept', 'text/html,*/*;q=0.8')
        .expect(200);
      expect(text).toContain(`<h1>${title}</h1>`);
      expect(headers['content-type']).toMatch(/html/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe/);
    },
  );

  it('styles the page from here', async () => {
    const { text } = await api(service.url).get('/problems/conflict').set('Accept', 'text/html');
    expect(loadedBy(text)).toEqual(['data:,', '/docs/pages.css', '/docs/theme.js']);
    await request(service.url).get('/docs/pages.css').expect(200).expect('Content-Type', /css/);
  });

  it.each(['unheard', 'constructor', '__proto__', '%3Cscript%3E'])(
    'knows no problem called %s',
    async (slug) => {
      const { body } = await api(service.url).get(`/problems/${slug}`).set('Accept', 'text/html').expect(404);
      expect(body).toMatchObject({ type: '/problems/problem-not-found' });
    },
  );
});
