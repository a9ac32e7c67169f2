import type { Browser, Locator, Page } from 'playwright-core';
import { keysOf, testKey } from '../support/api-keys.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { Dashboard } from '../support/dashboard.js';
import { startProcess } from '../support/real-process.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

jest.setTimeout(120_000);

let browser: Browser;
let dashboard: Dashboard;
let page: Page;
let receiver: WebhookReceiver;

const browserTests = (): void => {
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    browser = await launchChromium();
    const env = { WEBHOOK_ALLOW: '127.0.0.0/8', LOG_LEVEL: 'error' };
    dashboard = await Dashboard.open(browser, await startProcess(env));
    ({ page } = dashboard);
  });

  afterAll(async () => {
    await browser.close();
    expect(await dashboard.service.end()).toBe(0);
    await receiver.close();
  });

  afterEach(() => {
    expect(dashboard.wrong.splice(0)).toEqual([]);
    dashboard.outage = false;
  });

  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const dialog = (): Locator => page.getByRole('dialog');
  const field = (name: string): Locator => dialog().getByLabel(name, { exact: true });
  const saidAt = (name: string): Locator =>
    dialog()
      .locator('.field', { has: page.getByLabel(name, { exact: true }) })
      .locator('.said');
  const figure = (name: string): Locator => page.locator(`.figures [data-name="${name}"] dd`);
  const shows = (name: string, value: string): Promise<void> =>
    figure(name).getByText(value, { exact: true }).waitFor();
  const said = (text: string | RegExp): Promise<void> =>
    page.locator('.act-said', { hasText: text }).waitFor();
  const row = (): Locator => page.locator('.subscriptions-log .rows .row', { hasText: 'billing' });
  const parked = (): Locator => page.locator('.parked-log .rows .row');
  const isFocused = (where: Locator): Promise<boolean> => where.evaluate((it) => it.matches(':focus'));
  const looksRight = async (): Promise<void> => {
    expect(await dashboard.violations()).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  };
  const takes = (...ids: readonly string[]): Promise<void> =>
    until(() => ids.every((id) => receiver.taken.some((event) => event.id === id)));
  const one = '#/subscriptions/billing';

  describe('making one', () => {
    it('is offered where there is none', async () => {
      await dashboard.goTo('');
      await page.getByRole('link', { name: 'Subscriptions', exact: true }).click();
      await page.getByText('No other system is told what happens to rockets.').waitFor();
      expect(await page.title()).toBe('Subscriptions · Rockets');
      await dashboard.found(/^0 subscriptions$/);
      await looksRight();
    });

    it('says what is wrong where it was typed, and keeps what was typed', async () => {
      dashboard.outage = true;
      await button('New subscription …').press('Enter');
      expect(await isFocused(field('Name'))).toBe(true);
      await page.keyboard.type('my billing');
      await field('Rockets').fill('pad-1\nnot a channel');
      await field('Most events together').fill('5');
      await page.keyboard.press('Enter');
      await dialog().getByText('name must be 1 to 64 characters').waitFor();
      await dialog().getByText('sink.url must be a URL').waitFor();
      await dialog().getByText('sink.batch.ms is missing.').waitFor();
      expect(await dialog().locator('[aria-invalid="true"]').count()).toBe(3);
      await until(() => isFocused(field('Name')));
      expect(await field('Rockets').inputValue()).toBe('pad-1\nnot a channel');
      await looksRight();
    });

    it('refuses what is inside, and a topic where there is no Kafka', async () => {
      dashboard.outage = true;
      await field('Name').fill('billing');
      await field('Most events together').fill('');
      await field('Rockets').fill('');
      await field('URL').fill('http://10.0.0.1/hook');
      await button('Make it').click();
      await saidAt('URL').getByText('no address of the public internet').waitFor();
      expect(await dialog().locator('[aria-invalid="true"]').count()).toBe(1);
      await button('Kafka topic').click();
      await field('Topic').fill('facts');
      await button('Make it').click();
      await saidAt('Topic').getByText('Kafka is not configured here').waitFor();
      await page.keyboard.press('Escape');
      await dialog().waitFor({ state: 'detached' });
      expect(await isFocused(button('New subscription …'))).toBe(true);
    });

    it('shows the secret once, and leads to the subscription', async () => {
      await button('New subscription …').click();
      await field('Name').fill('billing');
      await field('URL').fill(receiver.url);
      await field('Begins with').selectOption('start');
      await button('Make it').click();
      const secret = await dialog().locator('.secret code').innerText();
      expect(secret).toMatch(/^whsec_/);
      receiver.secret = secret;
      await page.keyboard.press('Escape');
      await looksRight();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await button('Copy the secret').click();
      await button('Copied the secret').waitFor();
      await until(async () => (await page.evaluate('navigator.clipboard.readText()')) === secret);
      await button('I have it').click();
      await page.getByRole('heading', { name: 'billing' }).waitFor();
      expect(page.url()).toMatch(/#\/subscriptions\/billing$/);
      expect(await page.content()).not.toContain(secret);
      await page.getByText('subscriptions end with it when the service stops').waitFor();
    });

    it('twice under one name is refused at the name', async () => {
      dashboard.outage = true;
      await dashboard.goTo('#/subscriptions');
      await row().waitFor();
      await page.getByText('subscriptions end with it when the service stops').waitFor();
      await button('New subscription …').click();
      await field('Name').fill('billing');
      await field('URL').fill(receiver.url);
      await button('Make it').click();
      await saidAt('Name').getByText('There is a subscription billing').waitFor();
      await button('Cancel').click();
    });
  });

  describe('one of them', () => {
    it('shows what is delivered as it is delivered', async () => {
      await row().getByRole('link', { name: 'billing' }).click();
      await dashboard.launched('pad-1');
      await dashboard.faster('pad-1', 2, 5);
      await takes('pad-1/1', 'pad-1/2');
      await shows('Delivered', '2');
      await shows('Behind by', '0 events');
      expect(receiver.unsigned).toEqual([]);
      await looksRight();
    });

    it('draws its lag while it stands still, and after it goes on', async () => {
      await button('Pause').click();
      await said('Paused: it stands still');
      await page.locator('.title', { hasText: 'Paused' }).waitFor();
      for (const number of [3, 4, 5]) await dashboard.faster('pad-1', number, 1);
      await shows('Behind by', '3 events');
      const lag = page.locator('.strip[data-name="Events behind"]');
      await lag.getByText('3', { exact: true }).waitFor();
      await lag.locator('canvas').waitFor();
      await button('Resume').click();
      await shows('Behind by', '0 events');
      await lag.getByText('now, most 3').waitFor();
      await lag.getByText('0', { exact: true }).waitFor();
      await takes('pad-1/5');
      // Whoever comes back finds what was seen before.
      await page.getByRole('link', { name: 'Fleet', exact: true }).click();
      await page.goBack();
      await lag.getByText('now, most 3').waitFor();
    });

    it('sends a test event, and says what the receiver answered', async () => {
      await button('Send a test event').click();
      await said('The receiver took the test event.');
      receiver.fateOf = () => 503;
      await button('Send a test event').click();
      await said(/The test event did not get through: .*503/);
      await looksRight();
      receiver.fateOf = () => 'yes';
    });

    it('shows what is parked of one rocket, tries it again and drops it, while others go on', async () => {
      receiver.fateOf = (events) => (events.some(({ subject }) => subject === 'pad-2') ? 422 : 'yes');
      await dashboard.launched('pad-2');
      await dashboard.launched('pad-3');
      await takes('pad-3/1');
      await parked().filter({ hasText: 'pad-2' }).filter({ hasText: '422' }).waitFor();
      await shows('Parked', '1');
      await looksRight();
      await dashboard.goTo('#/subscriptions');
      await row().getByText('1 rocket', { exact: true }).waitFor();
      await row().getByRole('link').click();
      receiver.fateOf = () => 'yes';
      await button('Retry pad-2').click();
      await said('1 rocket is tried again.');
      await takes('pad-2/1');
      await page.getByText('None: no rocket is refused while others are taken.').waitFor();

      receiver.fateOf = (events) => (events.some(({ subject }) => subject === 'pad-3') ? 422 : 'yes');
      await dashboard.faster('pad-3', 2, 1);
      await dashboard.launched('pad-4');
      await button('Drop pad-3 …').click();
      expect(await isFocused(button('Cancel'))).toBe(true);
      await looksRight();
      dashboard.outage = true;
      await field('Up to number').fill('many');
      await button('Drop').click();
      await dialog().getByText('upTo must be an integer').waitFor();
      await field('Up to number').fill('');
      await button('Drop').click();
      await page.getByText('Dropped 2 of pad-3.').waitFor();
      await shows('Parked', '0');
      receiver.fateOf = () => 'yes';
      await dashboard.faster('pad-3', 3, 1);
      await takes('pad-3/3');
      expect(receiver.firsts().has('pad-3/2')).toBe(false);
    });

    it('changes which events it wants, and nothing that somebody else changes meanwhile', async () => {
      await button('Change …').click();
      await fetch(`${dashboard.service.url}/subscriptions/billing`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ channels: ['pad-5'] }),
      });
      await page.locator('.facts').getByText('Every event of pad-5').waitFor();
      expect(await button('Change it').isDisabled()).toBe(true);
      await field('Exploded').check();
      await looksRight();
      await button('Change it').click();
      await page.locator('.facts').getByText('Exploded of pad-5').waitFor();
      await dashboard.launched('pad-5');
      await dashboard.send('pad-5', 2, 'RocketExploded', { reason: 'PRESSURE' });
      await takes('pad-5/2');
      expect(receiver.firsts().has('pad-5/1')).toBe(false);
    });

    it('replays after saying that the receiver hears things again', async () => {
      const { repeats } = receiver;
      await button('Change …').click();
      await field('Exploded').uncheck();
      await field('Rockets').fill('');
      await button('Change it').click();
      await page.locator('.facts').getByText('Every event of every rocket').waitFor();
      await button('Replay …').click();
      await dialog().getByText('The receiver hears the whole history again').waitFor();
      expect(await isFocused(button('Cancel'))).toBe(true);
      await field('Goes on with').selectOption('position');
      await field('Position').fill('elsewhere-1');
      dashboard.outage = true;
      await button('Replay').click();
      await saidAt('Position').waitFor();
      await looksRight();
      await field('Goes on with').selectOption('start');
      await button('Replay').click();
      await takes('pad-5/1', 'pad-3/2');
      expect(receiver.repeats).toBeGreaterThan(repeats);
    });

    it('signs with another secret that is shown once', async () => {
      const before = receiver.secret;
      await button('New secret …').click();
      await button('Change the secret').click();
      const secret = await dialog().locator('.secret code').innerText();
      expect(secret).not.toBe(before);
      await button('I have it').click();
      await dialog().waitFor({ state: 'detached' });
      expect(await isFocused(button('New secret …'))).toBe(true);
      // The one before it is in force for a day.
      await dashboard.faster('pad-1', 6, 1);
      await takes('pad-1/6');
      receiver.secret = secret;
      await dashboard.faster('pad-1', 7, 1);
      await takes('pad-1/7');
      expect(receiver.unsigned).toEqual([]);
    });

    it('says that its receiver takes nothing, and goes on by itself', async () => {
      await receiver.goAway();
      await dashboard.faster('pad-1', 8, 1);
      await page.locator('.title', { hasText: 'Failing' }).waitFor();
      await page.getByText(/^the receiver, which is tried again at \d\d:\d\d:\d\d UTC$/).waitFor();
      await looksRight();
      await receiver.comeBack();
      await takes('pad-1/8');
      await page.locator('.title', { hasText: 'Running' }).waitFor();
    });

    it('says why nobody but itself paused it, and goes on when it is resumed', async () => {
      receiver.fateOf = () => 410;
      await dashboard.faster('pad-1', 9, 1);
      await page.locator('.title', { hasText: 'Paused' }).waitFor();
      await page.getByText(/^an operator: .*410/).waitFor();
      receiver.fateOf = () => 'yes';
      await button('Resume').click();
      await takes('pad-1/9');
    });

    it('never looks current when the service does not answer', async () => {
      await shows('Behind by', '0 events');
      dashboard.outage = true;
      dashboard.service.child.kill('SIGSTOP');
      await page.locator('.freshness', { hasText: 'not connected since' }).waitFor();
      await page.getByRole('alert').getByText('What stands below is from').waitFor();
      // The curve ends where it was heard last; what is old says how old.
      await page
        .locator('.strip-when', { hasText: /^at \d\d:\d\d:\d\d, most/ })
        .first()
        .waitFor({ timeout: 20_000 });
      await button('Send a test event').click();
      await button('Remove …').click();
      dashboard.service.child.kill('SIGCONT');
      await dashboard.isLive();
      await page
        .locator('.strip-when', { hasText: /^now, most/ })
        .first()
        .waitFor();
      await page.keyboard.press('Escape');
      await said('The receiver took the test event.');
    });
  });

  it('reads well in the dark and on a phone', async () => {
    receiver.fateOf = (events) => (events.some(({ subject }) => subject === 'pad-6') ? 422 : 'yes');
    await dashboard.launched('pad-6');
    await dashboard.launched('pad-7');
    await parked().waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await looksRight();
    const live = (await page.locator('.freshness').boundingBox())!;
    expect(
      await page
        .locator('.freshness span')
        .last()
        .evaluate((it) => it.scrollWidth <= it.clientWidth),
    ).toBe(true);
    expect(live.x + live.width).toBeLessThan(390);
    for (const name of ['Change …', 'Replay …', 'New secret …', 'Remove …', 'Drop pad-6 …']) {
      await button(name).click();
      await looksRight();
      await button('Cancel').click();
    }
    await dashboard.goTo('#/subscriptions');
    await row().waitFor();
    await looksRight();
    await button('New subscription …').click();
    await looksRight();
    await button('Cancel').click();
    await page.emulateMedia({ colorScheme: 'light' });
    await looksRight();
    await page.setViewportSize({ width: 1360, height: 850 });
  });

  it('is removed by whoever types its name, and by nobody else', async () => {
    await dashboard.goTo(one);
    await button('Remove …').click();
    expect(await isFocused(button('Cancel'))).toBe(true);
    expect(await button('Remove it for ever').isDisabled()).toBe(true);
    await field('Type billing to say that you mean it').fill('billin');
    expect(await button('Remove it for ever').isDisabled()).toBe(true);
    await page.keyboard.type('g');
    dashboard.outage = true;
    await page.keyboard.press('Enter');
    await dashboard.found(/^0 subscriptions$/);
    expect(await dashboard.get('/subscriptions')).toEqual([]);
    await dashboard.goTo(one);
    await page.getByText('There is no subscription billing.').waitFor();
  });
};

