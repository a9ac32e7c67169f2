import { problems, type ProblemSlug } from '../problems.js';

const page = (title: string, style: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${style}">
  </head>
  <body>
${body}
  </body>
</html>
`;

export const docsPage = page(
  'Rockets API',
  '/docs/swagger-ui.css',
  `    <div id="swagger-ui"></div>
    <noscript>This page needs JavaScript; the same is written in <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>`,
);

/** A file of its own, because the Content-Security-Policy lets no inline script run. */
export const docsScript = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

export const problemPage = (slug: ProblemSlug): string => {
  const { status, title, advice } = problems[slug];
  return page(
    `${title} · Rockets`,
    '/docs/problem.css',
    `    <main>
      <p class="status">${status} <code>${slug}</code></p>
      <h1>${escape(title)}</h1>
      <h2>What to do</h2>
      <p>${escape(advice).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>
      <p><a href="/docs">All routes</a></p>
    </main>`,
  );
};

export const problemStyle = `:root { color-scheme: light dark; font: 1.05rem/1.6 system-ui, sans-serif; }
main { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; }
h1 { line-height: 1.25; margin: 0 0 2rem; }
h2 { font-size: 1rem; margin: 0; }
p { margin: 0 0 1.5rem; }
.status { margin: 0; opacity: 0.75; }
`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
