import { setTimeout as delay } from 'node:timers/promises';
import { documentedFetch } from '../../support/documented-fetch.js';
import { httpStores } from '../../support/http-stores.js';
import { exploded, faster, launched, message, missionChanged, slower } from '../../support/messages.js';
import { SteppedClock } from '../../support/stepped-clock.js';
import { startService, type TestService } from '../../support/test-service.js';

interface Series {
  readonly from: string;
  readonly seconds: number;
  readonly events: readonly number[];
  readonly rulesBroken: readonly number[];
  readonly messages: Readonly<Record<string, readonly number[]>>;
}

interface FleetJson {
  readonly rockets: { readonly total: number; readonly silent: number };
  readonly activity: {
    readonly since: string;
    readonly minute: Series;
    readonly hour: Series;
    readonly day: Series;
  };
}

describe.each(httpStores)('GET /fleet over the store $store', ({ env }) => {
  let service: TestService;
  let clock: SteppedClock;
  beforeEach(async () => {
    clock = new SteppedClock(60);
    service = await startService(env(), undefined, clock);
  });
  afterEach(() => service.stop());

  const fleet = async (): Promise<FleetJson> =>
    (await documentedFetch(`${service.url}/fleet`)).json() as Promise<FleetJson>;

  it('tells the whole fleet in figures', async () => {
    for (const one of [
      message(1, launched(500, 'Falcon-9', 'MOON'), 'a'),
      message(1, launched(500, 'Falcon-9', 'MARS'), 'b'),
      message(1, launched(500, 'Soyuz', 'MARS'), 'c'),
      message(2, missionChanged('MARS'), 'a'),
      message(2, slower(9000), 'b'),
      message(2, exploded(), 'c'),
      message(4, faster(1), 'b'),
      message(2, faster(1), 'd'),
    ])
      await service.send(one);
    expect(await fleet()).toMatchObject({
      rockets: {
        total: 4,
        byStatus: { 'awaiting-launch': 1, flying: 2, exploded: 1 },
        incomplete: 0,
        withGaps: 2,
        silent: 0,
      },
      silentAfterSeconds: 600,
      events: 6,
      rulesBroken: 1,
      gaps: 2,
      waiting: 2,
      late: 0,
      types: [
        { name: 'Falcon-9', rockets: 2 },
        { name: 'Soyuz', rockets: 1 },
      ],
      missions: [{ name: 'MARS', rockets: 3 }],
    });
  });

  it('counts who is silent, as the list of them does', async () => {
    await service.send(message(1, launched(), 'a'));
    await service.send(message(1, launched(), 'b'));
    await service.send(message(2, exploded(), 'b'));
    clock.step(10);
    await service.send(message(1, launched(), 'c'));
    expect((await fleet()).rockets.silent).toBe(0);
    clock.step(0.001);
    // What is counted is counted again after a second.
    await delay(1100);
    expect((await fleet()).rockets.silent).toBe(1);
    const listed = await documentedFetch(`${service.url}/rockets?silentFor=600s`);
    expect(await listed.json()).toMatchObject([{ channel: 'a' }]);
  });

  it('is not sent again when nothing has changed', async () => {
    const first = await documentedFetch(`${service.url}/fleet`);
    const headers = { 'If-None-Match': first.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect((await documentedFetch(`${service.url}/fleet`, { headers })).status).toBe(304);
  });
});

describe('what happened in the fleet', () => {
  const [, sqlite] = httpStores;
  const sum = (figures: readonly number[] = []): number => figures.reduce((a, b) => a + b, 0);
  const activity = async ({ url }: TestService) =>
    ((await (await documentedFetch(`${url}/fleet`)).json()) as FleetJson).activity;

  it('is there at once after a restart on a store that lasts', async () => {
    const env = sqlite!.env();
    const service = await startService(env);
    await service.send(message(1, launched(), 'a'));
    await service.send(message(2, slower(9000), 'a'));
    await service.send(message(4, faster(1), 'a'));
    const { since } = await activity(service);
    await service.stop();
    const next = await startService(env);
    const { hour, day, ...after } = await activity(next);
    await next.stop();
    for (const { events, rulesBroken, messages } of [hour, day]) {
      expect([sum(events), sum(rulesBroken)]).toEqual([2, 1]);
      expect([sum(messages['received']), sum(messages['buffered'])]).toEqual([3, 1]);
    }
    expect(Date.parse(after.since)).toBeLessThanOrEqual(Date.parse(since));
  });
});
