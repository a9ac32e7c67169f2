import { DatabaseSync } from '@photostructure/sqlite';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { startProcess, type RealProcess } from './real-process.js';
import { SseClient } from './sse-client.js';

const cli = join(__dirname, '../../dist/cli/rockets.js');

/** How the file of a store may become another one than the service left: what is kept of it when, and put back how. */
export interface PutBack {
  readonly how: string;
  /** While the service runs. */
  readonly whileRunning?: (file: string, kept: string) => void;
  /** After it was closed in order. */
  readonly closed?: (file: string, kept: string) => void;
  /** After it was used once more and closed; answers the file that is started next. */
  readonly back: (file: string, kept: string) => string | void;
}

const backup = (file: string, kept: string): void => {
  execFileSync(process.execPath, [cli, 'backup', kept, '--file', file]);
};

const copy = (file: string, kept: string): void => {
  // As `cp` does it: a file that is there keeps its place on the disk and gets other bytes.
  execFileSync('cp', [file, kept]);
};

const copyFolder = (file: string, kept: string): void => {
  cpSync(dirname(file), kept, { recursive: true, preserveTimestamps: true });
};

const removeLogs = (file: string): void => {
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
};

const bySqlite = (file: string, kept: string): void => {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec(`VACUUM INTO '${kept}'`);
  database.close();
};

const moveBack = (file: string, kept: string): void => {
  removeLogs(file);
  renameSync(kept, file);
};

const copyBack = (file: string, kept: string): void => {
  removeLogs(file);
  copy(kept, file);
};

/** As the book says. */
export const byTheBook: PutBack = { how: 'by the book', whileRunning: backup, back: moveBack };

export const byTheFolder: PutBack = {
  how: 'the whole folder copied over the one there was',
  closed: copyFolder,
  back: (file, kept) => void execFileSync('cp', ['-a', `${kept}/.`, dirname(file)]),
};

export const putBacks: readonly PutBack[] = [
  byTheBook,
  { how: 'a backup copied into the same place on the disk', whileRunning: backup, back: copyBack },
  { how: 'a backup of the closed file', closed: backup, back: moveBack },
  { how: 'a copy by SQLite itself', whileRunning: bySqlite, back: moveBack },
  { how: 'a copy by SQLite itself, copied over the file', whileRunning: bySqlite, back: copyBack },
  { how: 'the closed file copied and moved back', closed: copy, back: moveBack },
  { how: 'the closed file copied and copied back over itself', closed: copy, back: copyBack },
  {
    how: 'the whole folder in the place of the one there was',
    closed: copyFolder,
    back: (file, kept) => {
      rmSync(dirname(file), { recursive: true });
      renameSync(kept, dirname(file));
    },
  },
  {
    how: 'the whole folder copied anew after the one there was had been removed',
    closed: copyFolder,
    back: (file, kept) => {
      rmSync(dirname(file), { recursive: true });
      execFileSync('cp', ['-a', kept, dirname(file)]);
    },
  },
  byTheFolder,
  {
    how: 'the file used under another name',
    back: (file) => {
      renameSync(file, `${file}.moved`);
      return `${file}.moved`;
    },
  },
  {
    how: 'the file moved to another folder',
    back: (file) => {
      const elsewhere = join(dirname(file), 'elsewhere', basename(file));
      mkdirSync(dirname(elsewhere));
      renameSync(file, elsewhere);
      return elsewhere;
    },
  },
];

/** A service that is started on a file, again and again, and what a reader of its feed knows. */
export class ReaderOfFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'rockets-positions-'));
  file = join(this.folder, 'data', 'rockets.db');
  position = '';
  private service: RealProcess | undefined;
  private said = 0;

  constructor() {
    mkdirSync(dirname(this.file));
  }

  get url(): string {
    return this.service?.url ?? '';
  }

  get log(): string {
    return this.service?.log() ?? '';
  }

  async start(): Promise<void> {
    const env = { EVENT_STORE: 'sqlite', SQLITE_FILE: this.file, LOG_LEVEL: 'warn', LOG_FORMAT: 'text' };
    this.service = await startProcess(env);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.service?.end(signal);
  }

  /** Each of them a rocket of its own, so that it does not matter what is known already. */
  async post(messages: number): Promise<void> {
    const lines = Array.from({ length: messages }, () => launch(`rocket-${++this.said}`));
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const answer = await fetch(`${this.url}/messages`, { method: 'POST', headers, body: lines.join('\n') });
    const counts = (await answer.json()) as { applied: number };
    if (counts.applied !== messages) throw new Error(`not taken: ${JSON.stringify(counts)}`);
  }

  /** Where the reader stands who has read everything. */
  async readToTheEnd(): Promise<void> {
    const [newest] = (await (await fetch(`${this.url}/events?order=desc&limit=1`)).json()) as Placed[];
    this.position = newest!.position;
  }

  /** What is told to one who comes back with the position. */
  async comesBack(): Promise<{ status: number; type?: string; events?: number }> {
    const answer = await fetch(`${this.url}/events?limit=1000&after=${this.position}`);
    const body = (await answer.json()) as { type?: string } | Placed[];
    return Array.isArray(body)
      ? { status: answer.status, events: body.length }
      : { status: answer.status, type: body.type };
  }

  /** The same live: the names and ids of what is told until the reader has caught up. */
  async comesBackLive(): Promise<{ names: string[]; resetTo: string | undefined; events: number }> {
    const client = await SseClient.open(`${this.url}/events`, { 'Last-Event-ID': this.position });
    await client.untilNamed('caught-up');
    client.break();
    const reset = client.messages.find(({ name }) => name === 'reset');
    const names = [...new Set(client.messages.map(({ name }) => name))];
    return { names, resetTo: reset?.id, events: client.named('message').length };
  }

  command(name: 'verify' | 'rebuild'): void {
    execFileSync(process.execPath, [cli, name, '--file', this.file]);
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Placed {
  readonly position: string;
}

const launch = (channel: string): string =>
  JSON.stringify({
    metadata: {
      channel,
      messageNumber: 1,
      messageTime: '2026-10-01T12:00:00Z',
      messageType: 'RocketLaunched',
    },
    message: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
  });

/**
 * A reader has read 30 events. Of what it knows the last 20 are gone with what was put back, and 25 others came since: it
 * must not go on behind them.
 */
export const expectAnotherHistory = async (reader: ReaderOfFiles, putBack: PutBack): Promise<void> => {
  const { whileRunning, closed, back } = putBack;
  const kept = join(reader.folder, 'kept');
  await reader.start();
  await reader.post(10);
  whileRunning?.(reader.file, kept);
  await reader.end();
  closed?.(reader.file, kept);
  await reader.start();
  await reader.post(20);
  await reader.readToTheEnd();
  await reader.end();
  reader.file = back(reader.file, kept) ?? reader.file;
  await reader.start();
  expect(reader.log).toMatch(/^\S+ warn .*is a copy, or was restored or moved.*\n$/);
  await reader.post(25);
  expect(await reader.comesBack()).toEqual({ status: 400, type: '/problems/unknown-position' });
  const live = await reader.comesBackLive();
  expect(live.names[0]).toBe('reset');
  expect(live.events).toBe((putBack.whileRunning ?? putBack.closed) ? 35 : 55);
  // From now on it is a history as any other.
  reader.position = live.resetTo ?? 'none was told';
  expect(await reader.comesBack()).toEqual({ status: 200, events: live.events });
  await reader.readToTheEnd();
  await reader.end();
  await reader.start();
  expect(reader.log).toBe('');
  expect(await reader.comesBack()).toEqual({ status: 200, events: 0 });
};
