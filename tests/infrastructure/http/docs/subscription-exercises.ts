import type { SubscriptionStore } from '../../../../src/application/ports/subscription-store.js';
import { MOST_SUBSCRIPTIONS } from '../../../../src/application/subscriptions/subscriptions.js';
import { parts } from '../../../../src/container.js';
import type { Call } from '../../../support/http-exchange.js';
import { parkedOf, subscriptionOf } from '../../../support/subscriptions.js';
import type { TestService } from '../../../support/test-service.js';

const json = { accept: 'application/json' };
const operator = { ...json, 'content-type': 'application/json' };
const sink = '"sink":{"type":"webhook","url":"https://receiver.example/"}';
const inside = '"sink":{"type":"webhook","url":"https://inside.example/"}';

const get = (url: string): Call => ({ url, headers: json });
/** How far it is behind changes from one moment to the next, and whatever is known may not have changed. */
const known = (url: string): Call => ({ url, headers: { ...json, 'if-none-match': '*' } });
const post = (url: string, body: string, headers: Call['headers'] = operator): Call => ({
  method: 'POST',
  url,
  headers,
  body,
});

/** What every route with a body refuses. */
const badBodies = (name: string, call: Call): Readonly<Record<string, Call>> => ({
  [`${name} 400 malformed-json`]: { ...call, body: '{' },
  [`${name} 400 ambiguous-json`]: { ...call, body: '{"a":1,"a":2}' },
  [`${name} 400 invalid-subscription`]: { ...call, body: '{"colour":"red"}' },
  [`${name} 400 invalid-query`]: { ...call, url: `${call.url}?x=1` },
  [`${name} 413 body-too-large`]: { ...call, body: ' '.repeat(70_000) },
  [`${name} 415 unsupported-content-encoding`]: {
    ...call,
    headers: { ...operator, 'content-encoding': 'gzip' },
  },
  [`${name} 415 unsupported-media-type`]: { ...call, headers: { ...json, 'content-type': 'text/plain' } },
});

const change = (name: string, body: string): Call => ({
  ...post(`/subscriptions/${name}`, body),
  method: 'PATCH',
});

const acts: Readonly<Record<string, string>> = {
  replay: '{"from":"start"}',
  secret: '{}',
  test: '{}',
  'parked/retry': '{}',
  'parked/drop': '{"channel":"parked"}',
};

const one = '/subscriptions/{name}';

/** As in openapi.api.spec.ts, of the routes of subscriptions. */
export const subscriptionExercises: Readonly<Record<string, Call & { readonly when?: 'named' }>> = {
  'GET /subscriptions 200 application/json': get('/subscriptions?limit=1'),
  'GET /subscriptions 304 empty': known('/subscriptions'),
  'GET /subscriptions 400 invalid-query': get('/subscriptions?limit=0'),
  'POST /subscriptions 201 application/json': post('/subscriptions', `{"name":"made",${sink}}`),
  ...badBodies('POST /subscriptions', post('/subscriptions', '{}')),
  'POST /subscriptions 400 sink-refused': post('/subscriptions', `{"name":"a",${inside}}`),
  'POST /subscriptions 400 unknown-position': post('/subscriptions', `{"name":"a",${sink},"from":"x-1"}`),
  'POST /subscriptions 409 subscription-exists': post('/subscriptions', `{"name":"hook",${sink}}`),
  'POST /subscriptions 409 too-many-subscriptions': {
    ...post('/subscriptions', `{"name":"one-more",${sink}}`),
    when: 'named',
  },
  [`GET ${one} 200 application/json`]: get('/subscriptions/hook'),
  [`GET ${one} 304 empty`]: known('/subscriptions/hook'),
  [`GET ${one} 400 invalid-query`]: get('/subscriptions/hook?x=1'),
  [`GET ${one} 404 subscription-not-found`]: get('/subscriptions/none'),
  [`PATCH ${one} 200 application/json`]: change('hook', '{"state":"paused"}'),
  ...badBodies(`PATCH ${one}`, change('hook', '{"state":"paused"}')),
  [`PATCH ${one} 400 sink-refused`]: change('hook', `{${inside}}`),
  [`PATCH ${one} 404 subscription-not-found`]: change('none', '{"state":"paused"}'),
  [`PATCH ${one} 409 no-secret`]: change('unsigned', '{"state":"running"}'),
  [`DELETE ${one} 204 empty`]: { ...get('/subscriptions/removed'), method: 'DELETE' },
  [`DELETE ${one} 400 invalid-query`]: { ...get('/subscriptions/hook?x=1'), method: 'DELETE' },
  [`DELETE ${one} 404 subscription-not-found`]: { ...get('/subscriptions/none'), method: 'DELETE' },
  [`GET ${one}/parked 200 application/json`]: get('/subscriptions/hook/parked'),
  [`GET ${one}/parked 400 invalid-query`]: get('/subscriptions/hook/parked?limit=x'),
  [`GET ${one}/parked 404 subscription-not-found`]: get('/subscriptions/none/parked'),
  ...Object.assign(
    {},
    ...Object.entries(acts).map(([act, body]) => {
      const name = `POST ${one}/${act}`;
      const call = post(`/subscriptions/hook/${act}`, body);
      return {
        [`${name} 200 application/json`]: call,
        ...badBodies(name, call),
        [`${name} 404 subscription-not-found`]: { ...call, url: `/subscriptions/none/${act}` },
      };
    }),
  ),
  [`POST ${one}/replay 400 unknown-position`]: post('/subscriptions/hook/replay', '{"from":"x-1"}'),
  [`POST ${one}/secret 409 no-secret`]: post('/subscriptions/lake/secret', '{}'),
  [`POST ${one}/test 409 no-secret`]: post('/subscriptions/unsigned/test', '{}'),
  ...Object.fromEntries(
    ['retry', 'drop'].map((act) => [
      `POST ${one}/parked/${act} 409 nothing-parked`,
      post(`/subscriptions/hook/parked/${act}`, '{"channel":"none"}'),
    ]),
  ),
};

/** Some of every kind, and as many as there may be. */
export const subscribe = async (service: TestService): Promise<void> => {
  const { beginning: position } = service.container.get(parts.store);
  const store: SubscriptionStore = service.container.get(parts.subscriptionStore);
  const kafka = { type: 'kafka', topic: 'rockets.events' } as const;
  await store.create(subscriptionOf('lake', { position, sink: kafka }), []);
  await store.create(subscriptionOf('unsigned', { position, isPaused: true, pausedAs: 'no secret' }), []);
  for (const name of ['hook', 'removed'])
    await store.create(subscriptionOf(name, { position }), [{ text: `whsec_${'a'.repeat(32)}` }]);
  const channels = ['a', 'parked'];
  await store.save((await store.find('hook'))!, {
    put: channels.map((channel) => parkedOf(channel, { position })),
  });
};

export const crowd = async (service: TestService): Promise<void> => {
  const { beginning: position } = service.container.get(parts.store);
  const store = service.container.get(parts.subscriptionStore);
  for (let i = 0; i < MOST_SUBSCRIPTIONS; i++) await store.create(subscriptionOf(`s${i}`, { position }), []);
};
