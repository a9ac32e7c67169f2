import fc from 'fast-check';
import { rocketSorts } from '../../../src/application/ports/rocket-directory.js';
import type { EventStore } from '../../../src/application/ports/event-store.js';
import { parts } from '../../../src/container.js';
import { eventTypes } from '../../../src/domain/rocket-event.js';
import { badInputCorpus } from '../../support/bad-input-corpus.js';
import { postOf, type BadInput } from '../../support/bad-input/bad-input.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import {
  awkwardChannels,
  awkwardTexts,
  histories,
  timesOfSending,
  type HistoryCommand,
  type Sending,
} from '../../support/history-commands.js';
import { httpStoresAndPostgres } from '../../support/http-stores.js';
import { rawExchange } from '../../support/raw-exchange.js';
import { SseClient } from '../../support/sse-client.js';
import { SteppedClock } from '../../support/stepped-clock.js';
import { startService, type TestService } from '../../support/test-service.js';
import { runs, thorough } from '../../support/thorough.js';

const HIGHEST = 9;
const PATIENCE_MS = 600_000;

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
  readonly link: string | undefined;
}

/** A service, and what it says once the only thing is left out that must differ: the epoch in positions. */
class Player {
  /** The positions of the feed, by which number each event has in it. */
  private readonly positions: string[];

  private constructor(
    readonly service: TestService,
    private readonly store: EventStore,
    private readonly epoch: string,
  ) {
    this.positions = [store.beginning];
  }

  static async start(env: Readonly<Record<string, string>>, clock: SteppedClock): Promise<Player> {
    const service = await startService(env, undefined, clock);
    const store = service.container.get(parts.store);
    return new Player(service, store, store.beginning.replace(/-[\d.]+$/, ''));
  }

  /** From now on nothing more is played: events are known by their number in the feed. */
  async finish(): Promise<void> {
    for (const { position } of (await this.store.readAll({ limit: 1000 })).events)
      this.positions.push(position);
  }

  async play(command: HistoryCommand): Promise<readonly Answer[]> {
    if (command.kind === 'skip') {
      return [await this.post(`/rockets/${command.channel}/gaps/skip`, JSON.stringify(command.body))];
    }
    const { messages, ndjson } = command;
    if (!ndjson) return [await this.post('/messages', messages.map(wireForm).join('\n'))];
    // How many lines share a commit, and which of two rockets is first in the feed then, is nobody's promise.
    const answers: Answer[] = [];
    for (const line of messages.map(wireForm)) {
      answers.push(await this.post('/messages', line, 'application/x-ndjson'));
    }
    return answers;
  }

  /** All pages of a listing, or the one answer of anything else. */
  async ask(path: string, accept = 'application/json'): Promise<unknown[]> {
    const pages: Answer[] = [];
    for (let next: string | undefined = path; next !== undefined; next = pages.at(-1)?.link) {
      const url: string = next.replace(
        /\{epoch\}-(\d+)/,
        (_, place) => this.positions[Number(place)] ?? `${this.epoch}-${place}`,
      );
      pages.push(await this.answer(url, { headers: { accept, 'x-request-id': 'same' } }));
    }
    return isNarrowed(path) ? pages.flatMap(entriesOf) : pages;
  }

  /** What any bytes are answered, of which nothing may be known but that they are sent. */
  async send({ bytes, before = [], hangsUp }: BadInput): Promise<unknown> {
    const { port } = this.service;
    for (const body of before) await rawExchange(port, postOf(body));
    const { status, headers, body } = await rawExchange(port, bytes, hangsUp);
    const text = body.replace(/"requestId":"[^"]*"/, '').replaceAll(this.epoch, '');
    const stored = await this.service.container.get(parts.directory).totals();
    return { status, type: headers.get('content-type'), text: byLine(text), stored };
  }

  /** The live feed up to now. */
  async feed(query: string): Promise<unknown[]> {
    const client = await SseClient.open(`${this.service.url}/events?${query}`);
    await client.untilNamed('caught-up');
    client.break();
    return client.messages.map(({ name, id, data }) => [
      name,
      this.plain(`${id}`),
      this.plain(JSON.stringify(data)),
    ]);
  }

