import { rocketSorts } from '../../../src/application/ports/rocket-directory.js';
import type { ProblemSlug } from '../../../src/infrastructure/http/problems.js';
import { get, type BadInput, type Expected } from './bad-input.js';

const problem = (status: number, slug: ProblemSlug): Expected => ({ status, slug });
const notFound = problem(404, 'route-not-found');
const notHttp = problem(400, 'malformed-request');
const badQuery = problem(400, 'invalid-query');
const badChannel = problem(400, 'invalid-channel');
const noRocket = problem(404, 'rocket-not-found');
const noEvent = problem(404, 'event-not-found');
const unknownPosition = problem(400, 'unknown-position');
const ok: Expected = { status: 200 };
/** The error names the parameter. */
const badIn = (parameter: string): Expected => ({ ...badQuery, parameter });

const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const listing = (sort: string): string =>
  JSON.stringify(['rockets', sort, 'asc', ...Array<undefined>(7).fill(undefined)]);
/** A listing from a place that was never given out. */
const from = (sort: string, key: unknown, channel: unknown): string =>
  `/rockets?sort=${sort}&after=${cursor([listing(sort), key, channel])}`;

const upperUuid = '193270A9-C9CF-404A-8F83-838E71D9AE67';
const long = (length: number): string => encodeURIComponent('🚀'.repeat(length));

const paths: BadInput[] = [
  ...[
    '/rockets/%00',
    '/rockets/a%20b',
    '/rockets/%E2%80%AE',
    '/rockets/..%2f..%2fetc',
    '/rockets/a%2Fb',
    `/rockets/${'a'.repeat(129)}`,
    '/rockets/%22',
    '/rockets/a%20b/gaps',
    '/rockets/a%20b/waiting',
    '/rockets/a%20b/late',
    '/rockets/%00/messages/1',
  ].map((path) => get(path, path, badChannel)),
  ...['/rockets/%ZZ', '/rockets/%', '/rockets/%C3%28', '/rockets/%ZZ/events', '/events/%ZZ'].map((path) =>
    get(path, path, notHttp),
  ),
  ...[
    '/rockets/unheard-of',
    `/rockets/${upperUuid}`,
    '/rockets/__proto__',
    '/rockets/constructor',
    '/rockets/unheard-of/events',
    '/rockets/unheard-of/gaps',
    '/rockets/unheard-of/waiting',
    '/rockets/unheard-of/late',
    '/rockets/unheard-of/messages/1',
    '/rockets/unheard-of?version=1',
    '/rockets/unheard-of?at=2022-02-02T19:39:05Z',
    `/rockets/unheard-of/events?after=${Number.MAX_SAFE_INTEGER}&order=desc`,
  ].map((path) => get(path, path, noRocket)),
  ...[
    '/nothing',
    '/rockets/a/b',
    '/messages/1',
    '/rockets/a/messages',
    '/.env',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//rockets',
    '/rockets/a/events/1',
    '/rockets/a/late/1',
    '/Rockets',
    '/rockets/a/Events',
    '/EVENTS',
    '/gapS',
    '/Fleet',
    '/Health',
    '/Docs',
    '/messageS',
  ].map((path) => get(path, path, notFound)),
  ...['nonsense', 'zzzzzz-1', '-1', '1', '%00', '__proto__', `${'9'.repeat(300)}-1`].map((position) =>
    get(`position ${position.slice(0, 20)}`, `/events/${position}`, noEvent),
  ),
];

