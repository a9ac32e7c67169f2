import axe from 'axe-core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { type RealProcess, startProcess } from '../support/real-process.js';

const cli = join(__dirname, '../../dist/cli/rockets.js');
jest.setTimeout(120_000);

let service: RealProcess;
let browser: Browser;
let page: Page;
/** While the service is killed on purpose the browser logs failed requests; at any other time nothing may go wrong. */
let outage = false;
const wrong: string[] = [];

const watchFor = (watched: Page): void => {
  watched.on('console', (message) => {
    if (message.type() === 'error' && !outage) wrong.push(message.text());
  });
  watched.on('pageerror', (error) => wrong.push(error.stack ?? error.message));
  watched.on('request', (request) => {
    if (!request.url().startsWith(`${service.url}/`)) wrong.push(`a request to ${request.url()}`);
  });
};

const launchRockets = async (...options: readonly string[]): Promise<void> => {
  const child = spawn(process.execPath, [cli, 'launch', `${service.url}/messages`, ...options], {
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
};

const send = async (
  channel: string,
  messageNumber: number,
  messageType: string,
  message: object,
): Promise<void> => {
  const metadata = { channel, messageNumber, messageTime: '2026-10-01T17:39:42.8989223+02:00', messageType };
  const answer = await fetch(`${service.url}/messages`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ metadata, message }),
  });
  expect(answer.status).toBe(202);
};

const launched = (channel: string, launchSpeed = 500): Promise<void> =>
  send(channel, 1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed, mission: 'ARTEMIS' });
const faster = (channel: string, number: number, by: number): Promise<void> =>
  send(channel, number, 'RocketSpeedIncreased', { by });

const rowOf = (text: string) => page.locator('.fleet .rows .row', { hasText: text });
const column = (name: string): Promise<string[]> =>
  page.locator(`.fleet .rows .cell-${name}`).allInnerTexts();
const figureOf = (name: string) => page.locator(`.figure-${name} dd`);
const showing = (text: string) => page.getByText(text, { exact: true }).first();

const goTo = async (hash: string): Promise<void> => {
  await page.goto(`${service.url}/${hash}`);
  await page.locator('.connection[data-tone="good"]').waitFor();
};

const violations = async (): Promise<string[]> => {
  await page.evaluate(axe.source);
  const results = (await page.evaluate('axe.run()')) as axe.AxeResults;
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
};

