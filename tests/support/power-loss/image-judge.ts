import { readConfig } from '../../../src/config.js';
import { createContainer, parts } from '../../../src/container.js';
import { exportMessages } from '../../../src/infrastructure/event-store/sqlite/log/export.js';
import { closeReading, openForReading } from '../../../src/infrastructure/event-store/sqlite/database.js';
import { verifyFile } from '../../../src/infrastructure/event-store/sqlite/maintenance.js';
import { sightOf } from '../../simulation/ledger.js';
import { equal, follow, unseen, type Told } from '../../simulation/oracle.js';

/** Messages by channel and number. */
export type Messages = ReadonlyMap<string, ReadonlyMap<number, Told>>;

export interface Known {
  /** Everything that was ever sent. */
  readonly sent: Messages;
  /** What was acknowledged before the power failed. */
  readonly acknowledged: ReadonlyMap<string, ReadonlySet<number>>;
}

/** What is wrong with a file, in words, to one who only reads it: damaged, lost, never sent. */
export const complaintsOfReader = (file: string, known: Known): string[] => {
  const { damages } = verifyFile(file);
  if (damages.length > 0) return damages.map((damage) => `verify: ${damage}`);
  return complaintsAbout(contentsOf(file), known);
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
  const complaints = complaintsOfReader(file, known);
  if (complaints.length > 0) return complaints;
  const contents = contentsOf(file);
  return seen
    .filter(({ channel, version, shown }) => !equal(shown, expected(contents.get(channel), version)))
    .map(({ channel, version }) => `${channel}: at version ${version} it is not as the oracle says`);
};

/** What each entry of the log has in it and all of those before it. */
export const chainIn = (file: string): string[] => {
  const database = openForReading(file);
  try {
    const rows = database.prepare('SELECT hash FROM log ORDER BY entry').all() as { hash: string }[];
    return rows.map(({ hash }) => hash);
  } finally {
    closeReading(database);
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
      const events = await store.read(channel, { after: 0, limit: 1_000_000 });
      const history = events.map(({ number, event: { type, data, time } }) => ({ number, type, data, time }));
      const { version, highestSeen, pending } = rocket ?? { version: 0, highestSeen: 0, pending: 0 };
      const state = rocket === undefined ? unseen() : sightOf(rocket);
      const shown = { state, history, highestSeen, pending, unfinished: unfinished.has(channel) };
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
  const highestSeen = Math.max(0, ...messages.keys());
  const pending = messages.size - version;
  return { state, history, highestSeen, pending, unfinished: messages.has(version + 1) };
};

const contentsOf = (file: string): Messages => {
  const contents = new Map<string, Map<number, Told>>();
  for (const exported of exportMessages(file)) {
    if (exported.kind !== 'message') throw new Error('nothing was skipped');
    const { metadata, message } = JSON.parse(exported.line) as WireForm;
    const { channel, messageNumber, messageType, messageTime } = metadata;
    const rocket = contents.get(channel) ?? new Map<number, Told>();
    if (rocket.has(messageNumber)) throw new Error(`twice: ${exported.line}`);
    contents.set(channel, rocket.set(messageNumber, { type: messageType, data: message, time: messageTime }));
  }
  return contents;
};

interface WireForm {
  readonly metadata: {
    readonly channel: string;
    readonly messageNumber: number;
    readonly messageType: string;
    readonly messageTime: string;
  };
  readonly message: Readonly<Record<string, unknown>>;
}

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
