import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { Dashboard } from '../support/dashboard.js';
import { startProcess } from '../support/real-process.js';

jest.setTimeout(120_000);

let browser: Browser;
let dashboard: Dashboard;
let page: Page;

/** So long a page may look current after the service has gone. */
const mostMs = 5_000;

const browserTests = (): void => {
  beforeAll(async () => {
    browser = await launchChromium();
    dashboard = await Dashboard.open(browser, await startProcess({ LOG_LEVEL: 'error', SILENT_AFTER: '3s' }));
    ({ page } = dashboard);
  });

  afterAll(async () => {
    await browser.close();
    await dashboard.service.end();
  });

  afterEach(() => {
    expect(dashboard.wrong.splice(0)).toEqual([]);
  });

  const saysThatNothingIsCurrent = async (): Promise<void> => {
    const since = Date.now();
    await page.locator('.freshness', { hasText: /^not connected since \d\d:\d\d:\d\d UTC$/ }).waitFor();
    expect(Date.now() - since).toBeLessThan(mostMs);
    await page.getByRole('alert').getByText('What stands below is from').waitFor();
    const opacity = await page.evaluate('getComputedStyle(document.querySelector("main")).opacity');
    expect(Number(opacity)).toBeLessThan(0.6);
  };

  /** The page hears of the new service when `begin` has ended. */
  const restart = async (
    env: Readonly<Record<string, string>>,
    begin = (): Promise<void> => Promise.resolve(),
  ): Promise<void> => {
    const { port } = dashboard.service;
    await page.route('**', (route) => route.abort());
    dashboard.service = await startProcess({ ...env, LOG_LEVEL: 'error', PORT: String(port) });
    await begin();
    await page.unrouteAll();
    await dashboard.isLive();
    dashboard.outage = false;
  };

  it('says which rockets are silent, and never calls an exploded one so', async () => {
    await dashboard.launched('quiet-1', 10);
    await dashboard.launched('gone-1', 10);
    await dashboard.send('gone-1', 2, 'RocketExploded', { reason: 'PRESSURE' });
    await dashboard.goTo('#/?only=silent&sort=heardAt');
    await dashboard.found(/^1 of 2 rockets$/);
    await dashboard.row('quiet-1').getByText('silent', { exact: true }).waitFor();
    await dashboard.counter('Silent').getByText('1', { exact: true }).waitFor();
    await dashboard.faster('quiet-1', 2, 5);
    await dashboard.found(/^0 of 2 rockets$/);
    await dashboard.goTo('#/');
    await dashboard.row('quiet-1').waitFor();
    expect(await dashboard.column('channel')).toEqual(['gone-1', 'quiet-1']);
    await page.getByRole('button', { name: 'Last heard' }).click();
    await page.locator('.rows .row[aria-rowindex="2"]', { hasText: 'quiet-1' }).waitFor();
  });

  it.each(['#/', '#/rockets/quiet-1', '#/events'])('of %s is told when the service hangs', async (hash) => {
    await dashboard.goTo(hash);
    dashboard.outage = true;
    dashboard.service.child.kill('SIGSTOP');
    await saysThatNothingIsCurrent();
    dashboard.service.child.kill('SIGCONT');
    await dashboard.isLive();
    dashboard.outage = false;
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('is live where there is nothing to show', async () => {
    dashboard.outage = true;
    await dashboard.goTo('#/rockets/nobody');
    await page.getByText('Nothing has been heard on this channel.').waitFor();
    // Longer than an answer may be outdated and still count as live.
    await page.waitForTimeout(3_000);
    await dashboard.isLive();
    await dashboard.launched('nobody');
    await dashboard.figure('speed').getByText('500', { exact: true }).waitFor();
    dashboard.outage = false;
  });

  it('is so far behind as a question is that nobody answers', async () => {
    await dashboard.goTo('#/');
    await page.route('**/fleet', () => undefined);
    await dashboard.faster('quiet-1', 3, 1);
    await page.locator('.freshness', { hasText: /^[3-9] s behind$/ }).waitFor();
    await page.unrouteAll();
    await page.reload();
    await dashboard.isLive();
  });

  it('is asked for every second when the live feed can’t be had', async () => {
    dashboard.outage = true;
    await page.route(/\/events\?after=latest/, (route) => route.abort());
    await dashboard.goTo('#/?search=quiet-1');
    await dashboard.faster('quiet-1', 4, 1);
    // Told of nothing, it would ask again after five.
    await dashboard.row('quiet-1').locator('.cell-version', { hasText: /^4$/ }).waitFor({ timeout: 4_000 });
    await page.unrouteAll();
    await page.reload();
    await dashboard.isLive();
    dashboard.outage = false;
  });

  it('is told when the service was killed, and recovers by itself', async () => {
    await dashboard.goTo('');
    dashboard.outage = true;
    await dashboard.service.end('SIGKILL');
    await saysThatNothingIsCurrent();
    await restart({});
    // The store is in memory: the page shows what there is now, not what it remembers.
    await dashboard.showing('Quiet on every channel').waitFor();
    await dashboard.launched('pad-2', 700);
    await dashboard.row('pad-2').locator('.cell-speed', { hasText: /^700$/ }).waitFor();
  });

  const history = (): Locator => page.locator('.history-log .rows .row');

  it('forgets a rocket that another store does not know', async () => {
    await dashboard.faster('pad-2', 2, 1);
    await dashboard.goTo('#/rockets/pad-2');
    await history().nth(1).waitFor();
    dashboard.outage = true;
    await dashboard.service.end('SIGKILL');
    await restart({});
    // The browser logs every 404.
    dashboard.outage = true;
    await page.getByText('Nothing has been heard on this channel.').waitFor();
    await dashboard.launched('pad-2', 42);
    await dashboard.figure('speed').getByText('42', { exact: true }).waitFor();
    await history().filter({ hasText: 'Falcon-9 on ARTEMIS at 42' }).waitFor();
    expect(await history().count()).toBe(1);
    dashboard.outage = false;
  });

  it('forgets the history of a rocket that another store tells otherwise', async () => {
    await dashboard.faster('pad-2', 2, 1);
    await dashboard.goTo('#/rockets/pad-2?version=1');
    await dashboard.figure('speed').getByText('42', { exact: true }).waitFor();
    await history().nth(1).waitFor();
    dashboard.outage = true;
    await dashboard.service.end('SIGKILL');
    await restart({}, async () => {
      await dashboard.launched('pad-2', 60);
      await dashboard.faster('pad-2', 2, 8);
    });
    await dashboard.figure('speed').getByText('60', { exact: true }).waitFor();
    await history().filter({ hasText: 'Falcon-9 on ARTEMIS at 60' }).waitFor();
    await history().nth(1).waitFor();
    expect(await history().count()).toBe(2);
  });

  it('goes on where it was when a durable store comes back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-dashboard-'));
    const durable = { EVENT_STORE: 'sqlite', SQLITE_FILE: join(folder, 'rockets.db') };
    // The page would miss the service it came from.
    await page.goto('about:blank');
    await dashboard.service.end();
    dashboard.service = await startProcess({ ...durable, LOG_LEVEL: 'error' });
    await dashboard.launched('pad-3', 300);
    await dashboard.goTo('#/rockets/pad-3');
    dashboard.outage = true;
    await dashboard.service.end('SIGKILL');
    await saysThatNothingIsCurrent();
    await restart(durable);
    await dashboard.faster('pad-3', 2, 33);
    await dashboard.figure('speed').getByText('333').waitFor();
    await history().nth(1).waitFor();
    expect(await history().count()).toBe(2);
    await page.goto('about:blank');
    await dashboard.service.end();
    rmSync(folder, { recursive: true, force: true });
  });
};

describeInBrowser('how fresh the dashboard is', browserTests);