const browserTests = (): void => {
  beforeAll(async () => {
    service = await startProcess({ LOG_LEVEL: 'error' });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1360, height: 850 }, reducedMotion: 'reduce' });
    watchFor(page);
  });

  afterAll(async () => {
    await browser.close();
    expect(await service.end()).toBe(0);
  });

  afterEach(() => {
    expect(wrong.splice(0)).toEqual([]);
  });

  it('tells an empty service how to launch rockets', async () => {
    await goTo('');
    await showing(`npx rockets launch ${service.url}/messages`).waitFor();
    expect(await violations()).toEqual([]);
  });

  it('shows rockets of the simulator as they appear, without reloading', async () => {
    await launchRockets('--max-messages=2000');
    await page.locator('.found', { hasText: /^20 rockets$/ }).waitFor();
    expect(await page.locator('.fleet .rows .row').count()).toBeGreaterThan(10);
    expect(await violations()).toEqual([]);
  });

  it('shows a rocket change without reloading', async () => {
    await launched('pad-1');
    await rowOf('pad-1').locator('.cell-speed', { hasText: /^500$/ }).waitFor();
    await faster('pad-1', 2, 734);
    await rowOf('pad-1')
      .locator('.cell-speed', { hasText: /^1,234$/ })
      .waitFor();
  });

  it('sorts by a column, both ways', async () => {
    await page.getByRole('button', { name: 'Speed', exact: true }).click();
    await page.locator('.head .cell-speed[aria-sort="descending"]').waitFor();
    const speeds = (await column('speed')).map((text) => Number(text.replaceAll(',', '')));
    expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
    await page.getByRole('button', { name: 'Speed', exact: true }).press('Enter');
    await page.locator('.head .cell-speed[aria-sort="ascending"]').waitFor();
  });

  it('searches from the keyboard', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('pad-1');
    await page.locator('.found', { hasText: /^1 of 21 rockets$/ }).waitFor();
    expect(await column('channel')).toEqual(['pad-1']);
  });

  it('filters by status', async () => {
    await goTo('');
    await page.getByRole('group', { name: 'Status' }).getByRole('button', { name: 'Exploded' }).click();
    await page.locator('.found', { hasText: / of 21 rockets$/ }).waitFor();
    expect(new Set(await column('status'))).not.toContain('Flying');
  });

  it('opens a rocket and moves through its past', async () => {
    await goTo('');
    await rowOf('pad-1').getByRole('link').click();
    await figureOf('speed').getByText('1,234').waitFor();
    await page.getByRole('slider').fill('1');
    await figureOf('speed').getByText('500').waitFor();
    expect(page.url()).toContain('version=1');
    expect(await violations()).toEqual([]);
    await page.getByRole('button', { name: 'Latest' }).click();
    await figureOf('speed').getByText('1,234').waitFor();
  });

  it('says the day of a report that is not of today', async () => {
    await page
      .locator('.history-log .when', { hasText: /^2026-10-01 15:39:42$/ })
      .first()
      .waitFor();
    await goTo('#/?search=pad-1');
    await rowOf('pad-1')
      .locator('.cell-updatedAt', { hasText: /^2026-10-01 15:39:42$/ })
      .waitFor();
    await goTo('#/rockets/pad-1');
  });

  it('draws what the rocket reports while it is watched', async () => {
    await faster('pad-1', 3, 1);
    await figureOf('speed').getByText('1,235').waitFor();
    await page.locator('.history-log .row', { hasText: 'Speed up' }).nth(1).waitFor();
    await page.locator('.chart canvas').waitFor();
  });

  it('shows a refused message with its rule', async () => {
    await send('pad-1', 4, 'RocketSpeedDecreased', { by: 9999 });
    await page.locator('.history-log .row', { hasText: 'speed-below-zero' }).waitFor();
    await page.getByRole('link', { name: /^Broken rules/ }).click();
    await page.locator('.refused-log .row', { hasText: 'pad-1' }).waitFor();
    expect(await violations()).toEqual([]);
  });

  it('shows a gap open and close', async () => {
    await faster('pad-1', 6, 10);
    await goTo('#/rockets/pad-1');
    await page.getByText('1 message missing, 1 waiting behind').waitFor();
    await faster('pad-1', 5, 10);
    await page.getByText('Every number up to the highest heard has arrived.').waitFor();
    await figureOf('speed').getByText('1,255').waitFor();
  });

  const eventAt = async (channel: string, number: number): Promise<unknown> => {
    const { event } = (await (
      await fetch(`${service.url}/rockets/${channel}/messages/${number}`)
    ).json()) as {
      event: unknown;
    };
    return event;
  };

  it('skips a gap after asking, with the reason given', async () => {
    await faster('pad-1', 9, 45);
    await faster('pad-1', 11, 5);
    await page.getByRole('button', { name: 'Skip …' }).click();
    await page
      .getByText('Messages 7–8 will be recorded as skipped, and 1 message that waits becomes history.')
      .waitFor();
    await page.getByText('1 waits on, for 10.').waitFor();
    expect(await violations()).toEqual([]);
    // Enter gives the safe answer.
    await page.getByLabel('Why?').press('Enter');
    await page.getByText('2 messages missing, 1 waiting behind').waitFor();
    await page.getByRole('button', { name: 'Skip …' }).click();
    await page.getByLabel('Why?').fill('lost in the ionosphere');
    await page.getByRole('button', { name: 'Skip 7–8' }).click();
    await figureOf('speed').getByText('1,300').waitFor();
    await page
      .locator('.history-log .row', {
        hasText: 'Messages 7–8, skipped by an operator: lost in the ionosphere',
      })
      .waitFor();
    expect(await eventAt('pad-1', 8)).toMatchObject({
      data: { from: 7, to: 8, by: { who: 'operator' }, why: 'lost in the ionosphere' },
    });
  });

  it('counts what comes after it was skipped', async () => {
    await faster('pad-1', 7, 1);
    await page.getByText('Late: 1 message came after being skipped').waitFor();
    await page.locator('.figure-version dd', { hasText: /^9 of 11, 1 waiting, 1 late$/ }).waitFor();
  });

  it('skips several gaps at once, and never calls a change a speed', async () => {
    await faster('pad-4', 3, 30);
    await faster('pad-4', 6, 4);
    await faster('pad-4', 9, 100);
    await goTo('#/rockets/pad-4');
    await page.locator('.gap-card', { hasText: '7–8' }).waitFor();
    await page.getByRole('button', { name: 'Skip up to here …' }).first().click();
    await page
      .getByText(
        'Messages 1–2, 4–5 will be recorded as skipped, and 2 messages that wait become history. 1 waits on, for 7–8.',
      )
      .waitFor();
    await page.getByText('Its speed, type and mission stay unknown until a launch is heard.').waitFor();
    await page.getByRole('button', { name: 'Skip 1–2, 4–5' }).click();
    await figureOf('speed').getByText('Δ +34').waitFor();
    await page.locator('.gap-card:first-child', { hasText: '7–8' }).waitFor();
    expect(await eventAt('pad-4', 5)).toMatchObject({ data: { from: 4, to: 5 } });
    expect(await violations()).toEqual([]);
  });

  it('reads well in the dark and on a phone', async () => {
    await page.getByRole('button', { name: 'Switch to dark colours' }).click();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const hash of ['#/', '#/rockets/pad-1', '#/refused']) {
      await goTo(hash);
      expect(await violations()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    await page.setViewportSize({ width: 1360, height: 850 });
  });

  const killAndRestart = async (env: Readonly<Record<string, string>>): Promise<void> => {
    outage = true;
    await service.end('SIGKILL');
    await page.locator('.connection', { hasText: /^Stale since/ }).waitFor();
    await page.getByRole('alert').waitFor();
    service = await startProcess({ ...env, LOG_LEVEL: 'error', PORT: String(service.port) });
    await page.locator('.connection[data-tone="good"]').waitFor();
    outage = false;
  };

  it('says that it is stale while the service is gone, and recovers by itself', async () => {
    await goTo('');
    await killAndRestart({});
    // The store is in memory: the page shows what there is now, not what it remembers.
    await showing('Quiet on every channel').waitFor();
    await launched('pad-2', 700);
    await rowOf('pad-2').locator('.cell-speed', { hasText: /^700$/ }).waitFor();
  });

  it('goes on where it was when a durable store comes back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-dashboard-'));
    const durable = { EVENT_STORE: 'sqlite', SQLITE_FILE: join(folder, 'rockets.db') };
    // The page would miss the service it came from.
    await page.goto('about:blank');
    await service.end();
    service = await startProcess({ ...durable, LOG_LEVEL: 'error' });
    await launched('pad-3', 300);
    await goTo('#/rockets/pad-3');
    await killAndRestart(durable);
    await faster('pad-3', 2, 33);
    await figureOf('speed').getByText('333').waitFor();
    expect(await page.locator('.history-log .rows .row').count()).toBe(2);
    rmSync(folder, { recursive: true, force: true });
  });
};

describeInBrowser('the dashboard in a browser', browserTests);
