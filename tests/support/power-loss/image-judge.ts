import { readConfig } from '../../../src/config.js';
import { createContainer, parts } from '../../../src/container.js';
import { closeDatabase, openForReading } from '../../../src/infrastructure/stores/sqlite/database.js';
import { verifyFile } from '../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { exportFile } from '../../../src/infrastructure/stores/sqlite/upkeep/transfer.js';
import { sightOf } from '../../simulation/ledger.js';
import { equal, follow, saidBy, unseen, type Sight, type Told } from '../../simulation/oracle.js';

/** Messages by channel and number. */
export type Messages = ReadonlyMap<string, ReadonlyMap<number, Told>>;

export interface Known {
  /** Everything that was ever sent. */
  readonly sent: Messages;
  /** What was acknowledged before the power failed. */
  readonly acknowledged: ReadonlyMap<string, ReadonlySet<number>>;
}

/** What is wrong with a file, in words, to one who only reads it: damaged, lost, never sent. */
export const complaintsOfReader = async (file: string, known: Known): Promise<string[]> => {
  // Of a file that lacks what it refers to, SQLite may say that it could not read it: that is a complaint as well.
  const { damages } = await verifyFile(file).catch((error: unknown) => ({ damages: [String(error)] }));
  if (damages.length > 0) return damages.map((damage) => `verify: ${damage}`);
  return complaintsAbout(await contentsOf(file), known);
};

/** The same to one who opens the store as the service does, looks at every rocket and its history, and closes it. */
export const complaintsOfStore = async (
  file: string,
  known: Known,
  synchronous: 'full' | 'normal',
): Promise<string[]> => {
  let seen: readonly Seen[];
  try {
    seen = await everythingIn(file, known.sent.keys(), synchronous);
  } catch (error) {
    return [`it does not open: ${String(error)}`];
  }
  const complaints = await complaintsOfReader(file, known);
  if (complaints.length > 0) return complaints;
  const contents = await contentsOf(file);
  return seen
    .filter(({ channel, version, shown }) => !equal(shown, expected(contents.get(channel), version)))
    .map(({ channel, version }) => `${channel}: at version ${version} it is not as the oracle says`);
};

/** The checksums of all events in the order of the feed. */
export const feedIn = (file: string): number[] => {
  const database = openForReading(file);
  try {
    const rows = database.prepare('SELECT sum FROM events ORDER BY position').all() as { sum: number }[];
    return rows.map(({ sum }) => sum);
  } finally {
    closeDatabase(database);
  }
};

interface Seen {
  readonly channel: string;
  readonly version: number;
  readonly shown: unknown;
}

const everythingIn = async (
  file: string,
  channels: Iterable<string>,
  synchronous: 'full' | 'normal',
): Promise<Seen[]> => {
  const settings = { EVENT_STORE: 'sqlite', SQLITE_FILE: file, SQLITE_SYNCHRONOUS: synchronous };
  const config = readConfig({ ...settings, LOG_LEVEL: 'silent' }, false);
  const container = await createContainer(config);
  const store = container.get(parts.store);
  try {
    const directory = container.get(parts.directory);
    const unfinished = new Set(await store.unfinished());
    const seen: Seen[] = [];
    for (const channel of channels) {
      const rocket = await directory.find(channel);
      const events = await store.read(channel, { limit: 1_000_000 });
      const history = events.map(({ number, event: { type, data, time } }) => ({ number, type, data, time }));
      const { version, highestHeard, waiting } = rocket ?? { version: 0, highestHeard: 0, waiting: 0 };
      const state = inMillis(rocket === undefined ? unseen() : sightOf(rocket));
      const shown = { state, history, highestHeard, waiting, unfinished: unfinished.has(channel) };
      seen.push({ channel, version, shown });
    }
    return seen;
  } finally {
    await store.close();
  }
};

/** A rocket that holds these messages and has come to this version; a hole below it fits nothing. */
const expected = (messages: ReadonlyMap<number, Told> = new Map(), version: number) => {
  const state = unseen();
  const history = [];
  for (let number = 1; number <= version; number++) {
    const told = messages.get(number);
    if (told !== undefined) history.push({ number, ...follow(state, { number, told }) });
  }
  const highestHeard = Math.max(0, ...messages.keys());
  const waiting = messages.size - version;
  const unfinished = messages.has(version + 1);
  return { state: inMillis(state), history, highestHeard, waiting, unfinished };
};

/** A rocket's row tells instants, not how they were spelled. */
const inMillis = (sight: Sight) => {
  const millis = (time: string | null): number | null => (time === null ? null : Date.parse(time));
  const { updatedAt, launchedAt, explodedAt } = sight;
  return {
    ...sight,
    updatedAt: millis(updatedAt),
    launchedAt: millis(launchedAt),
    explodedAt: millis(explodedAt),
  };
};

const contentsOf = async (file: string): Promise<Messages> => {
  const contents = new Map<string, Map<number, Told>>();
  for await (const line of exportFile(file)) {
    if (line.kind !== 'event' && line.kind !== 'waiting') continue;
    if (line.type === 'MessagesSkipped') throw new Error('nothing was skipped');
    const { channel, number, time } = line;
    const { type, data } = 'message' in line.data ? line.data.message : line;
    const rocket = contents.get(channel) ?? new Map<number, Told>();
    if (rocket.has(number)) throw new Error(`twice: ${channel} ${number}`);
    contents.set(channel, rocket.set(number, { ...saidBy({ type, data }), time }));
  }
  return contents;
};

const complaintsAbout = (contents: Messages, { sent, acknowledged }: Known): string[] => {
  const complaints: string[] = [];
  for (const [channel, numbers] of acknowledged) {
    for (const number of numbers) {
      if (contents.get(channel)?.has(number) !== true) complaints.push(`${channel}: ${number} is lost`);
    }
  }
  for (const [channel, messages] of contents) {
    for (const [number, told] of messages) {
      if (!equal(told, sent.get(channel)?.get(number)))
        complaints.push(`${channel}: ${number} was never sent`);
    }
  }
  return complaints;
};
