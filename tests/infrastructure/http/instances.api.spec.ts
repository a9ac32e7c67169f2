import { FakeSinks } from '../../support/fake-sinks.js';
import { PostgresServer } from '../../support/postgres-server.js';
import { SseClient } from '../../support/sse-client.js';
import { startService, type TestService } from '../../support/test-service.js';

let server: PostgresServer;
let one: TestService;
let other: TestService;

beforeAll(async () => {
  server = await PostgresServer.start();
  const env = { EVENT_STORE: 'postgres', DATABASE_URL: await server.newSchema(), DATABASE_CONNECTIONS: '4' };
  const start = () =>
    startService({ ...env, SUBSCRIPTIONS: 'off' }, undefined, undefined, undefined, new FakeSinks());
  [one, other] = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await Promise.all([one, other].map((service) => service.stop()));
  await server.stop();
});

const post = async (service: TestService, messageNumber: number, type: string, message: object) => {
  const metadata = { channel: 'a', messageNumber, messageTime: '2026-10-01T12:00:00Z', messageType: type };
  const response = await fetch(`${service.url}/messages`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: JSON.stringify({ metadata, message }),
  });
  return (await response.json()) as { outcome: string; version: number };
};

const launch = { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' };

describe('two instances over one database', () => {
  it('show at once what the other has acknowledged, and tell it live, with what is no event', async () => {
    const feed = await SseClient.open(`${other.url}/events`);
    await feed.untilNamed('caught-up');
    expect(await post(one, 1, 'RocketLaunched', launch)).toMatchObject({ outcome: 'applied' });
    const shown = (await (await fetch(`${other.url}/rockets/a`)).json()) as { speed: number };
    expect(shown.speed).toBe(500);
    expect(await post(one, 3, 'RocketSpeedIncreased', { by: 7 })).toMatchObject({ outcome: 'buffered' });
    await feed.untilNamed('gaps-changed');
    expect(feed.messages.map(({ name }) => name)).toContain('message');
    feed.break();
  });

  it('decide as one, whichever is told of a message', async () => {
    expect(await post(other, 1, 'RocketLaunched', launch)).toMatchObject({ outcome: 'duplicate' });
    expect(await post(other, 3, 'RocketSpeedIncreased', { by: 8 })).toMatchObject({ status: 409 });
    expect(await post(other, 2, 'RocketSpeedIncreased', { by: 1 })).toMatchObject({
      outcome: 'applied',
      version: 3,
    });
    expect(await post(one, 2, 'RocketSpeedIncreased', { by: 1 })).toMatchObject({ outcome: 'duplicate' });
    for (let number = 4; number < 24; number++) {
      const service = number % 2 === 0 ? one : other;
      expect(await post(service, number, 'RocketSpeedIncreased', { by: 1 })).toMatchObject({
        outcome: 'applied',
      });
    }
    const shown = (await (await fetch(`${one.url}/rockets/a`)).json()) as { speed: number };
    expect(shown).toMatchObject({ speed: 528, version: 23 });
  });

  it('look after the same subscriptions, whichever is told', async () => {
    const ask = async (service: TestService, path: string, method = 'GET', body?: object) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${service.url}/subscriptions${path}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, ...(JSON.parse(text || '{}') as Record<string, unknown>) };
    };
    const wanted = { name: 'billing', from: 'start', sink: { type: 'webhook', url: 'https://a.example/' } };
    const made = await Promise.all([one, other].map((service) => ask(service, '', 'POST', wanted)));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await ask(other, '/billing')).toMatchObject({ state: 'running', kept: true });
    const changes = [one, other].flatMap((service, i) => [
      ask(service, '/billing', 'PATCH', { types: ['RocketLaunched'] }),
      ask(service, '/billing', 'PATCH', { channels: ['a', `b${i}`] }),
      ask(service, '/billing/replay', 'POST', { from: 'now' }),
    ]);
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(changes.map(() => 200));
    expect(await ask(one, '/billing', 'PATCH', { state: 'paused' })).toMatchObject({ status: 200 });
    expect(await ask(other, '/billing')).toMatchObject({
      state: 'paused',
      types: ['RocketLaunched'],
      channels: ['a', expect.stringMatching(/^b[01]$/)],
      lag: { events: 0 },
    });
    expect(await ask(other, '/billing', 'DELETE')).toMatchObject({ status: 204 });
    expect(await ask(one, '/billing', 'DELETE')).toMatchObject({ status: 404 });
  });
});
