/** The clothes of the dashboard (`web/styles/tokens.css`) for pages that are there without it. */
export const pageStyle = `:root, [data-theme='light'] {
  color-scheme: light;
  --paper: #f2efe8; --sheet: #faf8f3; --ink: #14171c; --ink-2: #50545d; --line: #d6d0c3;
  --accent: #b3390a; --accent-fill: #ff5a1f;
}
[data-theme='dark'] {
  color-scheme: dark;
  --paper: #0d1013; --sheet: #14181c; --ink: #ece8df; --ink-2: #a2a5a6; --line: #2b3136;
  --accent: #ff8a57; --accent-fill: #ff6a2e;
}
:root {
  --sans: 'Inter', 'SF Pro Text', 'Segoe UI Variable Text', 'Segoe UI', Roboto, 'Helvetica Neue', Arial,
    system-ui, sans-serif;
  --mono: 'JetBrains Mono', 'SF Mono', 'Cascadia Code', 'Roboto Mono', ui-monospace, Menlo, Consolas,
    'DejaVu Sans Mono', monospace;
  --side: clamp(1rem, 2.5vw, 2rem);
}
html, html.dark-mode { background: var(--paper); color: var(--ink); font: 0.9375rem/1.55 var(--sans); }
body { margin: 0; background: var(--paper); }
a { color: inherit; text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.topbar {
  position: sticky; top: 0; z-index: 3; display: flex; align-items: center; gap: 1.5rem; height: 3.25rem;
  padding: 0 var(--side); background: var(--paper); border-bottom: 1px solid var(--ink);
}
.brand {
  display: inline-flex; align-items: center; gap: 0.6rem; font-size: 1.0625rem; font-weight: 650;
  letter-spacing: -0.02em; text-decoration: none;
}
.emblem { width: 1.75rem; height: 1.75rem; fill: none; stroke-linecap: round; }
.emblem-arc { stroke: var(--accent-fill); stroke-width: 3; }
.emblem-tip { fill: var(--ink); }
.emblem-ground { stroke: var(--ink-2); stroke-width: 1.5; }
nav { display: flex; align-self: stretch; gap: 0.25rem; }
nav a {
  display: inline-flex; align-items: center; padding: 0 0.75rem; margin-bottom: -1px;
  border-bottom: 3px solid transparent; color: var(--ink-2); text-decoration: none;
}
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent-fill); }
.problem { max-width: 42rem; margin: 10vh auto; padding: 0 var(--side); }
.problem h1 { margin: 0 0 2rem; font-size: 1.75rem; letter-spacing: -0.02em; line-height: 1.2; }
.problem h2 { margin: 0; font-size: 0.8575rem; color: var(--ink-2); }
.problem p { margin: 0 0 1.5rem; font-size: 1.0625rem; }
.problem .status { margin: 0 0 0.25rem; color: var(--ink-2); }
code { font-family: var(--mono); font-size: 0.9em; }

/* Swagger UI has a dark mode of its own; these are our colours and letters in both. */
html[data-theme] body .swagger-ui,
html[data-theme] body .swagger-ui :is(.info .title, .info p, .info li, .opblock-tag, .opblock-description-wrapper, .opblock-summary-description,
  .btn, label, table, .tab li, .response-col_status, .parameter__name, .model-title, select, input, .opblock-title) {
  font-family: var(--sans);
}
html[data-theme] body .swagger-ui :is(.opblock-summary-path, .opblock-summary-method, code, pre, .model, .microlight, textarea, .parameter__type) {
  font-family: var(--mono);
}
html[data-theme] body .swagger-ui { background: var(--paper); color: var(--ink); }
html[data-theme] body .swagger-ui :is(input, select, textarea) { background-color: var(--sheet); border: 1px solid var(--line); color: var(--ink); }
html[data-theme] body .swagger-ui .markdown code { padding: 0 0.3em; background: var(--sheet); color: var(--ink); font-weight: 600; }
html[data-theme] body .swagger-ui .wrapper { max-width: 90rem; padding: 0 var(--side); }
html[data-theme] body .swagger-ui .info { margin: 1.75rem 0; }
html[data-theme] body .swagger-ui .info .title { font-weight: 600; letter-spacing: -0.02em; }
html[data-theme] body .swagger-ui .scheme-container { padding: 0.75rem 0; background: var(--sheet); box-shadow: none; border-block: 1px solid var(--line); }
html[data-theme] body .swagger-ui .opblock { border-radius: 4px; box-shadow: none; }
html[data-theme] body .swagger-ui .opblock .opblock-section-header { background: var(--sheet); box-shadow: none; }
html[data-theme] body .swagger-ui section.models { border-color: var(--line); }
html[data-theme] body .swagger-ui :is(.info .title, .info p, .info li, .opblock-tag, .opblock-summary-path, .opblock-summary-description,
  .opblock-description-wrapper p, .opblock-section-header h4, label, table thead tr td, table thead tr th,
  .parameter__name, .parameter__type, .response-col_status, .response-col_description, .model, .model-title,
  section.models h4, .tab li) {
  color: var(--ink);
}
html[data-theme] body .swagger-ui .opblock-tag { border-color: var(--line); }
html[data-theme] body .swagger-ui .opblock-tag small, html[data-theme] body .swagger-ui .info .base-url { color: var(--ink-2); }
html[data-theme] body .swagger-ui a:not(.nostyle) { color: var(--accent); }
`;

/** Follows the choice that was made on the dashboard, and before one the system. */
export const themeScript = `const system = matchMedia('(prefers-color-scheme: dark)');
const apply = () => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('rockets-theme');
  } catch {
    // Storage may be forbidden; the system's preference then decides.
  }
  const isDark = chosen === null ? system.matches : chosen === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  document.documentElement.classList.toggle('dark-mode', isDark);
};
apply();
system.addEventListener('change', apply);
addEventListener('storage', apply);
`;
