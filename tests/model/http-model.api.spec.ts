import fc from 'fast-check';
import type { RocketReport } from '../../src/domain/rocket-message.js';
import { exploded, faster, launched, missionChanged, slower } from '../support/messages.js';
import { startService, type TestService } from '../support/test-service.js';
import { runs, thorough } from '../support/thorough.js';
import { saidBy } from '../simulation/oracle.js';
import { messageOf, RocketModel, viewOf, type Expected, type Wish } from './fleet-model.js';
import { documentedFetch } from '../support/documented-fetch.js';
import { httpStores, httpStoresAndPostgres } from '../support/http-stores.js';

const PATIENCE_MS = 300_000;

type Model = Map<string, RocketModel>;

/** The service over HTTP; every run has channels of its own, so that one service does for all. */
class Real {
  constructor(
    private readonly url: string,
    readonly run: number,
  ) {}

  channel(index: number): string {
    return `run-${this.run}-${index}`;
  }

  async get(path: string): Promise<Expected> {
    return answered(await documentedFetch(this.url + path, { headers: { Accept: 'application/json' } }));
  }

  async post(path: string, body: string | undefined, type = 'application/json'): Promise<Expected> {
    const headers = { Accept: 'application/json', 'Content-Type': type };
    return answered(await documentedFetch(this.url + path, { method: 'POST', headers, body }));
  }
}

const answered = async (response: Response): Promise<Expected> => ({
  status: response.status,
  body: (await response.json()) as Expected['body'],
});

type Command = fc.AsyncCommand<Model, Real>;

/** A command that may be given at any time, known by how it reads. */
const command = (text: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => text,
});

const rocketIn = (model: Model, channel: string): RocketModel => {
  const rocket = model.get(channel) ?? new RocketModel();
  model.set(channel, rocket);
  return rocket;
};

const hasListOf = (list: unknown, expected: readonly object[]): void => {
  expect(list).toHaveLength(expected.length);
  expect(list).toMatchObject(expected);
};

const notFound: Expected = { status: 404, body: { type: '/problems/rocket-not-found' } };
/** Without closing zeros, as the service shows it. */
const timeOf = (second: number): string =>
  new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString().replace('.000', '');

const wire = (channel: string, messageNumber: number, report: RocketReport, messageTime: string) => ({
  metadata: { channel, messageNumber, messageTime, messageType: report.type },
  message: report.data,
});

const channels = fc.nat(1);
const numbers = fc.integer({ min: 1, max: 7 });
const reports = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(launched(100), launched(0, 'Soyuz')) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(faster(1), faster(50), slower(60), faster(Number.MAX_SAFE_INTEGER)),
  },
  { weight: 1, arbitrary: fc.constantFrom(missionChanged('GEMINI'), exploded('ICE')) },
);
const told = fc.tuple(channels, numbers, reports, fc.nat(3)).map(([channel, number, report, later]) => ({
  channel,
  number,
  report,
  time: timeOf(number * 10 + later),
}));

const send = told.map(({ channel: index, number, report, time }) =>
  command(`send ${index}/${number} ${JSON.stringify(report)}`, async (model, real) => {
    const channel = real.channel(index);
    const expected = rocketIn(model, channel).hear(channel, number, saidBy(report), time);
    const answer = await real.post('/messages', JSON.stringify(wire(channel, number, report, time)));
    expect(answer).toMatchObject(expected);
  }),
);

