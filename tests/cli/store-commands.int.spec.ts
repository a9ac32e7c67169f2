import { Command } from 'commander';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { Failure } from '../../src/cli/failure.js';
import { registerStoreCommands } from '../../src/cli/store-commands.js';
import { faster, launched, received, write } from '../support/builders.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import { startService, type TestService } from '../support/test-service.js';
import { writeNew } from './whole-store.js';

const stores = new SqliteStores();
let file: string;
let lines: string[];
let notes: string[];
let room: () => Promise<unknown>;

const rockets = async (...args: string[]): Promise<void> => {
  lines = [];
  notes = [];
  const program = new Command().exitOverride();
  const output = {
    out: (text: string) => lines.push(...text.split('\n')),
    err: (line: string) => notes.push(line),
    room: () => room(),
    bytes: () => undefined,
    interactive: false,
  };
  registerStoreCommands(program, output);
  await program.parseAsync(args, { from: 'user' });
};

beforeEach(async () => {
  room = () => Promise.resolve();
  file = stores.newFile();
  const store = await stores.open(file);
  await write(store, 'a', { events: [launched(), faster(1)], added: [received('a', 7)] });
  const data = { from: 1, to: 4, by: { who: 'operator' }, why: 'lost' } as const;
  await write(store, 'b', { events: [{ type: 'MessagesSkipped', data, time: launched().time }, faster(2)] });
  await write(store, 'b', { late: [received('b', 3)] });
  await stores.closeAll();
});
afterAll(() => stores.remove());

it('verify says what it looked at', async () => {
  await rockets('verify', '--file', file);
  expect(lines).toEqual([
    `${file} is right: 2 rockets, 4 events without a hole, 1 waiting and 1 late message; every state equals the replay of its events.`,
  ]);
});

it('verify names the damage and fails, and rebuild mends it', async () => {
  const database = new DatabaseSync(file);
  database.exec("UPDATE rockets SET speed = 7 WHERE channel = 'a'");
  database.close();
  await expect(rockets('verify', '--file', file)).rejects.toThrow('is damaged: 1 finding.');
  expect(lines).toEqual(['damaged: rocket 1 (a) does not match its checksum']);
  await rockets('rebuild', '--file', file);
  expect(lines).toEqual(['2 rockets rebuilt from 4 events; 1 was different before.']);
  await rockets('rebuild', '--file', file);
  expect(lines).toEqual(['2 rockets rebuilt from 4 events; every one is what it was before.']);
  await rockets('verify', '--file', file);
});

it('backup copies', async () => {
  const target = stores.newFile();
  await rockets('backup', target, '--file', file);
  await rockets('verify', '--file', target);
});

it('backup replaces an older copy when it is told to', async () => {
  const target = stores.newFile();
  await rockets('backup', target, '--file', file);
  await expect(rockets('backup', target, '--file', file)).rejects.toEqual(
    new Failure(`${target} exists; choose another name, or replace it with --force if it is an older copy.`),
  );
  await rockets('backup', '--force', target, '--file', file);
  expect(lines).toEqual([`${file} copied to ${target}`]);
});

it('verify prints what it found as JSON', async () => {
  await rockets('verify', '--file', file, '--json');
  const found = { rockets: 2, events: 4, waiting: 1, late: 1 };
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([{ ...found, damages: [] }]);
  const database = new DatabaseSync(file);
  database.exec("UPDATE rockets SET speed = 7 WHERE channel = 'a'");
  database.close();
  await expect(rockets('verify', '--file', file, '--json')).rejects.toThrow('is damaged: 1 finding.');
  const damages = ['damaged: rocket 1 (a) does not match its checksum'];
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([{ ...found, damages }]);
});

it('counts a single finding', async () => {
  writeFileSync(file, 'no SQLite');
  await expect(rockets('verify', '--file', file)).rejects.toThrow(/damaged: 1 finding\.$/);
});

it('export waits for its reader', async () => {
  room = () => Promise.reject(new Error('the reader has left'));
  const store = await stores.open(file);
  const names = Array.from({ length: 1500 }, (_, i) => `rocket-${i}`);
  await writeNew(store, new Map(names.map((name) => [name, { events: [launched()] }])));
  await stores.closeAll();
  await expect(rockets('export', '--file', file)).rejects.toThrow('the reader has left');
  expect(lines.length).toBeLessThan(1500);
});

describe('a file that', () => {
  const commands = (): readonly (readonly string[])[] => [
    ['verify'],
    ['rebuild'],
    ['export'],
    ['backup', stores.newFile()],
  ];
  const refusals = (name: string): Promise<unknown[]> =>
    Promise.all(
      commands().map((command) => rockets(...command, '--file', name).catch((error: unknown) => error)),
    );

  it('is not there is named, with how to name another', async () => {
    const message = `${file}.none does not exist. Name it with --file or SQLITE_FILE.`;
    for (const error of await refusals(`${file}.none`)) expect(error).toEqual(new Failure(message));
  });

  it('is of another program is refused in a sentence', async () => {
    const foreign = stores.newFile();
    const database = new DatabaseSync(foreign);
    database.exec('CREATE TABLE notes (text)');
    database.close();
    const message = `${foreign} is not a file of Rockets.`;
    for (const error of await refusals(foreign)) expect(error).toEqual(new Failure(message));
  });

  it('is no database is named', async () => {
    writeFileSync(file, 'no SQLite');
    for (const error of await refusals(file)) {
      expect(error).toBeInstanceOf(Failure);
      expect(String(error)).toContain(file);
    }
  });
});

