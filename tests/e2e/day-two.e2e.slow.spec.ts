import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fill, served } from '../cli/whole-store.js';
import { blocks, Machine } from '../support/day-two.js';
import { messageText, postMessage } from '../support/real-process.js';
import { SseClient } from '../support/sse-client.js';

const root = join(__dirname, '../..');

jest.setTimeout(240_000);

it('every command of the page is typed by one of these files', () => {
  const typing = ['day-two', 'day-two-keys', 'day-two-postgres']
    .map((name) => readFileSync(join(__dirname, `${name}.e2e.slow.spec.ts`), 'utf8'))
    .join('\n');
  const isTyped = (heading: string, which: number): boolean =>
    new RegExp(`type\\(\\s*'${heading}'(\\)|, (${which}|undefined)\\b)`).test(typing);
  const left = [...blocks].flatMap(([heading, all]) =>
    all.flatMap((_, i) => (isTyped(heading, i) ? [] : [`${heading}, ${i}`])),
  );
  // What all others begin with is typed before each of them.
  expect(left).toEqual(['Day two, 0']);
  expect(blocks.size).toBeGreaterThan(12);
});

describe('a machine with SQLite', () => {
  let machine: Machine;
  let before: string[];
  const lastPosition = async (): Promise<string> => {
    const [last] = (await (await fetch(`${machine.url()}/events?order=desc&limit=1`)).json()) as {
      position: string;
    }[];
    return last!.position;
  };

  beforeAll(async () => {
    machine = await Machine.make({
      EVENT_STORE: 'sqlite',
      SQLITE_FILE: '/var/lib/rockets/rockets.db',
      AUTH: 'none',
      WEBHOOK_ALLOW: '127.0.0.1',
    });
    await served(machine.path('/var/lib/rockets/rockets.db'), fill);
    await machine.run('systemctl start rockets; rockets subscriptions add billing http://127.0.0.1:1024/');
    before = await machine.everything();
    expect(before.length).toBeGreaterThan(700);
  });
  afterAll(() => machine.remove());

  it('gets back all of what was backed up, and readers begin anew', async () => {
    expect(await machine.type('Back up SQLite')).toContain('every state equals the replay of its events');
    for (let number = 1; number <= 20; number++)
      expect((await postMessage(machine.url(), messageText(number, 'lost-later'))).status).toBe(202);
    const position = await lastPosition();
    expect(await machine.everything()).not.toEqual(before);

    expect(await machine.type('Restore SQLite')).toContain('status       ok');
    expect(await machine.everything()).toEqual(before);
    const page = await fetch(`${machine.url()}/events?after=${position}`);
    expect([page.status, await page.json()]).toEqual([
      400,
      expect.objectContaining({ type: '/problems/unknown-position' }),
    ]);
    const live = await SseClient.open(`${machine.url()}/events`, { 'last-event-id': position });
    await live.untilNamed('reset');
    live.break();
    // Its secret was not in the copy, and is still there.
    const billing = await (await fetch(`${machine.url()}/subscriptions/billing`)).json();
    expect(billing).not.toMatchObject({ state: 'paused' });
    expect((await postMessage(machine.url(), messageText(1, 'lost-later'))).status).toBe(202);
    before = await machine.everything();
  });

  it('takes another release, and the one before again, with all that there is', async () => {
    built(machine, '1.1.0');
    const position = await lastPosition();
    const release = async (): Promise<string[]> => {
      const metrics = await (await fetch(`${machine.url()}/metrics`)).text();
      const [, running] = /^rockets_build_info\{.*version="([^"]+)"/m.exec(metrics)!;
      return [running!, (await machine.run('rockets --version')).trim()];
    };
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await release()).toEqual([version, version]);

    expect(await machine.type('Upgrade', undefined, { npm_config_prefer_offline: 'true' })).toContain(
      'status       ok',
    );
    expect(await release()).toEqual(['1.1.0', '1.1.0']);
    expect(await machine.everything()).toEqual(before);
    expect((await fetch(`${machine.url()}/events?after=${position}`)).status).toBe(200);

    expect(await machine.type('Roll back')).toContain('status       ok');
    expect(await release()).toEqual([version, version]);
    expect(await machine.everything()).toEqual(before);
    expect((await fetch(`${machine.url()}/events?after=${position}`)).status).toBe(200);
  });
});

/** This release under another number, as it was built. */
const built = (machine: Machine, version: string): void => {
  const folder = machine.path('built');
  mkdirSync(folder);
  for (const name of ['dist', 'docs', '.npmrc'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    const text = JSON.parse(readFileSync(join(root, name), 'utf8')) as object;
    writeFileSync(join(folder, name), JSON.stringify({ ...text, version }));
  }
  machine.directory = folder;
};