const lists: BadInput[] = [
  ...[
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=1.5',
    'limit=1e2',
    'limit=',
    'limit=ten',
    'limit=0x10',
    'limit=1&limit=2',
    'sort=height',
    'sort=',
    'sort=__proto__',
    'sort=speed&sortBy=type',
    'sort=-speed&order=asc',
    'order=up',
    'status=lost',
    'status=',
    'status=flying,',
    'status=flying,lost',
    'status[]=flying',
    'status=flying&status=flying',
    'waiting=yes',
    'waiting=',
    'complete=1',
    'complete=TRUE',
    'silentFor=10',
    'silentFor=-5m',
    'silentFor=1e3s',
    'silentFor=200y',
    'silentFor=',
    'unknown=1',
    '=1',
    '=',
    '__proto__=1',
    'cursor=junk',
    'after=junk',
    'after=',
    `after=${cursor({})}`,
    `after=${cursor(['other', 'a', 'a'])}`,
    `after=${cursor([listing('channel')])}`,
    `after=${cursor([listing('channel'), 5, 5])}`,
    `after=${cursor([listing('speed'), 5, 'a'])}`,
    ...['type', 'mission', 'q'].flatMap((name) => [
      `${name}=`,
      `${name}=%00`,
      `${name}=a%00b`,
      `${name}=${long(257)}`,
      `${name}=a&${name}=b`,
    ]),
  ].map((query) => get(`rockets?${query.slice(0, 60)}`, `/rockets?${query}`, badQuery)),
  ...[
    'sort=speed&sortBy=speed',
    'sort=-speed&sortBy=-speed&order=desc',
    'status=flying,flying,exploded',
    'silentFor=0',
    'silentFor=36526d',
    `silentFor=${'9'.repeat(400)}s`,
    'waiting=true&complete=false',
    ...['type', 'mission', 'q'].flatMap((name) => [
      `${name}=${long(256)}`,
      `${name}=%25`,
      `${name}=_%5C'`,
      `${name}=%FF`,
    ]),
  ].map((query) => get(`rockets?${query.slice(0, 60)}`, `/rockets?${query}`, ok)),
  ...rocketSorts.flatMap((sort) => {
    const isNumber = ['speed', 'heardAt', 'waiting'].includes(sort);
    return [
      get(`a place without a key by ${sort}`, from(sort, null, 'a'), ok),
      get(`a place with an odd key by ${sort}`, from(sort, isNumber ? -1e300 : 'a\0\ud800', 'a\0'), ok),
      get(
        `a place with a key of the wrong kind by ${sort}`,
        from(sort, isNumber ? 'fast' : 5, 'a'),
        badIn('after'),
      ),
    ];
  }),
  get('a gap place without a number', `/gaps?after=${cursor(['gaps ', 'a', 'b'])}`, badIn('after')),
  get('a gap place with half a number', `/gaps?after=${cursor(['gaps ', 'a', 1.5])}`, badIn('after')),
  get('a gap place of a rocket', `/gaps?after=${cursor(['gaps a', 'a', 5])}`, badIn('after')),
  get('a gap place that was never given out', `/gaps?after=${cursor(['gaps ', 'a', -5])}`, ok),
];

/** A parameter that is almost one, on every route that has any or none. */
const misspelt = [
  ['/rockets?statsu=flying', 'statsu'],
  ['/rockets?Limit=1', 'Limit'],
  ['/rockets?silentfor=1m', 'silentfor'],
  ['/rockets/some?verison=1', 'verison'],
  ['/rockets/some/events?form=2', 'form'],
  ['/rockets/some/events?cursor=2', 'cursor'],
  ['/rockets/some/waiting?order=desc', 'order'],
  ['/rockets/some/late?afer=2', 'afer'],
  ['/rockets/some/messages/1?after=2', 'after'],
  ['/gaps?chanel=a', 'chanel'],
  ['/gaps?cursor=a', 'cursor'],
  ['/events?chanel=a', 'chanel'],
  ['/events/elsewhere-1?after=a', 'after'],
] as const;

const one: BadInput[] = [
  ...misspelt.map(([path, parameter]) => get(path, path, badIn(parameter))),
  ...[
    'at=',
    'at=now',
    'at=2022',
    'at=2022-02-30T00:00:00Z',
    'at=2022-02-02T19:39:05+01:00',
    'at=2022-02-02T19:39:05.1234567890Z',
    'version=-1',
    'version=1.5',
    'version=9007199254740992',
    'version=1&at=2022-02-02T19:39:05Z',
  ].map((query) => get(`rocket?${query}`, `/rockets/some?${query}`, badQuery)),
  ...['events', 'waiting', 'late'].flatMap((kind) =>
    ['-1', '1.5', '', 'x', '1e3', '9007199254740992', '1'.repeat(17), '0x1', '%00', '1&after=2'].map(
      (after) => get(`${kind} after ${after}`, `/rockets/some/${kind}?after=${after}`, badIn('after')),
    ),
  ),
  ...['order=up', 'order=DESC', 'order='].flatMap((query) =>
    ['/events', '/rockets/some/events'].map((path) =>
      get(`${path}?${query}`, `${path}?${query}`, badIn('order')),
    ),
  ),
  ...['0', '-1', '01', '1.0', 'x', '9007199254740992', '%00'].map((number) =>
    get(`message ${number}`, `/rockets/some/messages/${number}`, badIn('number')),
  ),
  ...['junk', 'none-1', '%00', '', 'Latest', 'beginning-1', '-0', 'zzzzzz-999999999999999999999'].flatMap(
    (after) =>
      ['asc', 'desc'].map((order) =>
        get(`events after ${after}, ${order}`, `/events?after=${after}&order=${order}`, unknownPosition),
      ),
  ),
  get('an event type we do not know', '/events?type=RocketLanded', badIn('type')),
  get('a channel that is none', '/events?channel=a%20b', badIn('channel')),
  get('a page of a live feed', '/events?limit=5', badIn('limit'), ['Accept: text/event-stream']),
  get('a live feed that runs backwards', '/events?order=desc', badIn('order'), ['Accept: text/event-stream']),
];

export const queries: BadInput[] = [...paths, ...lists, ...one];