  private post(path: string, body: string, type = 'application/json'): Promise<Answer> {
    const headers = { accept: 'application/json', 'content-type': type, 'x-request-id': 'same' };
    return this.answer(path, { method: 'POST', headers, body });
  }

  private async answer(path: string, init: RequestInit): Promise<Answer> {
    const response = await documentedFetch(this.service.url + path, init);
    const link = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: this.plain(byLine(await response.text())),
      link: link?.replace(this.anyPosition, (position) => `{epoch}-${this.numberOf(position)}`),
    };
  }

  private plain(text: string): string {
    return text.replace(this.anyPosition, (position) => this.numberOf(position));
  }

  private get anyPosition(): RegExp {
    return new RegExp(`${this.epoch}-[\\d.]*\\d`, 'g');
  }

  private numberOf(position: string): string {
    const number = this.positions.indexOf(position);
    return number === -1 ? position.slice(this.epoch.length + 1) : String(number);
  }
}

/** What became of the lines of a request is told as it is known; how many share a commit is the store's affair. */
const byLine = (body: string): string => {
  if (!body.startsWith('{"received"')) return body;
  const report = JSON.parse(body) as { items: { line: number }[] };
  report.items.sort((a, b) => a.line - b.line);
  return JSON.stringify(report);
};

/** How far a store looks for the events of a page before it says that more may follow is its own affair. */
const isNarrowed = (path: string): boolean => /^\/events\?.*(channel|type)=/.test(path);

const entriesOf = ({ status, body }: Answer): unknown[] =>
  status === 200 ? (JSON.parse(body) as unknown[]) : [status, body];

const wireForm = ({ channel, number, report, time }: Sending): string =>
  JSON.stringify({
    metadata: { channel, messageNumber: number, messageTime: time, messageType: report.type },
    message: report.data,
  });

const each = <T extends string | number>(values: readonly T[], path: (value: T) => string): string[] =>
  values.map(path);
const orders = ['asc', 'desc'];
const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, i) => i);

const ofRocket = (channel: string): string[] => {
  const rocket = `/rockets/${channel}`;
  return [
    rocket,
    ...each([...upTo(HIGHEST + 1), Number.MAX_SAFE_INTEGER], (version) => `${rocket}?version=${version}`),
    ...each(timesOfSending, (time) => `${rocket}?at=${encodeURIComponent(time)}`),
    ...each(orders, (order) => `${rocket}/events?limit=2&order=${order}`),
    ...each(orders, (order) => `${rocket}/events?after=3&order=${order}`),
    ...each(upTo(HIGHEST + 1).slice(1), (number) => `${rocket}/messages/${number}`),
    ...each(['gaps', 'waiting', 'late'], (kind) => `${rocket}/${kind}?limit=1`),
    ...each(orders, (order) => `/events?channel=${channel}&limit=3&order=${order}`),
  ];
};

const ofAll: readonly string[] = [
  ...rocketSorts.flatMap((sort) => each(orders, (order) => `/rockets?sort=${sort}&order=${order}&limit=2`)),
  ...each(
    ['flying', 'exploded,awaiting-launch'],
    (status) => `/rockets?status=${status}&sort=-speed&limit=1`,
  ),
  ...each(['true', 'false'], (waiting) => `/rockets?waiting=${waiting}&sort=type&limit=2`),
  ...each(['true', 'false'], (complete) => `/rockets?complete=${complete}&sort=-updatedAt&limit=2`),
  ...awkwardTexts.flatMap((text) =>
    each(['type', 'mission', 'q'], (name) => `/rockets?${name}=${encodeURIComponent(text)}&sort=-mission`),
  ),
  ...each([0, 60, 70, 80, 89, 200], (minutes) => `/rockets?silentFor=${minutes}m&sort=heardAt&limit=2`),
  ...each([1, 100], (limit) => `/gaps?limit=${limit}`),
  ...each(orders, (order) => `/events?limit=7&order=${order}`),
  ...eventTypes.flatMap((type) => each(orders, (order) => `/events?type=${type}&limit=2&order=${order}`)),
  ...each(upTo(50), (place) => `/events/{epoch}-${place}`),
  ...each(orders, (order) => `/events?after={epoch}-5&limit=1000&order=${order}`),
  '/events?after={epoch}-100000',
];

