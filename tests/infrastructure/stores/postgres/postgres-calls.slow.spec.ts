import type { StoredEvent } from '../../../../src/application/ports/event-store.js';
import { PostgresEventStore } from '../../../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { launched, write } from '../../../support/builders.js';
import { until } from '../../../support/manual-clock.js';
import { runIn } from '../../../support/postgres-server.js';
import { postgresForAll } from '../../../support/postgres-stores.js';

const postgres = postgresForAll();

let url: string;
let writer: PostgresEventStore;
/** It never calls anybody. */
let silent: PostgresEventStore;
let reader: PostgresEventStore;
const told: StoredEvent[] = [];

beforeAll(async () => {
  url = await postgres.newSchema();
  [writer, silent, reader] = await Promise.all([
    PostgresEventStore.open({ url, connections: 4 }),
    PostgresEventStore.open({ url, connections: 4, calls: false }),
    PostgresEventStore.open({ url, connections: 4 }),
  ]);
});
afterAll(() => Promise.all([writer, silent, reader].map((store) => store.close())));

const listeners = "datname = current_database() AND application_name LIKE 'rockets listener %'";
const listening = async (): Promise<number> =>
  (await runIn(url, `SELECT pid FROM pg_stat_activity WHERE ${listeners}`)).length;

const untilHeard = (): Promise<void> => until(() => reader.parts.called!.isReliable, 'calls get through');
const untilTold = (count: number): Promise<void> => until(() => told.length === count, 'it is told');

/** Each test goes on where the one before it ended. */
describe('an instance that is followed', () => {
  it('hears the calls of others, and relies on them once its own came back', async () => {
    expect(await listening()).toBe(0);
    const { stop } = await reader.follow(({ events }) => told.push(...events));
    expect(reader.parts.called!.isReliable).toBe(false);
    await untilHeard();
    expect(await listening()).toBe(1);
    let calls = 0;
    const stopHearing = reader.parts.called!.on('notices', () => calls++);
    writer.notices.tell({ gapsOf: new Set(['a']), late: [] });
    await until(() => calls === 1, 'it is called');
    stopHearing();
    await write(writer, 'a', { events: [launched()] });
    await untilTold(1);
    // What comes without a call is doubted.
    expect(reader.parts.called!.isReliable).toBe(true);
    stop();
    await until(() => !reader.parts.called!.isReliable, 'nobody listens');
  });

  it('looks often again when its connection is cut, until it has a new one', async () => {
    await reader.follow(({ events }) => told.push(...events));
    await untilHeard();
    await runIn(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listeners}`);
    await until(() => !reader.parts.called!.isReliable, 'it is noticed');
    await write(writer, 'b', { events: [launched()] });
    await untilTold(2);
    await untilHeard();
    await write(writer, 'c', { events: [launched()] });
    await untilTold(3);
  });

  it('finds what it was not called for, and looks often from then on', async () => {
    await untilHeard();
    await write(silent, 'd', { events: [launched()] });
    await untilTold(4);
    expect(reader.parts.called!.isReliable).toBe(false);
  });
});