describeInBrowser('the subscriptions on the dashboard', browserTests);

describeInBrowser('the subscriptions of a service that asks for keys', () => {
  it('are for those who may operate all rockets, whatever else they may', async () => {
    const mechanic = testKey('mechanic', { scopes: ['operate'] });
    const visitor = testKey('visitor', { scopes: ['read'] });
    const crew = testKey('pad-crew', { scopes: ['read', 'operate'], channels: ['pad-1'] });
    const chromium = await launchChromium();
    const env = { AUTH: 'keys', API_KEYS: keysOf([mechanic, visitor, crew]), LOG_LEVEL: 'error' };
    const closed = await Dashboard.open(chromium, await startProcess(env));
    const asked: string[] = [];
    closed.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const link = closed.page.getByRole('link', { name: 'Subscriptions' });
    const enter = async (key: string, hash: string): Promise<void> => {
      await closed.page.goto('about:blank');
      await closed.page.context().clearCookies();
      asked.length = 0;
      await closed.page.goto(`${closed.service.url}/${hash}`);
      await closed.page.getByLabel('API key').fill(key);
      await closed.page.keyboard.press('Enter');
    };
    for (const { text } of [visitor, crew]) {
      await enter(text, '#/subscriptions');
      await closed.page.getByRole('heading', { name: 'Not with this key' }).waitFor();
      await closed.isLive();
      expect(await link.count()).toBe(0);
      expect(await closed.violations()).toEqual([]);
      expect(asked.filter((path) => path.startsWith('/subscriptions'))).toEqual([]);
    }
    await enter(mechanic.text, '#/');
    await closed.page.getByRole('heading', { name: 'Nothing to see with this key' }).waitFor();
    await link.click();
    await closed.found(/^0 subscriptions$/);
    await closed.isLive();
    expect(await closed.violations()).toEqual([]);
    expect(asked.filter((path) => /^\/(rockets|events|fleet)/.test(path))).toEqual([]);
    await chromium.close();
    expect(await closed.service.end()).toBe(0);
    expect(closed.wrong).toEqual([]);
  });
});

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const end = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`never so: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
