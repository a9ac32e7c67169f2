import { problems, type ProblemSlug } from '../problems.js';

interface Page {
  readonly title: string;
  /** Style sheets beside our own, which comes last. */
  readonly styles?: readonly string[];
  readonly isDocs?: boolean;
}

/** Wears the clothes of the dashboard, and leads back to it. */
const page = ({ title, styles = [], isDocs = false }: Page, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}</title>
    <link rel="icon" href="data:,">
${[...styles, '/docs/pages.css'].map((style) => `    <link rel="stylesheet" href="${style}">`).join('\n')}
    <script src="/docs/theme.js"></script>
  </head>
  <body>
    <header class="topbar">
      <a class="brand" href="/" aria-label="Rockets, dashboard">
        <svg class="emblem" viewBox="0 0 32 32" aria-hidden="true"><path class="emblem-arc" d="M4 26C7 14 15 8 25 6"/><path class="emblem-tip" d="M29 4 19 5.6l6.8 7.2z"/><path class="emblem-ground" d="M3 28h26"/></svg>
        <span>Rockets</span>
      </a>
      <nav aria-label="Screens">
        <a href="/">Fleet</a>
        <a href="/#/events">Events</a>
        <a href="/docs"${isDocs ? ' aria-current="page"' : ''}>API</a>
      </nav>
    </header>
${body}
  </body>
</html>
`;

export const docsPage = page(
  { title: 'Rockets API', styles: ['/docs/swagger-ui.css'], isDocs: true },
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
    { title: `${title} · Rockets` },
    `    <main class="problem">
      <p class="status">${status} <code>${slug}</code></p>
      <h1>${escape(title)}</h1>
      <h2>What to do</h2>
      <p>${escape(advice).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>
      <p><a href="/docs">All routes</a></p>
    </main>`,
  );
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
