import { get, skipGaps, signIn } from '../../web/live/api.js';
import { beginSession, endSession, ending, learnSession, may, session } from '../../web/live/session.js';
import { routeOf } from '../../web/model/route.js';
import { feedPath, mayOf, placeOf } from '../../web/model/session.js';
import type { SessionJson } from '../../web/model/wire.js';

const open: SessionJson = { ways: [], scopes: ['ingest', 'read', 'operate'] };
const nobody: SessionJson = { ways: ['keys'], scopes: [] };
const reader: SessionJson = { ways: ['keys'], name: 'visitor', scopes: ['read'] };
const operator: SessionJson = { ...reader, name: 'control-room', scopes: ['read', 'operate'] };
const mechanic: SessionJson = { ...reader, name: 'mechanic', scopes: ['operate'] };
const sender: SessionJson = { ...reader, name: 'radio', scopes: ['ingest'] };
const uuid = '193270a9-c9cf-404a-8f83-838e71d9ae67';
const crew: SessionJson = { ...operator, name: 'crew', channels: ['pad 1', uuid] };

describe('what the page offers', () => {
  it.each([
    ['everything where nobody is asked who he is', open, [true, true, true, true]],
    ['nothing to nobody', nobody, [false, false, false, false]],
    ['nothing before it knows who asks', undefined, [false, false, false, false]],
    ['no skip and no subscriptions to a reader', reader, [true, true, false, false]],
    ['all to an operator', operator, [true, true, true, true]],
    ['no fleet to a key of some rockets', crew, [true, false, true, false]],
    ['nothing to see to a sender', sender, [false, false, false, false]],
    ['subscriptions alone to whoever may operate alone', mechanic, [false, false, true, true]],
  ])('is %s', (_what, who, [read, fleet, operate, subscriptions]) => {
    expect(mayOf(who)).toEqual({ read, fleet, operate, subscriptions });
  });

  it.each([
    [nobody, '#/', 'sign-in', undefined],
    [nobody, '#/rockets/a', 'sign-in', undefined],
    [sender, '#/events', 'nothing-to-read', undefined],
    [open, '#/', 'asked', '/events?after=latest'],
    [reader, '#/arrivals', 'asked', '/events?after=latest'],
    [reader, '#/rockets/a', 'asked', '/events?after=latest&channel=a'],
    [crew, '#/', 'own-rockets', undefined],
    [crew, '#/events/x', 'own-rockets', undefined],
    [crew, '#/rockets/pad%201', 'asked', '/events?after=latest&channel=pad%201'],
    [crew, `#/rockets/${uuid.toUpperCase()}`, 'asked', `/events?after=latest&channel=${uuid.toUpperCase()}`],
    [crew, '#/rockets/other', 'foreign-rocket', undefined],
    [nobody, '#/subscriptions', 'sign-in', undefined],
    [open, '#/subscriptions/a', 'asked', '/events?after=latest'],
    [operator, '#/subscriptions', 'asked', '/events?after=latest'],
    [mechanic, '#/subscriptions/a', 'asked', undefined],
    [mechanic, '#/', 'nothing-to-read', undefined],
    [reader, '#/subscriptions', 'not-an-operator', undefined],
    [crew, '#/subscriptions/a', 'not-an-operator', undefined],
  ])('to %j at %s is %s, with its live feed', (who, hash, place, feed) => {
    expect(placeOf(who, routeOf(hash))).toBe(place);
    expect(feedPath(who, routeOf(hash))).toBe(feed);
  });
});

describe('a session', () => {
  const enter = (who: SessionJson): SessionJson => {
    beginSession(who);
    return who;
  };

  it('ends with the reason the service gives, and only once', () => {
    const asked = enter(operator);
    endSession(asked, 'The API key control-room was revoked.');
    endSession(asked, undefined);
    expect(session.value).toEqual(nobody);
    expect(may.value.read).toBe(false);
    expect(ending.value).toBe('Your session has ended. The API key control-room was revoked.');
  });

  it('ends without a reason when it was let go', () => {
    endSession(enter(operator), undefined);
    expect(ending.value).toBe('Your session has ended.');
  });

  it('begins to be needed when a service asks for keys that did not before', () => {
    endSession(enter(open), undefined);
    expect(session.value).toEqual(nobody);
    expect(ending.value).toBe('This service asks for a key now.');
  });

  it('is not ended by what an earlier one was answered, nor changed by it', () => {
    const earlier = enter(reader);
    const now = enter(operator);
    endSession(earlier, 'It was revoked.');
    learnSession(earlier, nobody);
    expect(session.value).toBe(now);
    expect(ending.value).toBeUndefined();
  });

  it('stays the same as long as the service says the same, and follows what it says else', () => {
    const asked = enter(operator);
    learnSession(asked, { ...operator });
    expect(session.value).toBe(asked);
    learnSession(asked, { ...operator, scopes: ['read'] });
    expect(may.value.operate).toBe(false);
  });

  it('forgets why the last one ended when another page has signed in', () => {
    endSession(enter(operator), undefined);
    learnSession(session.value, operator);
    expect(ending.value).toBeUndefined();
  });
});

describe('what the service refuses', () => {
  const answer = (status: number, headers: Record<string, string> = {}): void => {
    const detail = 'The API key control-room was revoked.';
    jest
      .spyOn(globalThis, 'fetch')
      .mockImplementation(() =>
        Promise.resolve(new Response(JSON.stringify({ detail }), { status, headers })),
      );
  };
  const failed = { 'www-authenticate': 'Bearer realm="rockets", error="invalid_token"' };
  afterEach(() => jest.restoreAllMocks());

  it.each<[string, () => Promise<unknown>]>([
    ['a question', () => get('/fleet')],
    ['a skip', () => skipGaps('a', { upTo: 3 })],
  ])('for want of a session ends it, be it %s', async (_what, ask) => {
    beginSession(operator);
    answer(401, failed);
    const words = 'Your session has ended. The API key control-room was revoked.';
    await expect(ask()).rejects.toMatchObject({ status: 401, message: words });
    expect(session.value).toEqual(nobody);
    expect(ending.value).toBe(words);
  });

  it('to one who shows nothing any more is not explained by what he did not show', async () => {
    beginSession(operator);
    answer(401, { 'www-authenticate': 'Bearer realm="rockets"' });
    await expect(get('/fleet')).rejects.toThrow('Your session has ended.');
    expect(ending.value).toBe('Your session has ended.');
  });

  it('for want of a scope ends nothing', async () => {
    beginSession(operator);
    answer(403);
    await expect(get('/fleet')).rejects.toMatchObject({ status: 403 });
    expect(session.value).toBe(operator);
  });

  it('as a key is said where it was typed', async () => {
    beginSession(nobody);
    answer(401, failed);
    await expect(signIn('rk_wrong')).rejects.toThrow('The API key control-room was revoked.');
    expect(session.value).toBe(nobody);
    expect(ending.value).toBeUndefined();
  });
});
