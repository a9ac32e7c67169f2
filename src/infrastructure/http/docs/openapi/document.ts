import type { OpenApi, PathItem } from './model.js';
import { eventPaths } from './paths/events.js';
import { gapPaths } from './paths/gaps.js';
import { messagePaths } from './paths/messages.js';
import { rocketPaths } from './paths/rockets.js';
import { sessionPaths } from './paths/session.js';
import { documentationPaths, probePaths } from './paths/service.js';
import { subscriptionPaths } from './paths/subscriptions.js';
import { problemResponse } from './responses.js';
import { secured, securitySchemes } from './security.js';
import { eventSchemas } from './schemas/events.js';
import { messageSchemas } from './schemas/messages.js';
import { rocketSchemas } from './schemas/rockets.js';
import { serviceSchemas } from './schemas/service.js';
import { subscriptionSchemas } from './schemas/subscriptions.js';
import { valueSchemas } from './schemas/values.js';

const description = `
Rockets report by bad radio: messages come in any order, late, or more than once. This service always knows the
true state of every rocket, how it came about, and what is still missing.

- **Errors** are \`application/problem+json\` (RFC 9457). \`type\` opens a page of this service that says what to do.
- **While it waits for its database** after a start, whatever is asked but \`/livez\` and \`/metrics\` is answered \`503\`, \`store-unavailable\`.
- **Every answer** carries \`X-Request-Id\`, \`Cache-Control\` and \`X-Content-Type-Options: nosniff\`.
- **HEAD** works wherever GET does, **OPTIONS** everywhere. Any other method is a \`405\` with \`Allow\`, any other path a \`404\`; a slash at the end of a path changes nothing.
- **Any request** can end in \`400\` (not well-formed), \`408\`, \`431\` or \`500\`, where \`ALLOWED_HOSTS\` is set in \`421\`, what changes something in \`403\` for a page of another site, and where tokens count in \`503\` while the keys of their issuer cannot be read; these stand once under \`components.responses\`.
- **Keys**: where \`AUTH\` is set, a request carries an API key or a token as \`Authorization: Bearer …\`, or the cookie of a session. \`ingest\` reports, \`read\` reads, \`operate\` acts on the fleet and its subscriptions; a key may be for some rockets only.
- **\`ETag\`** and \`If-None-Match\` spare you what you already have.
- **Pages** are plain arrays of at most \`limit\` entries; the \`Link\` header leads to the next one, which begins behind \`after\`.
- **A parameter that a route does not know** is refused, so that a misspelt one is noticed; \`POST /messages\`, probes and pages look at none.
`.trim();

/** Statuses that any route can answer stand in one place instead of at every route. */
const paths: Readonly<Record<string, PathItem>> = {
  ...messagePaths,
  ...rocketPaths,
  ...gapPaths,
  ...eventPaths,
  ...subscriptionPaths,
  ...probePaths,
  ...sessionPaths,
  ...documentationPaths,
};

const securedPaths = Object.fromEntries(
  Object.entries(paths).map(([path, item]) => [path, secured(path, item)]),
);

/** The one source of the HTTP contract: served at /openapi.json and held against every response in the tests. */
export const openApiDocument = ({ isGuarded }: { readonly isGuarded: boolean }): OpenApi => ({
  openapi: '3.1.0',
  info: {
    title: 'Rockets',
    version: '1.0.0',
    summary: 'What rockets report, in whatever order it arrives, and what is true of them.',
    description,
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/', description: 'This service' }],
  tags: [
    { name: 'Messages', description: 'What rockets report.' },
    { name: 'Rockets', description: 'What is true of them, now and at any time before.' },
    { name: 'Fleet', description: 'All rockets together.' },
    { name: 'Gaps', description: 'What is missing, and how to go on without it.' },
    { name: 'Events', description: 'Everything that happened, of all rockets, in pages or live.' },
    { name: 'Subscriptions', description: 'Where events are sent to, by webhook or into Kafka.' },
    { name: 'Service', description: 'For those who run it.' },
    { name: 'Documentation', description: 'What you are reading.' },
  ],
  paths: isGuarded ? securedPaths : paths,
  components: {
    schemas: {
      ...valueSchemas,
      ...messageSchemas,
      ...rocketSchemas,
      ...eventSchemas,
      ...subscriptionSchemas,
      ...serviceSchemas,
    },
    responses: {
      RouteNotFound: problemResponse(['route-not-found']),
      MalformedRequest: problemResponse(['malformed-request']),
      MethodNotAllowed: problemResponse(['method-not-allowed']),
      RequestTimeout: problemResponse(['request-timeout']),
      HeaderTooLarge: problemResponse(['header-too-large']),
      InternalError: problemResponse(['internal-error']),
      CrossSite: problemResponse(['cross-site']),
      UnknownHost: problemResponse(['unknown-host']),
      ...(isGuarded && { IssuerUnavailable: problemResponse(['issuer-unavailable']) }),
    },
    ...(isGuarded && { securitySchemes }),
  },
});

/** As it is where callers need a key. */
export const openApi = openApiDocument({ isGuarded: true });
