import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { keysOf, testKey, type TestKey } from '../support/api-keys.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { Dashboard } from '../support/dashboard.js';
import { startProcess } from '../support/real-process.js';

jest.setTimeout(120_000);

/** So long a page may stand open to somebody who is not let in any more. */
const mostMs = 5_000;

const operator = testKey('control-room');
const visitor = testKey('visitor', { scopes: ['read'] });
const sender = testKey('radio-1', { scopes: ['ingest'] });
const crew = testKey('pad-crew', { scopes: ['read', 'operate'], channels: ['pad-1', 'pad-9'] });
const everybody = [operator, visitor, sender, crew];

let folder: string;
let browser: Browser;
let dashboard: Dashboard;
let page: Page;
const asked: string[] = [];

/** As an operator replaces the file: never half written. */
const keepKeys = (keys: readonly TestKey[]): void => {
  const file = join(folder, 'keys.json');
  writeFileSync(`${file}.new`, keysOf(keys));
  renameSync(`${file}.new`, file);
};

const changed = (key: TestKey, fields: Partial<TestKey['record']>): readonly TestKey[] =>
  everybody.map((one) => (one === key ? { ...one, record: { ...one.record, ...fields } } : one));

const browserTests = (): void => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rockets-keys-'));
    keepKeys(everybody);
    browser = await launchChromium();
    const env = { AUTH: 'keys', API_KEYS_FILE: join(folder, 'keys.json'), LOG_LEVEL: 'error' };
    dashboard = await Dashboard.open(browser, await startProcess(env), operator.header);
    ({ page } = dashboard);
    page.on('request', (request) => asked.push(request.url()));
    await dashboard.launched('pad-1', 500);
    await dashboard.faster('pad-1', 4, 10);
    await dashboard.launched('pad-2', 700);
  });

  afterAll(async () => {
    await browser.close();
    expect(await dashboard.service.end()).toBe(0);
    rmSync(folder, { recursive: true });
  });

  afterEach(() => {
    expect(dashboard.wrong.splice(0)).toEqual([]);
    dashboard.outage = false;
  });

  const field = () => page.getByLabel('API key');
  const skipButton = () => page.getByRole('button', { name: 'Skip …' });
  const arrive = async (hash: string): Promise<void> => {
    asked.length = 0;
    await page.goto(`${dashboard.service.url}/${hash}`);
  };
  /** The service looks at the file once a second. */
  const isKnown = async (key: TestKey): Promise<void> => {
    while (!(await fetch(`${dashboard.service.url}/session`, { headers: key.header })).ok) await delay(50);
  };
  /** Somebody new sits down at the page. */
  const enter = async (key: TestKey, hash: string): Promise<void> => {
    await isKnown(key);
    // First of all nobody asks any more: without the cookie he would be refused.
    await page.goto('about:blank');
    await page.context().clearCookies();
    await arrive(hash);
    await field().fill(key.text);
    await field().press('Enter');
    await page.locator('.who', { hasText: key.record.name }).waitFor();
  };
  const pathsAsked = (): string[] => asked.map((url) => url.slice(dashboard.service.url.length));
  const isSignedOut = async (why: string | RegExp): Promise<void> => {
    const since = Date.now();
    await page.locator('.ending', { hasText: why }).waitFor();
    expect(Date.now() - since).toBeLessThan(mostMs);
    expect(await page.locator('.freshness, .who, .rows, .figures').count()).toBe(0);
  };

  describe('signing in', () => {
    it('is asked for before anything is shown or listened to', async () => {
      await arrive('#/rockets/pad-1');
      await field().waitFor();
      await expect(field().evaluate((input) => input.matches(':focus'))).resolves.toBe(true);
      expect(await page.title()).toBe('Sign in · Rockets');
      expect(await page.locator('.freshness, .rows').count()).toBe(0);
      expect(await page.getByRole('link').allInnerTexts()).toEqual(['Skip to content', 'Rockets', 'API']);
      expect(pathsAsked().filter((path) => /^\/(rockets|events|fleet|gaps)/.test(path))).toEqual([]);
      expect(await dashboard.violations()).toEqual([]);
    });

    it('says what is wrong with a key, and lets it be typed again', async () => {
      dashboard.outage = true;
      await field().fill('rk_nothing');
      await field().press('Enter');
      await page.getByRole('alert').getByText('The API key is incomplete or was copied badly.').waitFor();
      await expect(field().evaluate((input) => input.matches(':focus'))).resolves.toBe(true);
      await field().fill(testKey('stranger').text);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('The API key is not known here.').waitFor();
      expect(await field().getAttribute('aria-invalid')).toBe('true');
      expect(await dashboard.violations()).toEqual([]);
    });

    it('leads where the address points, with the live feed', async () => {
      const followed = page.waitForResponse(/\/events\?after=latest&channel=pad-1$/);
      await field().fill(`  ${operator.text}\n`);
      await field().press('Enter');
      await page.locator('.who', { hasText: 'control-room' }).waitFor();
      await dashboard.figure('speed').getByText('500').waitFor();
      expect((await followed).status()).toBe(200);
      await dashboard.isLive();
      expect(page.url()).toMatch(/#\/rockets\/pad-1$/);
      await dashboard.faster('pad-1', 6, 1);
      await page.locator('.figure-version dd', { hasText: 'of 6' }).waitFor();
      expect(await dashboard.violations()).toEqual([]);
    });

    it('leaves the key nowhere on the page', async () => {
      const secret = operator.text.split('_').at(-1)!;
      expect(asked.filter((url) => url.includes(secret))).toEqual([]);
      expect(page.url()).not.toContain(secret);
      const kept =
        'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, history.state])';
      expect(await page.evaluate(kept)).toBe('["",{},{},null]');
      expect(await page.content()).not.toContain(secret);
      const cookies = await page.context().cookies();
      expect(cookies).toMatchObject([{ name: 'rockets_session', httpOnly: true, sameSite: 'Strict' }]);
      expect(JSON.stringify(cookies)).not.toContain(secret);
    });

    it('lasts when the page is loaded again', async () => {
      await page.reload();
      await dashboard.isLive();
      await page.locator('.who', { hasText: 'control-room' }).waitFor();
    });

    it('puts the name of the key into the history of a skip', async () => {
      await skipButton().click();
      await page.getByLabel('Why?').fill('lost at sea');
      await page.getByRole('button', { name: 'Skip 2–3' }).click();
      await page
        .locator('.history-log .row', { hasText: 'Messages 2–3, skipped by control-room: lost at sea' })
        .waitFor();
    });

    it('ends with signing out, for the live feed too', async () => {
      const closed = page.waitForEvent('requestfailed', (request) => request.url().includes('/events?'));
      await page.getByRole('button', { name: 'Sign out' }).click();
      await field().waitFor();
      await closed;
      expect(await page.locator('.ending').count()).toBe(0);
      expect(await page.context().cookies()).toEqual([]);
      await page.waitForTimeout(2_500);
      const since = pathsAsked();
      expect(
        since.slice(since.lastIndexOf('/session')).filter((path) => /^\/(rock|ev|fl)/.test(path)),
      ).toEqual([]);
      await page.reload();
      await field().waitFor();
    });
  });

  describe('a key', () => {
    it('that may only read is offered no skip', async () => {
      await enter(visitor, '#/rockets/pad-1');
      await page.getByText('1 message missing, 1 waiting behind').waitFor();
      await dashboard.isLive();
      expect(await skipButton().count()).toBe(0);
    });

    it('that is given another scope meanwhile is offered more, and less when it is taken away', async () => {
      keepKeys(changed(visitor, { scopes: ['read', 'operate'] }));
      await skipButton().waitFor();
      keepKeys(everybody);
      await skipButton().waitFor({ state: 'detached' });
      await dashboard.isLive();
    });

    it('that may not read is told so, and nothing is asked for it', async () => {
      await enter(sender, '#/events');
      await page.getByRole('heading', { name: 'Nothing to see with this key' }).waitFor();
      await page.waitForTimeout(1_000);
      expect(pathsAsked().filter((path) => /^\/(rockets|events|fleet)/.test(path))).toEqual([]);
      expect(await dashboard.violations()).toEqual([]);
    });

    it.each(['#/', '#/events', '#/arrivals'])('of some rockets gets a list of them at %s', async (hash) => {
      await enter(crew, hash);
      await page.getByRole('heading', { name: 'Your rockets' }).waitFor();
      expect(await page.locator('.own-rockets a').allInnerTexts()).toEqual(['pad-1', 'pad-9']);
      await dashboard.isLive();
      expect(await dashboard.violations()).toEqual([]);
    });

    it('of some rockets follows each of them live, and may skip there', async () => {
      const followed = page.waitForResponse(/\/events\?after=latest&channel=pad-1$/);
      await page.getByRole('link', { name: 'pad-1' }).click();
      expect((await followed).status()).toBe(200);
      await dashboard.isLive();
      await dashboard.faster('pad-1', 7, 1);
      await page.locator('.figure-version dd', { hasText: 'of 7' }).waitFor();
      expect(await page.locator('.history-log .event-name').allInnerTexts()).toContain('Launched');
      expect(await page.locator('.history-log .event-name a').count()).toBe(0);
      await skipButton().click();
      await page.getByRole('button', { name: 'Skip 5' }).click();
      await page.locator('.history-log .row', { hasText: 'Message 5, skipped by pad-crew' }).waitFor();
      expect(await dashboard.violations()).toEqual([]);
      await page.getByRole('link', { name: 'Your rockets' }).first().click();
      await page.getByRole('heading', { name: 'Your rockets' }).waitFor();
    });

    it('of some rockets is told which ones are not among them', async () => {
      await arrive('#/rockets/pad-2');
      await page.getByRole('heading', { name: 'Not one of your rockets' }).waitFor();
      await page.waitForTimeout(1_000);
      expect(pathsAsked().filter((path) => /^\/(rockets|events|fleet)/.test(path))).toEqual([]);
    });
  });

  describe('a session that ends while the page is open', () => {
    beforeEach(() => {
      // The browser logs what is refused.
      dashboard.outage = true;
    });
    afterEach(() => keepKeys(everybody));

    it.each(['#/', '#/rockets/pad-1', '#/events'])(
      'by revoking its key closes %s, saying why',
      async (hash) => {
        await enter(visitor, hash);
        await dashboard.isLive();
        keepKeys(changed(visitor, { revokedAt: '2026-10-01T00:00:00Z' }));
        await isSignedOut('Your session has ended. The API key visitor was revoked at 2026-10-01T00:00:00Z.');
        await expect(field().evaluate((input) => input.matches(':focus'))).resolves.toBe(true);
        expect(await dashboard.violations()).toEqual([]);
      },
    );

    it('closes a list that is held still, too', async () => {
      await enter(visitor, '#/events');
      await page.getByRole('button', { name: 'Pause' }).click();
      await dashboard.found('held still');
      keepKeys(everybody.filter((key) => key !== visitor));
      await isSignedOut('Your session has ended. The API key you signed in with is not known any more.');
    });

    it('closes a list of rockets, for which nothing is asked', async () => {
      await enter(crew, '#/');
      await page.getByRole('heading', { name: 'Your rockets' }).waitFor();
      keepKeys(changed(crew, { revokedAt: '2026-10-01T00:00:00Z' }));
      await isSignedOut('The API key pad-crew was revoked');
    });

    it('by signing out elsewhere closes the page without blaming a key', async () => {
      await enter(operator, '#/');
      await dashboard.isLive();
      await page.context().clearCookies();
      await isSignedOut(/^Your session has ended\.$/);
    });

    it('by signing in elsewhere opens it again', async () => {
      await page.request.post(`${dashboard.service.url}/session`, { data: { key: operator.text } });
      await page.locator('.who', { hasText: 'control-room' }).waitFor();
      await dashboard.isLive();
      expect(await page.locator('.ending').count()).toBe(0);
    });

    it('with the service that began it leads back too, once the service answers again', async () => {
      const { port } = dashboard.service;
      await dashboard.service.end('SIGKILL');
      await page.locator('.freshness[data-state="lost"]').waitFor();
      dashboard.service = await startProcess({
        AUTH: 'keys',
        API_KEYS: keysOf(everybody),
        LOG_LEVEL: 'error',
        PORT: String(port),
      });
      await page.locator('.ending', { hasText: 'sign in again' }).waitFor();
    });
  });

  it('reads well in the dark and on a phone', async () => {
    // What was refused before may be logged a moment later.
    await page.goto('about:blank');
    await page.context().clearCookies();
    dashboard.wrong.length = 0;
    await arrive('#/');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    const looksRight = async (): Promise<void> => {
      expect(await dashboard.violations()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    };
    await field().waitFor();
    await looksRight();
    for (const key of [operator, crew, sender]) {
      await field().fill(key.text);
      await field().press('Enter');
      await page.locator('.footer', { hasText: `Signed in as ${key.record.name} until` }).waitFor();
      await looksRight();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await field().waitFor();
    }
  });
};

describeInBrowser('signing in on the dashboard', browserTests);

describeInBrowser('the dashboard of a service that asks nobody who he is', () => {
  it('looks as ever and asks once whether it does', async () => {
    const chromium = await launchChromium();
    const free = await Dashboard.open(chromium, await startProcess({ LOG_LEVEL: 'error' }));
    const paths: string[] = [];
    free.page.on('request', (request) => paths.push(new URL(request.url()).pathname));
    await free.launched('pad-1');
    await free.goTo('#/');
    await free.row('pad-1').waitFor();
    await free.page.waitForTimeout(4_500);
    expect(paths.filter((path) => path === '/session')).toHaveLength(1);
    expect(paths.filter((path) => path === '/health').length).toBeGreaterThan(2);
    expect(await free.page.locator('.signed-in').count()).toBe(0);
    expect(await free.page.locator('.footer').innerText()).not.toContain('Signed in');
    await chromium.close();
    expect(await free.service.end()).toBe(0);
    expect(free.wrong).toEqual([]);
  });
});
