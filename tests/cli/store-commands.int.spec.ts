import { Command } from 'commander';
import { DatabaseSync } from '@photostructure/sqlite';
import { readFileSync, writeFileSync } from 'node:fs';
import { registerStoreCommands } from '../../src/cli/store-commands.js';
import { earlyMessage, faster, launched, write } from '../support/builders.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import { startService, type TestService } from '../support/test-service.js';

const stores = new SqliteStores();
let file: string;
let lines: string[];
let notes: string[];

const rockets = async (...args: string[]): Promise<void> => {
  lines = [];
  notes = [];
  const program = new Command().exitOverride();
  const output = {
    out: (line: string) => lines.push(line),
    err: (line: string) => notes.push(line),
    interactive: false,
  };
  registerStoreCommands(program, output);
  await program.parseAsync(args, { from: 'user' });
};

beforeEach(async () => {
  file = stores.newFile();
  const store = await stores.open(file);
  await write(store, 'a', { events: [launched(), faster(1)], added: [earlyMessage('a', 7)] });
  const skipped = { type: 'MessagesSkipped', data: { from: 1, to: 4 }, time: launched().time } as const;
  await write(store, 'b', { events: [skipped, faster(2)] });
  await stores.closeAll();
});
afterAll(() => stores.remove());

it('verify says what it looked at', async () => {
  await rockets('verify', '--file', file);
  expect(lines).toEqual([
    `${file} is right: 2 rockets, 4 events in unbroken chains, 1 early messages; every state equals the replay of its events.`,
  ]);
});

it('verify names the damage and fails', async () => {
  const database = new DatabaseSync(file);
  database.exec("UPDATE rockets SET speed = 7 WHERE channel = 'a'");
  database.close();
  await expect(rockets('verify', '--file', file)).rejects.toThrow('is damaged: 2 findings');
  expect(lines.join('\n')).toContain('the state of a is not what its events lead to');
  await rockets('rebuild', '--file', file);
  expect(lines).toEqual(['2 rockets rebuilt from 4 events; 1 were different before.']);
  await rockets('verify', '--file', file);
});

it('backup copies', async () => {
  const target = stores.newFile();
  await rockets('backup', target, '--file', file);
  await rockets('verify', '--file', target);
});

it('refuses a file that is not there', async () => {
  await expect(rockets('verify', '--file', `${file}.none`)).rejects.toThrow('does not exist');
});

describe('with a service', () => {
  let service: TestService;
  beforeEach(async () => {
    service = await startService();
  });
  afterEach(() => service.stop());

  it('what was exported is imported again', async () => {
    await rockets('export', '--file', file);
    expect(notes).toEqual(['b: numbers 1 to 4 were skipped']);
    const messages = `${file}.ndjson`;
    writeFileSync(messages, lines.join('\n'));
    expect(readFileSync(messages, 'utf8').split('\n')).toHaveLength(4);
    await rockets('import', messages, '--url', `${service.url}/messages`);
    expect(lines).toEqual([
      '4 received, 2 applied, 0 refused, 2 buffered, 0 duplicate, 0 conflict, 0 invalid',
    ]);
    await rockets('import', messages, '--url', `${service.url}/messages`);
    expect(lines[0]).toContain('4 duplicate');
  });

  it('a file that cannot be read is named', async () => {
    const missing = `${file}.none`;
    await expect(rockets('import', missing, '--url', `${service.url}/messages`)).rejects.toThrow(
      `Cannot read ${missing}`,
    );
  });
});
