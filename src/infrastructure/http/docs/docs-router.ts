import { Router, type RequestHandler } from 'express';
import { dirname } from 'node:path';
import { docsPage, docsScript, problemPage } from './docs-pages.js';
import { pageStyle, themeScript } from './docs-style.js';
import { readOnly } from '../error-handler.js';
import { asyncApi } from './openapi/asyncapi.js';
import { openApiDocument } from './openapi/document.js';
import { Problem, isProblemSlug } from '../problem.js';
import { problems } from '../problems.js';

const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** The contract to read: for programs as JSON, for people as pages. */
export const docsRouter = (
  headers: RequestHandler,
  { isGuarded }: { readonly isGuarded: boolean },
): Router => {
  const router = Router({ caseSensitive: true });
  const texts: readonly (readonly [path: string, type: string, text: string])[] = [
    ['/openapi.json', 'application/json', JSON.stringify(openApiDocument({ isGuarded }))],
    ['/asyncapi.json', 'application/json', JSON.stringify(asyncApi)],
    ['/docs', 'text/html', docsPage],
    ['/docs/start.js', 'text/javascript', docsScript],
    ['/docs/theme.js', 'text/javascript', themeScript],
    ['/docs/pages.css', 'text/css', pageStyle],
  ];
  const serve = (path: string, handler: RequestHandler): void => {
    router.route(path).get(headers, handler).all(readOnly);
  };
  for (const [path, type, text] of texts) serve(path, (_req, res) => void res.type(type).send(text));
  for (const file of swaggerFiles) serve(`/docs/${file}`, swaggerFile(file));
  serve('/swagger', (_req, res) => res.redirect('/docs'));
  serve('/problems/:slug', explainProblem);
  return router;
};

const swaggerFile = (name: string): RequestHandler => {
  const root = dirname(require.resolve('swagger-ui-dist/package.json'));
  return (_req, res) => res.sendFile(name, { root, cacheControl: false });
};

const explainProblem: RequestHandler = (req, res) => {
  const slug = String(req.params['slug']);
  if (!isProblemSlug(slug))
    throw new Problem('problem-not-found', `No problem type is called "${slug.slice(0, 64)}".`);
  res.vary('Accept');
  if (req.accepts(['json', 'html']) === 'html') res.type('html').send(problemPage(slug));
  else res.json({ type: `/problems/${slug}`, ...problems[slug] });
};
