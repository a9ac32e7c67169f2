import pg from 'pg';
import type { EventFeed } from '../../src/application/feed/event-feed.js';
import type { FeedFilter } from '../../src/application/ports/event-store.js';
import type { EventStore, Head, Position, StoredEvent } from '../../src/application/ports/event-store.js';
import { changeOn, faster } from './builders.js';
import { connect, lastIdOf } from './feed-reader.js';
import { runIn } from './postgres-server.js';
import { seededRandom } from './seeded-random.js';

/** Commits take as long as they like to become visible; and each event gets a number from a plain sequence, too. */
export const dawdling = `
  ALTER TABLE events ADD COLUMN serial bigserial;
  CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.position = 1 THEN
        PERFORM pg_sleep(CASE WHEN random() < 0.05 THEN 0.05 ELSE random() * 0.005 END);
      END IF;
      RETURN null;
    END $$;
  CREATE CONSTRAINT TRIGGER dawdling AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawdle();
`;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const drawing = (seed: number): ((count: number) => number) => {
  const random = seededRandom(seed);
  return (count) => Math.floor(random() * count);
};

const pick = <T>(from: readonly T[], below: (count: number) => number): T => from[below(from.length)]!;

/** Writes so many events to rockets of all, decides again when one has moved, and goes on when something fails. */
export const writeOn = async (
  store: EventStore,
  channels: readonly string[],
  quota: number,
  seed: number,
): Promise<{ failed: number }> => {
  const below = drawing(seed);
  let failed = 0;
  for (let written = 0; written < quota;) {
    const some = new Set(Array.from({ length: below(3) + 1 }, () => pick(channels, below)));
    try {
      let heads: readonly Head[] = await store.load([...some].map((channel) => ({ channel, numbers: [] })));
      while (heads.length > 0) {
        const changes = heads.map((head) => changeOn(head, { events: Array(below(12) + 1).fill(faster(1)) }));
        heads = await store.commit(changes);
        const moved = new Set(heads.map(({ channel }) => channel));
        const fresh = changes.filter(({ channel }) => !moved.has(channel));
        written += fresh.flatMap(({ events }) => events).length;
      }
    } catch {
      failed++;
      await sleep(20);
    }
  }
  return { failed };
};

/** Asks for what stands behind the last number of the sequence it has seen, as one would without knowing better. */
export const readBySequence = async (url: string, isOver: () => boolean): Promise<number> => {
  let last = 0;
  let seen = 0;
  for (let over = false; !over;) {
    over = isOver();
    try {
      const rows = await runIn(url, `SELECT serial FROM events WHERE serial > ${last} ORDER BY serial`);
      seen += rows.length;
      last = Math.max(last, ...rows.slice(-1).map(({ serial }) => Number(serial)));
    } catch {
      over = false;
      await sleep(50);
    }
  }
  return seen;
};

export interface Told {
  readonly events: StoredEvent[];
  /** How often it went on with its position somewhere else. */
  resumed: number;
}

/** Follows the live feed, now of one instance and then of another; what it keeps in between is its position. */
export const followLive = async (
  feeds: readonly EventFeed[],
  filter: FeedFilter,
  told: Told,
  isDone: () => boolean,
  seed: number,
): Promise<void> => {
  const below = drawing(seed);
  for (let after: Position | undefined; !isDone(); told.resumed++) {
    const reader = connect(pick(feeds, below), { ...filter, after });
    const leavesAt = Date.now() + 50 + below(1500);
    let heard = 0;
    const hear = (): void => {
      const fresh = reader.messages.slice(heard);
      heard += fresh.length;
      for (const message of fresh) if (message.kind === 'news') told.events.push(...message.events);
      after = lastIdOf(fresh, after);
    };
    while (!isDone() && !reader.hungUp && Date.now() < leavesAt) {
      await sleep(20);
      hear();
    }
    reader.leave();
    hear();
    if (reader.of('reset').length > 0) throw new Error('a position of this history was refused');
  }
};

/** Reads page after page, each from any instance. */
export const walkOn = async (
  stores: readonly EventStore[],
  filter: FeedFilter,
  told: Told,
  isDone: () => boolean,
  seed: number,
): Promise<void> => {
  const below = drawing(seed);
  for (let after: Position | undefined; !isDone(); told.resumed++) {
    try {
      const page = await pick(stores, below).readAll({ ...filter, after, limit: 1 + below(500) });
      told.events.push(...page.events);
      after = page.next;
      if (page.end) await sleep(below(30));
    } catch {
      await sleep(50);
    }
  }
};

/**
 * A transaction of somebody else, open for a while in another database of the same server. Hands over its id, again and
 * again, with what was seen while it was open.
 */
export const holdBack = async <T>(
  url: string,
  ms: number,
  look: () => T,
  seen: (id: number, what: T) => void,
): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    const { rows } = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
    for (const began = Date.now(); Date.now() - began < ms;) {
      await sleep(50);
      const what = look();
      await client.query('SELECT 1');
      seen(Number(rows[0]!.id), what);
    }
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => undefined);
  }
};
