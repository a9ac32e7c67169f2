import { setTimeout as delay } from 'node:timers/promises';
import type { Lease, Subscription } from '../../../../src/application/ports/subscription-store.js';
import { migrations } from '../../../../src/infrastructure/stores/postgres/schema.js';
import { PostgresEventStore } from '../../../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { StoreRefused } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { subscriptionStoreContract } from '../../../contracts/subscription-store-contract.js';
import { faster, launched, write } from '../../../support/builders.js';
import { runIn } from '../../../support/postgres-server.js';
import { openBoth, postgresForAll } from '../../../support/postgres-stores.js';
import { parkedOf, subscriptionOf } from '../../../support/subscriptions.js';

const postgres = postgresForAll();

subscriptionStoreContract('RelationalSubscriptionStore over PostgreSQL', postgres.open);

const SECRET = { text: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

type Opened = Awaited<ReturnType<typeof openBoth>>;
let url: string;
let one: Opened;
let other: Opened;
beforeEach(async () => {
  url = await postgres.newSchema();
  [one, other] = [await openBoth(url), await openBoth(url)];
});
afterEach(async () => {
  await Promise.all([one, other].map(({ store }) => store.close()));
});

const make = async (name: string, parts: Partial<Subscription> = {}): Promise<Subscription> => {
  const made = subscriptionOf(name, { position: one.store.beginning, ...parts });
  await one.subscriptions.create(made, [SECRET]);
  return made;
};

const leases = (of: Opened, holder: string, ms = 60_000): Promise<Lease[]> =>
  of.subscriptions.hold(holder, ['webhook'], ms);

const runOut = 'UPDATE subscriptions SET lease_until = clock_timestamp()';
const secondsLeft = 'SELECT extract(epoch FROM lease_until - clock_timestamp()) AS left FROM subscriptions';

const namesOf = (held: readonly Lease[]): string[] => held.map(({ name }) => name).sort();

describe('leases that instances share', () => {
  it('are of one at a time, each of who came first', async () => {
    for (const name of ['a', 'b', 'c']) await make(name);
    const both = await Promise.all([leases(one, 'one'), leases(other, 'other')]);
    expect(namesOf(both.flat())).toEqual(['a', 'b', 'c']);
    await make('d');
    const mine = namesOf([...(await leases(other, 'other')), ...both[0]]);
    expect(mine).toEqual(['a', 'b', 'c', 'd']);
    expect(namesOf(await leases(one, 'one'))).toEqual(namesOf(both[0]));
  });

  it('go to another when they have run out, and nothing more is written under the old number', async () => {
    const made = await make('a');
    const [old] = await leases(one, 'one');
    const saved = await one.subscriptions.save({ ...made, delivered: 1 }, { lease: old!.number });
    expect(await leases(other, 'other')).toEqual([]);
    await runIn(url, runOut);
    expect(await one.subscriptions.save({ ...saved!, delivered: 2 }, { lease: old!.number })).toBeUndefined();
    const [next] = await leases(other, 'other');
    expect(next!.number).not.toBe(old!.number);
    expect(await leases(one, 'one')).toEqual([]);
    expect(await one.subscriptions.save({ ...saved!, delivered: 2 }, { lease: old!.number })).toBeUndefined();
    const done = await other.subscriptions.save({ ...saved!, delivered: 3 }, { lease: next!.number });
    expect(await one.subscriptions.find('a')).toEqual(done);
  });

  it('last for as long as they are renewed', async () => {
    await make('a');
    const [first] = await leases(one, 'one', 60_000);
    const until = async () => Number((await runIn(url, secondsLeft))[0]!['left']);
    expect(await until()).toBeGreaterThan(30);
    expect(await leases(one, 'one', 600_000)).toEqual([first]);
    expect(await until()).toBeGreaterThan(300);
    expect(await leases(other, 'other')).toEqual([]);
    // It has run out, and nobody else has taken it.
    await runIn(url, runOut);
    expect(await leases(one, 'one')).toEqual([first]);
  });

  it('are free as soon as they are let go', async () => {
    const made = await make('a');
    const [old] = await leases(one, 'one');
    await one.subscriptions.letGo('one');
    expect(await one.subscriptions.save(made, { lease: old!.number })).toBeUndefined();
    const [next] = await leases(other, 'other');
    expect(next!.number).not.toBe(old!.number);
  });

  it('are no operator’s matter: who pauses one ends what its holder writes, by the revision', async () => {
    const made = await make('a');
    const [lease] = await leases(one, 'one');
    const paused = await other.subscriptions.save({ ...made, isPaused: true });
    const lease1 = { lease: lease!.number };
    expect(await one.subscriptions.save({ ...made, delivered: 1 }, lease1)).toBeUndefined();
    expect(await leases(one, 'one')).toEqual([]);
    await other.subscriptions.save({ ...paused!, isPaused: false });
    expect(await leases(other, 'other')).toEqual([]);
    expect(await leases(one, 'one')).toEqual([{ ...lease, revision: paused!.revision + 1 }]);
  });

  it('are passed over, and not waited for, while somebody writes their subscription', async () => {
    await make('a');
    await make('b');
    const writing = runIn(
      url,
      "BEGIN; UPDATE subscriptions SET retried = 0 WHERE name = 'a'; SELECT pg_sleep(1)",
    );
    await delay(300);
    expect(namesOf(await leases(one, 'one'))).toEqual(['b']);
    await writing;
  });
});

describe('subscriptions that instances share', () => {
  it('leave those who report their connections, however many wait to be written', async () => {
    const made: Subscription[] = [];
    for (let i = 0; i < 20; i++) made.push(await make(`s${i}`));
    let isOver = false;
    const blocking = runIn(url, 'BEGIN; UPDATE subscriptions SET retried = 0; SELECT pg_sleep(2)').then(
      () => (isOver = true),
    );
    await delay(300);
    const saves = made.map((each) => one.subscriptions.save({ ...each, delivered: 1 }));
    await write(one.store, 'a', { events: [launched()] });
    expect(isOver).toBe(false);
    await blocking;
    expect((await Promise.all(saves)).map((saved) => saved?.delivered)).toEqual(made.map(() => 1));
  });

  it('lose nothing of what both add', async () => {
    await make('a');
    const add = async ({ subscriptions }: Opened): Promise<void> => {
      for (let left = 10; left > 0;) {
        const before = (await subscriptions.find('a'))!;
        const put = [parkedOf(`rocket-${before.delivered}`, { position: one.store.beginning })];
        if (await subscriptions.save({ ...before, delivered: before.delivered + 1 }, { put })) left--;
      }
    };
    await Promise.all([one, other, one, other].map(add));
    expect((await one.subscriptions.find('a'))!.delivered).toBe(40);
    expect(await one.subscriptions.countParked('a')).toEqual({ parked: 40, givenUp: 0 });
  });

  it('leave nothing behind when one parks while another removes', async () => {
    for (let i = 0; i < 20; i++) {
      const made = await make('a', { createdAt: i });
      const put = [parkedOf('rocket', { position: made.position })];
      await Promise.all([one.subscriptions.save(made, { put }), other.subscriptions.remove('a')]);
      expect(await one.subscriptions.find('a')).toBeUndefined();
    }
    expect(await runIn(url, 'SELECT * FROM parked_sequences')).toEqual([]);
    expect(await runIn(url, 'SELECT * FROM subscription_secrets')).toEqual([]);
  });

  it('go on in the history that begins when the database was restored, and nobody of before writes on', async () => {
    await write(one.store, 'a', { events: [launched()] });
    const position = await one.store.lastPosition();
    const made = await make('a', { position });
    await write(one.store, 'a', { events: [faster()] });
    await leases(one, 'one', 1);
    // As a restored database has it, in which each row was written anew.
    await runIn(url, "UPDATE meta SET value = value WHERE key = 'home'");
    const fresh = await openBoth(url);
    try {
      expect(fresh.store.beginning).not.toBe(one.store.beginning);
      expect(fresh.subscriptions.source).not.toBe(one.subscriptions.source);
      const found = (await fresh.subscriptions.find('a'))!;
      const { events } = await fresh.store.readAll({ after: found.position, limit: 10 });
      expect(events.map(({ number }) => number)).toEqual([2]);
      expect(await fresh.subscriptions.countBehind(found.position, 10)).toBe(1);
      expect(await fresh.subscriptions.secrets('a')).toEqual([SECRET]);

      expect(await leases(one, 'one')).toEqual([]);
      await expect(one.subscriptions.save(made)).rejects.toThrow('another history');
      expect(await fresh.subscriptions.save(found)).toBeDefined();
    } finally {
      await fresh.store.close();
    }
  });
});

describe('a database of the release before', () => {
  const before = migrations.slice(0, 1);

  it('is brought along while its instances go on', async () => {
    const place = await postgres.newSchema();
    const old = await PostgresEventStore.open({ url: place, connections: 2, migrations: before });
    await write(old, 'a', { events: [launched()] });
    const fresh = await openBoth(place);
    try {
      expect(fresh.store.beginning).toBe(old.beginning);
      await fresh.subscriptions.create(subscriptionOf('new', { position: fresh.store.beginning }), []);
      await write(old, 'a', { events: [faster()] });
      expect(await fresh.subscriptions.countBehind(fresh.store.beginning, 10)).toBe(2);
      const again = await PostgresEventStore.open({ url: place, connections: 2, migrations: before });
      await write(again, 'b', { events: [launched()] });
      await again.close();
      const [lease] = await leases(fresh, 'fresh');
      const saved = {
        ...(await fresh.subscriptions.find('new'))!,
        position: await fresh.store.lastPosition(),
      };
      expect(await fresh.subscriptions.save(saved, { lease: lease!.number })).toBeDefined();
      expect(await fresh.subscriptions.countBehind(saved.position, 10)).toBe(0);
    } finally {
      await Promise.all([old.close(), fresh.store.close()]);
    }
  });

  it('is left alone where another program has tables of the new names', async () => {
    const place = await postgres.newSchema();
    const old = await PostgresEventStore.open({ url: place, connections: 2, migrations: before });
    await runIn(place, 'CREATE TABLE subscriptions (theirs int)');
    const refusal: unknown = await openBoth(place).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreRefused);
    expect(String(refusal)).toContain('a schema, of its own');
    await write(old, 'a', { events: [launched()] });
    await old.close();
  });
});