it('backup says what is wrong with the target', async () => {
  const directory = mkdtempSync(`${file}-`);
  await expect(rockets('backup', directory, '--file', file)).rejects.toThrow(Failure);
  const nowhere = `${directory}/none/copy.db`;
  await expect(rockets('backup', nowhere, '--file', file)).rejects.toEqual(
    new Failure(`${nowhere} can't be written: ${directory}/none does not exist.`),
  );
});

it('the file is the one of SQLITE_FILE when nobody says otherwise', async () => {
  process.env['SQLITE_FILE'] = file;
  try {
    await rockets('verify');
  } finally {
    delete process.env['SQLITE_FILE'];
  }
  expect(lines[0]).toContain(`${file} is right`);
});

describe('with a service', () => {
  let service: TestService;
  beforeEach(async () => {
    service = await startService();
  });
  afterEach(() => service.stop());

  it('takes the messages of an export, and what came of it is said of its lines', async () => {
    await rockets('export', '--file', file);
    const messages = `${file}.ndjson`;
    writeFileSync(messages, lines.join('\n'));
    await rockets('import', messages, '--url', `${service.url}/messages`);
    expect(lines).toEqual([
      '5 received, 2 applied, 0 refused, 3 buffered, 0 duplicate, 0 conflict, 0 invalid',
    ]);
    expect(notes).toEqual([
      "1 skipped range of the export can't be sent: a gap here, where nothing of it came late.",
    ]);
    const b = await (await fetch(`${service.url}/rockets/b/waiting`)).json();
    expect(b).toMatchObject([{ number: 3 }, { number: 5 }]);
    await rockets('import', messages, '--url', `${service.url}/messages`);
    expect(lines[0]).toContain('5 duplicate');
  });

  it('takes what an export says a rocket said, refused or not', async () => {
    const data = { rule: 'not-launched', message: { type: 'RocketExploded', data: { reason: 'ICE' } } };
    const event = {
      kind: 'event',
      channel: 'c',
      number: 1,
      type: 'MessageRefused',
      time: launched().time,
      data,
    };
    const messages = `${file}.ndjson`;
    const beginning = '{"kind":"rockets-export","version":1}';
    writeFileSync(messages, [beginning, '{"kind":"rocket","channel":"c"}', JSON.stringify(event)].join('\n'));
    await rockets('import', messages, '--url', service.url);
    expect(lines[0]).toContain('1 received, 0 applied, 1 refused');
    const conflicting = {
      ...event,
      data: { ...data, message: { type: 'RocketExploded', data: { reason: 'FIRE' } } },
    };
    writeFileSync(messages, [beginning, '', JSON.stringify(conflicting)].join('\n'));
    await expect(rockets('import', messages, '--url', service.url)).rejects.toThrow('1 conflict');
    expect(notes).toEqual(['line 3: conflict: another message 1 of c was stored before.']);
  });

  it.each([
    ['does not exist', () => `${file}.none`],
    ['is a directory', () => tmpdir()],
  ])('a file that %s is named', async (reason, named) => {
    const name = named();
    await expect(rockets('import', name, '--url', service.url)).rejects.toThrow(
      `Cannot read ${name}: it ${reason}`,
    );
  });

  it('lines that are wrong are told one by one, the first of them', async () => {
    const metadata = {
      channel: 'a',
      messageNumber: 1,
      messageTime: launched().time,
      messageType: 'RocketLaunched',
    };
    const launch = JSON.stringify({ metadata, message: launched().data });
    const other = launch.replace(/"mission":"[^"]*"/, '"mission":"OTHER"');
    const messages = `${file}.ndjson`;
    writeFileSync(messages, [launch, '{}', other, ...Array<string>(10).fill('[')].join('\n'));
    await expect(rockets('import', messages, '--url', service.url)).rejects.toThrow(
      '13 received, 1 applied, 0 refused, 0 buffered, 0 duplicate, 1 conflict, 11 invalid',
    );
    expect(notes).toHaveLength(11);
    expect(notes[0]).toMatch(/^line 2: metadata is missing; .* message is missing; /);
    expect(notes[1]).toBe('line 3: conflict: another message 1 of a was stored before.');
    expect(notes[10]).toBe('and 2 more');
  });
});

describe('an import that is answered before its end', () => {
  it('tells why, and what was done until then', async () => {
    const server = createServer((req, res) => {
      req.once('data', () => {
        const counts = { received: 7, applied: 6, duplicate: 1 };
        res.writeHead(503, { Connection: 'close' });
        res.end(JSON.stringify({ title: 'Shutting down', detail: 'The service is ending.', ...counts }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`;
    const messages = `${file}.ndjson`;
    writeFileSync(messages, '{}\n'.repeat(1_000_000));
    await expect(rockets('import', messages, '--url', url)).rejects.toEqual(
      new Failure(
        `${url} answered 503: The service is ending.\nUntil then: ` +
          '7 received, 6 applied, 0 refused, 0 buffered, 1 duplicate, 0 conflict, 0 invalid.',
      ),
    );
    server.closeAllConnections();
    server.close();
  });
});
