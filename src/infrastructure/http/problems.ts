/**
 * Every way a request can end other than well: the one table behind error answers, the OpenAPI document
 * and the pages under /problems. A slug is part of the contract; the words may change.
 */
export const problems = {
  'malformed-json': {
    status: 400,
    title: 'The body is not valid JSON',
    advice: 'Send one JSON text in UTF-8. The detail says where reading stopped.',
  },
  'ambiguous-json': {
    status: 400,
    title: 'The body is JSON that programs read differently',
    advice:
      'Names inside an object must be unique and not `__proto__`, `constructor` or `prototype`; integers reach to 2^53-1; NUL characters, lone surrogates and very deep nesting are refused, also in fields that nobody reads. The detail says where.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request is not well-formed',
    advice:
      'Percent-encode the path, and send nothing but HTTP/1.1 on the connection. The detail says what could not be read.',
  },
  'invalid-message': {
    status: 400,
    title: 'The message breaks the message format',
    advice:
      'Read `errors`: every entry points at one field and says what it has to be. Correct the message and send it again; nothing of it was stored.',
  },
  'invalid-subscription': {
    status: 400,
    title: 'What was said of the subscription is not well-formed',
    advice:
      'Read `errors`: every entry points at one field of the body and says what it has to be. A field that is not known is refused, so that a misspelt one is noticed. Nothing was changed.',
  },
  'sink-refused': {
    status: 400,
    title: 'The subscription cannot go there',
    advice:
      'The detail says why. Addresses inside the network of the service are reached only where `WEBHOOK_ALLOW` names them, topics only where `KAFKA_BROKERS` is set. Nothing was changed.',
  },
  'invalid-query': {
    status: 400,
    title: 'A query parameter is unknown or has a bad value',
    advice:
      'Read `errors` for the parameter at fault. Take `after` from the `Link` header of the page before it, unchanged and with the same sort and filters.',
  },
  'invalid-channel': {
    status: 400,
    title: 'The channel is not a possible channel',
    advice:
      'A channel is 1 to 128 characters of A-Z, a-z, 0-9, dot, underscore, colon and hyphen; usually a UUID.',
  },
  'unknown-position': {
    status: 400,
    title: 'The position does not belong to this store',
    advice:
      'Positions are opaque and belong to the store that gave them, and to its present history: a store in memory starts anew with the process, and one that was restored from a copy begins another history. Read the feed from its beginning, without `after`.',
  },
  unauthenticated: {
    status: 401,
    title: 'The service does not know who asks',
    advice:
      'Send a key as `Authorization: Bearer rk_…`, or sign in on the dashboard. Whoever runs the service makes keys with `rockets keys create`. The detail says what is missing or wrong.',
  },
  'missing-scope': {
    status: 403,
    title: 'The key may not do this',
    advice:
      'Reporting needs the scope `ingest`, reading `read`, acting on the fleet `operate`. Use another key, or let whoever runs the service make one.',
  },
  'channel-not-allowed': {
    status: 403,
    title: 'The key does not reach this far',
    advice:
      'A key that was made for some channels reaches these rockets alone: their routes, their messages, and `GET /events?channel=…`. Use a key without a list of channels for everything else.',
  },
  'cross-site': {
    status: 403,
    title: 'A page of another site may not change anything',
    advice:
      'Open the dashboard of this service itself, or let whoever runs the service add the origin of that page to `ALLOWED_ORIGINS`. Programs that are no browsers leave out `Origin` and `Sec-Fetch-Site`.',
  },
  'unknown-host': {
    status: 421,
    title: 'The service is not known by this name',
    advice: 'Use a name that is listed in `ALLOWED_HOSTS`, or let whoever runs the service add this one.',
  },
  'rocket-not-found': {
    status: 404,
    title: 'No rocket has reported on this channel',
    advice:
      'Check the channel; letter case matters unless it is a UUID. `GET /rockets` lists every known rocket.',
  },
  'message-not-found': {
    status: 404,
    title: 'No message of this number has arrived',
    advice:
      'Nothing with this number is recorded or waiting. `GET /rockets/{channel}/gaps` says what is missing.',
  },
  'event-not-found': {
    status: 404,
    title: 'No event stands at this position',
    advice: 'Use a position taken from `GET /events`.',
  },
  'version-not-reached': {
    status: 404,
    title: 'The rocket has no such version yet',
    advice:
      'Ask for a version up to the current `version` of the rocket; 0 is the rocket before its first message.',
  },
  'subscription-not-found': {
    status: 404,
    title: 'No subscription has this name',
    advice: 'Check the name; letter case matters. `GET /subscriptions` lists them all.',
  },
  'problem-not-found': {
    status: 404,
    title: 'No problem type has this name',
    advice: 'The OpenAPI document at /openapi.json names every problem type.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such route',
    advice: 'Check path and spelling; /docs shows every route.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The route does not answer this method',
    advice: 'Use one of the methods in the `Allow` header.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    advice:
      'Send the whole request without long pauses. Sending a message twice is harmless, so simply try again.',
  },
  conflict: {
    status: 409,
    title: 'Another message with this number has already arrived',
    advice:
      'The message that arrived first stands, and sending again does not change that. Find out why the sender used one number for two different messages.',
  },
  'no-gap': {
    status: 409,
    title: 'The rocket has no gap to skip',
    advice:
      'Nothing is missing in front of a waiting message. Read the rocket again; the missing message may have arrived.',
  },
  'gap-moved': {
    status: 409,
    title: 'The gap is no longer the one that was named',
    advice: 'Read `GET /rockets/{channel}/gaps` and decide again.',
  },
  'subscription-exists': {
    status: 409,
    title: 'A subscription has this name already',
    advice:
      'Choose another name, or change the one there is with `PATCH /subscriptions/{name}`. It was left as it is.',
  },
  'too-many-subscriptions': {
    status: 409,
    title: 'There are as many subscriptions as there may be',
    advice: 'Remove one that nobody needs, or give one a wider filter.',
  },
  'no-secret': {
    status: 409,
    title: 'The subscription has no secret to sign with',
    advice:
      'Give a webhook one with `POST /subscriptions/{name}/secret`, and its receiver the same; secrets are neither exported nor backed up. What goes to Kafka is not signed.',
  },
  'nothing-parked': {
    status: 409,
    title: 'Nothing of this rocket is parked',
    advice: 'Read `GET /subscriptions/{name}/parked` again; it may have been delivered meanwhile.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is larger than allowed',
    advice:
      'A rocket message is small; the detail names the limit. Send many messages as `application/x-ndjson`, one a line, where the limit holds for each line.',
  },
  'unsupported-content-encoding': {
    status: 415,
    title: 'The content encoding is not supported',
    advice: 'Send the body uncompressed and without a `Content-Encoding` header.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The content type is not the one that is needed here',
    advice: 'Send JSON with the header `Content-Type: application/json`.',
  },
  'header-too-large': {
    status: 431,
    title: 'The request header is too large',
    advice: 'Send fewer or shorter header fields.',
  },
  'internal-error': {
    status: 500,
    title: 'The service failed to answer',
    advice:
      'This is our fault. Sending the same message again is safe. Report the `requestId`; the log tells the story under it.',
  },
  overloaded: {
    status: 503,
    title: 'Too much is waiting',
    advice:
      'The message was not taken. Send it again after the seconds given in `Retry-After`. When it happens often, whoever runs the service raises the limit that the detail names.',
  },
  'queue-unavailable': {
    status: 503,
    title: 'The queue for messages does not answer',
    advice:
      'Wait as long as `Retry-After` says and send the message again: nothing of it was acknowledged, and sending it twice is harmless. The service takes messages again as soon as its Kafka does.',
  },
  'store-unavailable': {
    status: 503,
    title: 'The store cannot answer',
    advice:
      'Nothing of the request was acknowledged. Send it again after the seconds given in `Retry-After`; twice is harmless. When the detail names damage, that does not help: whoever runs the service runs `rockets verify`.',
  },
  'change-refused': {
    status: 422,
    title: 'The store cannot keep this message',
    advice:
      'The database refuses what would be written, and would do so again: the detail has its words. Nothing of the message was stored, and others are not held up by it. Sending it again does not help; whoever runs the service should be told.',
  },
  'store-full': {
    status: 503,
    title: 'The store holds as much as it may',
    advice:
      'Nothing of the request was acknowledged; reading goes on. Whoever runs the service raises `STORE_BYTES`, or chooses a store that keeps what it holds on disk.',
  },
  'too-many-reads': {
    status: 503,
    title: 'Too many questions are waiting to be answered',
    advice:
      'Ask again after the seconds given in `Retry-After`, and for less at once; take the answers to what was asked before.',
  },
  'too-many-readers': {
    status: 503,
    title: 'Too many readers follow the feed',
    advice:
      'Come back after the seconds given in `Retry-After`, read pages of `GET /events` instead, or let whoever runs the service raise `MAX_READERS`.',
  },
  'issuer-unavailable': {
    status: 503,
    title: 'The keys of the issuer of tokens cannot be read',
    advice:
      'The token may be right. Try again after the seconds given in `Retry-After`; whoever runs the service looks at `JWT_JWKS`.',
  },
  'shutting-down': {
    status: 503,
    title: 'The service is shutting down',
    advice: 'The message was not taken. Send it again in a moment, to this or another instance.',
  },
} as const satisfies Record<string, { status: number; title: string; advice: string }>;

export type ProblemSlug = keyof typeof problems;