const figuresOf = async ({ service }: Player): Promise<unknown> => {
  const response = await documentedFetch(`${service.url}/health`);
  const { status, rockets, gaps, events, waiting, late, messages } = (await response.json()) as Record<
    string,
    unknown
  >;
  return { status, rockets, gaps, events, waiting, late, messages };
};

const stores = httpStoresAndPostgres();

const expectSame = async <T>(
  name: string,
  players: readonly Player[],
  ask: (player: Player) => Promise<T>,
) => {
  const [first, ...others] = await Promise.all(players.map(ask));
  for (const other of others) expect([name, other]).toEqual([name, first]);
  return first;
};

it(
  'every store gives the same answers to the same messages',
  async () => {
    const seen = { late: 0, skipped: 0, conflict: 0, buffered: 0 };
    await fc.assert(
      fc.asyncProperty(histories(awkwardChannels, HIGHEST), async (history) => {
        // Every command has a minute of its own, and none lies near the bounds that are asked for later.
        const clock = new SteppedClock(90.5);
        const players = await Promise.all(stores.map(async ({ env }) => Player.start(await env(), clock)));
        try {
          for (const command of history) {
            clock.step();
            const answers = await expectSame(JSON.stringify(command), players, (player) =>
              player.play(command),
            );
            const text = (answers ?? []).map(({ body }) => body).join('\n');
            if (text.includes('arrived-after-skip')) seen.late++;
            if (text.includes('"numbers":')) seen.skipped++;
            if (text.includes('/problems/conflict')) seen.conflict++;
            if (text.includes('"buffered","')) seen.buffered++;
          }
          await Promise.all(players.map((player) => player.finish()));
          for (const path of [...ofAll, ...awkwardChannels.flatMap(ofRocket)]) {
            await expectSame(path, players, (player) => player.ask(path));
          }
          for (const path of [
            '/events',
            ...each(awkwardChannels, (channel) => `/rockets/${channel}/events`),
          ]) {
            await expectSame(`${path} by line`, players, (player) =>
              player.ask(path, 'application/x-ndjson'),
            );
          }
          for (const query of ['', 'type=MessagesSkipped', 'channel=a', 'after=latest']) {
            await expectSame(`the live feed ${query}`, players, (player) => player.feed(query));
          }
          await expectSame('/health', players, figuresOf);
        } finally {
          await Promise.all(players.map(({ service }) => service.stop()));
        }
      }),
      { numRuns: runs(3, 30, 100), endOnFailure: true },
    );
    // A history that has none of what is hard would prove little.
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  },
  PATIENCE_MS,
);

/** All else is refused before any store is asked. */
const asksTheStore = (kind: string): boolean =>
  ['encoding', 'path and query', 'skips', 'strings', 'domain'].includes(kind);

/** What a service says of itself. */
const isOfItself = ({ bytes }: BadInput): boolean => /^\w+ \/(health|fleet)/i.test(bytes.toString('latin1'));

it(
  'every store gives the same answer to bad input, NUL and lone surrogates included',
  async () => {
    const clock = new SteppedClock(1);
    const players = await Promise.all(stores.map(async ({ env }) => Player.start(await env(), clock)));
    try {
      for (const { kind, cases } of badInputCorpus.filter(
        ({ kind: each }) => thorough || asksTheStore(each),
      )) {
        for (const input of cases.filter((each) => !isOfItself(each))) {
          await expectSame(`${kind}: ${input.name}`, players, (player) => player.send(input));
        }
      }
    } finally {
      await Promise.all(players.map(({ service }) => service.stop()));
    }
  },
  PATIENCE_MS,
);
