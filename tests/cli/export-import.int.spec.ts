import { DatabaseSync } from '@photostructure/sqlite';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Failure } from '../../src/cli/failure.js';
import { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { launched, received, write } from '../support/builders.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import { parkedOf, subscriptionOf } from '../support/subscriptions.js';
import {
  answersOf,
  fill,
  oddHistories,
  rockets,
  served,
  tablesOf,
  writeNew,
  type History,
} from './whole-store.js';

const stores = new SqliteStores();
afterAll(() => stores.remove());

const exported = async (file: string): Promise<string[]> => {
  const { lines, failure } = await rockets('export', '--file', file);
  expect(failure).toBeUndefined();
  return lines;
};

/** Makes a store of the lines; answers its file. */
const imported = async (lines: readonly string[], file = stores.newFile()): Promise<string> => {
  expect((await tryImport(lines, file)).failure).toBeUndefined();
  return file;
};

const tryImport = (lines: readonly string[] | Buffer, file: string) => {
  writeFileSync(`${file}.ndjson`, Buffer.isBuffer(lines) ? lines : lines.join('\n'));
  return rockets('import', `${file}.ndjson`, '--file', file);
};

/** What lies there of a store, whole or not. */
const leftOf = (file: string): string[] =>
  readdirSync(dirname(file)).filter(
    (name) => name.startsWith(basename(file)) && !/\.ndjson$|-lock$/.test(name),
  );

let file: string;
let lines: string[];
let answers: Map<string, string>;
beforeAll(async () => {
  file = stores.newFile();
  answers = await served(file, async (service) => {
    await fill(service);
    return answersOf(service.url);
  });
  lines = await exported(file);
});

describe('an export made into a new store', () => {
  it('holds all there can be', () => {
    const kinds = new Set(lines.map((line) => (JSON.parse(line) as { kind: string }).kind));
    expect([...kinds]).toEqual(['rockets-export', 'rocket', 'event', 'waiting', 'listened', 'late', 'end']);
    expect(answers.size).toBeGreaterThan(500);
  });

  it('gives the same answers, byte by byte', async () => {
    const copy = await imported(lines);
    const again = await served(copy, ({ url }) => answersOf(url));
    expect([...again.keys()]).toEqual([...answers.keys()]);
    for (const [question, answer] of answers)
      expect([question, again.get(question)]).toEqual([question, answer]);
  });

  it('holds the same rows, is right, and says the same when it is exported again', async () => {
    const copy = await imported(lines);
    expect(tablesOf(copy)).toEqual(tablesOf(file));
    const { lines: said } = await rockets('verify', '--file', copy);
    expect(said).toEqual([expect.stringContaining(`${copy} is right: 6 rockets, `)]);
    expect(await exported(copy)).toEqual(lines);
  });

  it('begins without a warning, and not where readers of the other one are', async () => {
    const warnings: string[] = [];
    const store = await SqliteEventStore.open({
      file: await imported(lines),
      synchronous: 'full',
      warn: (warning) => warnings.push(warning),
    });
    const other = await stores.open(file);
    expect(store.compare(await store.lastPosition(), store.beginning)).toBeGreaterThan(0);
    await expect(store.readAll({ after: await other.lastPosition(), limit: 1 })).rejects.toThrow(
      'is not one of this store',
    );
    await store.close();
    await stores.closeAll();
    expect(warnings).toEqual([]);
  });

  it.each<History>([
    ...oddHistories,
    [
      'more than a page of everything',
      async (store) => {
        const numbers = Array.from({ length: 2100 }, (_, i) => i);
        const rocket = (channel: string) =>
          [channel, { events: [launched()], added: [received(channel, 3), received(channel, 5)] }] as const;
        await writeNew(store, new Map(numbers.map((i) => rocket(`rocket-${i}`))));
        await write(store, 'many', { added: numbers.map((i) => received('many', 10 + i)) });
      },
    ],
  ])('keeps %s', async (_, make) => {
    const source = stores.newFile();
    await make(await stores.open(source));
    await stores.closeAll();
    const all = await exported(source);
    const copy = await imported(all);
    expect(tablesOf(copy)).toEqual(tablesOf(source));
    expect(await exported(copy)).toEqual(all);
    expect((await rockets('verify', '--file', copy)).failure).toBeUndefined();
  });

  it('is read with other line ends, blank lines at its end, and without the last line end', async () => {
    const text = lines.join('\r\n');
    for (const end of ['', '\r\n', '\n\n \n']) {
      const copy = stores.newFile();
      expect(await tryImport(Buffer.from(text + end), copy)).toMatchObject({ failure: undefined });
      expect(tablesOf(copy)).toEqual(tablesOf(file));
    }
  });
});

describe('the subscriptions of an export', () => {
  const SECRET = { text: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
  let source: string;
  let all: string[];
  beforeAll(async () => {
    source = stores.newFile();
    const { store, subscriptions } = await stores.openSubscriptions(source);
    await write(store, 'a', { events: [launched()] });
    const position = await store.lastPosition();
    await write(store, 'a', { events: [launched()] });
    const parked = parkedOf('a', { position: await store.lastPosition(), number: 2 });
    for (const sink of [{ type: 'webhook', url: 'https://example.com/' } as const, toKafka]) {
      const one = subscriptionOf(sink.type, { position, sink, delivered: 7 });
      await subscriptions.create(one, [SECRET]);
      await subscriptions.save(one, { put: [parked] });
    }
    await stores.closeAll();
    all = await exported(source);
  });
  const toKafka = { type: 'kafka', topic: 'out' } as const;

  it('stand on the same events of the new store, without what signs them, and the webhook waits for that', async () => {
    expect(all.join()).not.toContain('whsec');
    const target = stores.newFile();
    const { lines: said } = await tryImport(all, target);
    expect(said.at(-1)).toContain('2 subscriptions: webhooks are paused until they have a secret');
    expect((await rockets('verify', '--file', target)).failure).toBeUndefined();
    const { store, subscriptions } = await stores.openSubscriptions(target);
    const [kafka, webhook] = await subscriptions.list({ limit: 9 });
    expect(kafka).toMatchObject({ sink: toKafka, isPaused: false, delivered: 7 });
    expect(webhook).toMatchObject({ isPaused: true, pausedAs: expect.stringContaining('secret') as string });
    expect(await subscriptions.secrets('webhook')).toEqual([]);
    for (const { name, position } of [kafka!, webhook!]) {
      const { events } = await store.readAll({ after: position, limit: 9 });
      expect(events.map(({ number }) => number)).toEqual([2]);
      const [parked] = await subscriptions.parked(name, { limit: 9 });
      expect(parked).toMatchObject({ channel: 'a', number: 2, position: events[0]!.position });
    }
    await stores.closeAll();
    const isWebhook = (line: string): boolean => line.includes('"name":"webhook"');
    const rest = (some: readonly string[]) => some.filter((line) => !isWebhook(line));
    expect(rest(await exported(target))).toEqual(rest(all));
  });

  it('are left out where there are none, as releases of before know no others', () => {
    expect(lines.join()).not.toContain('subscription');
  });

  it('keep a file from being taken for an empty one', async () => {
    const target = stores.newFile();
    const { store, subscriptions } = await stores.openSubscriptions(target);
    await subscriptions.create(subscriptionOf('one', { position: store.beginning }), []);
    await stores.closeAll();
    expect((await tryImport(all, target)).failure).toEqual(
      new Failure(`${target} holds subscriptions already; name a new file.`),
    );
  });
});

describe('an import that cannot be', () => {
  it.each([
    ['is no JSON', '{"kind":', 'it is not one of an export'],
    ['does not follow', '{"kind":"rocket","channel":"long","heardAt":1}', 'long is there twice'],
  ])('names a line that %s, and leaves nothing', async (_, line, why) => {
    const target = stores.newFile();
    const { failure, lines: said } = await tryImport(lines.with(30, line), target);
    expect(failure).toBeInstanceOf(Failure);
    expect(String(failure)).toContain(`${target}.ndjson, line 31: ${why}. Nothing was written`);
    expect(said).toEqual([]);
    expect(leftOf(target)).toEqual([]);
  });

  it.each<[string, () => Buffer, why: () => string]>([
    ['is empty', () => Buffer.from(''), () => 'there is nothing in it.'],
    [
      'was cut off between lines',
      () => Buffer.from(lines.slice(0, 100).join('\n')),
      () => 'it was cut off behind line 100.',
    ],
    [
      'was cut off in a line',
      () => Buffer.from(lines.join('\n').slice(0, -9)),
      () => `line ${lines.length}: it is not one of an export.`,
    ],
    [
      'was read as another alphabet',
      () => Buffer.from(lines.join('\n'), 'latin1'),
      () => `line ${lines.findIndex((line) => line.includes('Ünïcödé')) + 1}: it is not UTF-8.`,
    ],
  ])('refuses what %s, and leaves nothing', async (_, bytes, why) => {
    const target = stores.newFile();
    const { failure } = await tryImport(bytes(), target);
    expect(failure).toBeInstanceOf(Failure);
    expect(String(failure)).toContain(why());
    expect(leftOf(target)).toEqual([]);
  });

  it('names a source that cannot be read, and leaves nothing', async () => {
    const target = stores.newFile();
    for (const [source, why] of [
      [`${target}.none`, 'it does not exist'],
      [dirname(target), 'it is a directory'],
    ] as const) {
      const { failure } = await rockets('import', source, '--file', target);
      expect(String(failure)).toContain(`Cannot read ${source}: ${why}`);
    }
    expect(leftOf(target)).toEqual([]);
  });

  it('refuses a file that holds rockets, and changes nothing in it', async () => {
    const target = await imported(lines);
    const before = tablesOf(target);
    expect((await tryImport(lines, target)).failure).toEqual(
      new Failure(`${target} holds rockets already; name a new file.`),
    );
    expect(tablesOf(target)).toEqual(before);
    const { failure } = await rockets('import', `${target}.none`, '--file', target);
    expect(failure).toEqual(new Failure(`${target} holds rockets already; name a new file.`));
  });

  it('refuses a file that is in use, and one of another program', async () => {
    const used = stores.newFile();
    await stores.open(used);
    expect((await tryImport(lines, used)).failure).toEqual(
      new Failure(`${used} is in use by another process.`),
    );
    await stores.closeAll();
    const foreign = stores.newFile();
    const database = new DatabaseSync(foreign);
    database.exec('CREATE TABLE notes (text)');
    database.close();
    expect((await tryImport(lines, foreign)).failure).toEqual(
      new Failure(`${foreign} is not a file of Rockets.`),
    );
    expect((await tryImport(lines, dirname(foreign))).failure).toBeInstanceOf(Failure);
  });

  it('takes the place of a store that nothing was ever said to', async () => {
    const target = stores.newFile();
    await stores.open(target);
    await stores.closeAll();
    await imported(lines, target);
    expect(tablesOf(target)).toEqual(tablesOf(file));
    const empty = stores.newFile();
    writeFileSync(empty, '');
    await imported(lines, empty);
    expect(tablesOf(empty)).toEqual(tablesOf(file));
  });

  it('is told one target', async () => {
    const { failure } = await rockets('import', '--file', 'a', '--url', 'localhost:1');
    expect(failure).toEqual(new Failure('Name a file, a database or a URL, one of them only.'));
  });
});