/** Sent together, yet in number order, so that the model need not know how a batch is cut. */
const sendLines = fc.array(told, { maxLength: 8 }).map((all) =>
  command(`send lines ${JSON.stringify(all)}`, async (model, real) => {
    const counts: Record<string, number> = {};
    const sorted = [...all].sort((a, b) => a.number - b.number);
    for (const { channel: index, number, report, time } of sorted) {
      const channel = real.channel(index);
      const { status, body } = rocketIn(model, channel).hear(channel, number, saidBy(report), time);
      const kind = status === 409 ? 'conflict' : String(body.outcome);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    const lines = sorted.map(({ channel, number, report, time }) =>
      JSON.stringify(wire(real.channel(channel), number, report, time)),
    );
    const answer = await real.post('/messages', lines.join('\n'), 'application/x-ndjson');
    expect(answer).toMatchObject({ status: 200, body: { received: all.length, invalid: 0, ...counts } });
  }),
);

const sendNonsense = fc
  .tuple(told, fc.constantFrom('number', 'type', 'payload', 'json'))
  .map(([{ channel: index, number, report, time }, what]) =>
    command(`send nonsense to ${index}/${number}: ${what}`, async (_model, real) => {
      const good = wire(real.channel(index), number, report, time);
      const bad = {
        number: { ...good, metadata: { ...good.metadata, messageNumber: 0 } },
        type: { ...good, metadata: { ...good.metadata, messageType: 'RocketPainted' } },
        payload: { ...good, message: {} },
        json: undefined,
      }[what];
      const answer = await real.post('/messages', bad === undefined ? '{"metadata":' : JSON.stringify(bad));
      expect(answer.status).toBe(400);
      expect(answer.body.type).toBe(
        what === 'json' ? '/problems/malformed-json' : '/problems/invalid-message',
      );
    }),
  );

const wishes = fc.oneof(
  fc.constant<'the first'>('the first'),
  fc.constant<Wish>({ from: 1, to: 1 }),
  fc
    .tuple(numbers, fc.option(fc.constantFrom('lost', '🚀 gone'), { nil: undefined }))
    .map(([upTo, why]): Wish => ({ upTo, why })),
);

const skip = fc.tuple(channels, wishes).map(([index, choice]) =>
  command(`skip in ${index}: ${JSON.stringify(choice)}`, async (model, real) => {
    const channel = real.channel(index);
    const rocket = model.get(channel);
    const { from, to } = rocket?.gaps()[0] ?? { from: 1, to: 1 };
    const wish = choice === 'the first' ? { from, to } : choice;
    const answer = await real.post(`/rockets/${channel}/gaps/skip`, JSON.stringify(wish));
    expect(answer).toMatchObject(rocket?.skip(channel, wish) ?? notFound);
  }),
);

const look = channels.map((index) =>
  command(`look at ${index}`, async (model, real) => {
    const channel = real.channel(index);
    const rocket = model.get(channel);
    const answer = await real.get(`/rockets/${channel}`);
    if (rocket === undefined) return expect(answer).toMatchObject(notFound);
    const { highestHeard, waiting, late, sight } = rocket;
    const counts = { highestHeard, waiting: waiting.length, late: late.size };
    expect(answer).toMatchObject({ status: 200, body: { ...viewOf(channel, sight), ...counts } });
  }),
);

const lookBack = fc.tuple(channels, fc.nat(7)).map(([index, version]) =>
  command(`look at ${index} at version ${version}`, async (model, real) => {
    const channel = real.channel(index);
    const rocket = model.get(channel);
    const answer = await real.get(`/rockets/${channel}?version=${version}`);
    if (rocket === undefined) return expect(answer).toMatchObject(notFound);
    if (version > rocket.sight.version) return expect(answer.body.type).toBe('/problems/version-not-reached');
    const sight = rocket.sights.findLast((each) => each.version <= version)!;
    expect(answer).toMatchObject({
      status: 200,
      body: { ...viewOf(channel, sight), waiting: 0, late: 0, asOf: { version: sight.version } },
    });
  }),
);

const readHistory = fc
  .tuple(channels, fc.nat(7), fc.integer({ min: 1, max: 9 }), fc.constantFrom('asc', 'desc'))
  .map(([index, after, limit, order]) =>
    command(`history of ${index} after ${after}, ${limit} at most, ${order}`, async (model, real) => {
      const channel = real.channel(index);
      const rocket = model.get(channel);
      const answer = await real.get(
        `/rockets/${channel}/events?after=${after}&limit=${limit}&order=${order}`,
      );
      if (rocket === undefined) return expect(answer).toMatchObject(notFound);
      const behind =
        order === 'asc'
          ? rocket.history.filter(({ number }) => number > after)
          : rocket.history.filter(({ number }) => number < after).reverse();
      const page = behind.slice(0, limit);
      hasListOf(
        answer.body,
        page.map(({ number, told: { type, data, time } }) => ({ channel, number, type, data, time })),
      );
    }),
  );

const readMessages = fc
  .tuple(channels, fc.constantFrom('waiting', 'late'), fc.nat(7), fc.integer({ min: 1, max: 3 }))
  .map(([index, kind, after, limit]) =>
    command(`${kind} of ${index} after ${after}, ${limit} at most`, async (model, real) => {
      const channel = real.channel(index);
      const rocket = model.get(channel);
      const answer = await real.get(`/rockets/${channel}/${kind}?after=${after}&limit=${limit}`);
      if (rocket === undefined) return expect(answer).toMatchObject(notFound);
      const all = kind === 'late' ? rocket.lateNumbers : rocket.waiting;
      const page = all.filter((number) => number > after).slice(0, limit);
      const told = kind === 'late' ? rocket.late : rocket.heard;
      hasListOf(
        answer.body,
        page.map((number) => messageOf(channel, number, told.get(number)!)),
      );
    }),
  );

const list = fc
  .record({
    waiting: fc.option(fc.boolean(), { nil: undefined }),
    complete: fc.option(fc.boolean(), { nil: undefined }),
    status: fc.option(fc.constantFrom('flying', 'exploded,awaiting-launch'), { nil: undefined }),
  })
  .map(({ waiting, complete, status }) =>
    command(`list ${JSON.stringify({ waiting, complete, status })}`, async (model, real) => {
      const query = new URLSearchParams({ q: real.channel(0).slice(0, -1) });
      if (waiting !== undefined) query.set('waiting', String(waiting));
      if (complete !== undefined) query.set('complete', String(complete));
      if (status !== undefined) query.set('status', status);
      const expected = [...model]
        .filter(([, rocket]) => rocket.sight.version > 0 || rocket.waiting.length > 0)
        .filter(([, rocket]) => waiting === undefined || rocket.gaps().length > 0 === waiting)
        .filter(([, { sight }]) => complete === undefined || sight.complete === complete)
        .filter(([, { sight }]) => status === undefined || status.split(',').includes(sight.status))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const answer = await real.get(`/rockets?${query.toString()}`);
      hasListOf(
        answer.body,
        expected.map(([channel, { sight }]) => viewOf(channel, sight)),
      );
    }),
  );

const askFate = fc.tuple(channels, numbers).map(([index, number]) =>
  command(`fate of ${index}/${number}`, async (model, real) => {
    const channel = real.channel(index);
    const expected = model.get(channel)?.fate(channel, number) ?? notFound;
    expect(await real.get(`/rockets/${channel}/messages/${number}`)).toMatchObject(expected);
  }),
);

const askGaps = channels.map((index) =>
  command(`gaps of ${index}`, async (model, real) => {
    const channel = real.channel(index);
    const rocket = model.get(channel);
    const answer = await real.get(`/rockets/${channel}/gaps`);
    if (rocket === undefined) return expect(answer).toMatchObject(notFound);
    hasListOf(
      answer.body,
      rocket.gaps().map((gap) => ({ channel, ...gap, count: gap.to - gap.from + 1 })),
    );
  }),
);

const stores = thorough ? httpStoresAndPostgres() : httpStores;

describe.each(stores)('the service over HTTP with the store $store', ({ store, env }) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(await env());
  });
  afterAll(() => service.stop());

  it(
    'does in any order of commands what a small model of it does',
    async () => {
      let run = 0;
      const commands = fc.commands(
        [
          ...[send, send, sendLines, sendNonsense, skip, look, lookBack],
          ...[readHistory, readMessages, list, askFate, askGaps],
        ],
        { size: 'medium', maxCommands: 30 },
      );
      await fc.assert(
        fc.asyncProperty(commands, async (given) => {
          const real = new Real(service.url, run++);
          await fc.asyncModelRun(() => ({ model: new Map<string, RocketModel>(), real }), given);
        }),
        { numRuns: store === 'postgres' ? runs(60, 150, 500) : runs(60, 500, 2000) },
      );
    },
    PATIENCE_MS,
  );
});
