import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { type RealProcess, startProcess } from '../support/real-process.js';

jest.setTimeout(60_000);

let service: RealProcess;
let browser: Browser;
let page: Page;
/** Complaints of the browser, refusals of the Content-Security-Policy among them, and requests to other hosts. */
const wrong: string[] = [];

const browserTests = (): void => {
  beforeAll(async () => {
    service = await startProcess({ LOG_LEVEL: 'error' });
    browser = await launchChromium();
    page = await browser.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(error.stack ?? error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${service.url}/`) && !url.startsWith('data:')) wrong.push(`a request to ${url}`);
    });
  });

  afterAll(async () => {
    await browser.close();
    await service.end();
  });

  afterEach(() => {
    expect(wrong.splice(0)).toEqual([]);
  });

  it('shows every route at /docs, where /swagger leads', async () => {
    await page.goto(`${service.url}/swagger`);
    await page.locator('#operations-Messages-sendMessages').waitFor();
    const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      paths: Readonly<Record<string, object>>;
    };
    const operations = Object.values(paths).flatMap((path) => Object.keys(path));
    expect(page.url()).toBe(`${service.url}/docs`);
    expect(await page.locator('.opblock').count()).toBe(operations.length);
  });

  it('sends a message from the page and shows the answer', async () => {
    const operation = page.locator('#operations-Messages-sendMessages');
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    await operation.locator('.live-responses-table .response-col_status', { hasText: '202' }).waitFor();
    await operation.locator('.live-responses-table', { hasText: '"outcome": "applied"' }).waitFor();
  });

  it.each(['Rockets-listRockets', 'Events-readFeed', 'Rockets-getRocket', 'Rockets-getHistory'])(
    'fills in at %s what gets an answer',
    async (id) => {
      const operation = page.locator(`#operations-${id}`);
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Try it out' }).click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      const status = operation.locator('.live-responses-table .response-col_status').last();
      expect(await status.textContent()).toMatch(/^200/);
    },
  );

  it('wears the clothes of the dashboard, light and dark, and leads back to it', async () => {
    const paper = 'getComputedStyle(document.body).backgroundColor';
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html.dark-mode[data-theme="dark"]').waitFor();
    expect(await page.evaluate(paper)).toBe('rgb(13, 16, 19)');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html[data-theme="light"]:not(.dark-mode)').waitFor();
    expect(await page.evaluate(paper)).toBe('rgb(242, 239, 232)');
    await page.getByRole('navigation').getByRole('link', { name: 'Fleet' }).click();
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'API', exact: true }).click();
    await page.locator('.swagger-ui .info').waitFor();
  });

  it('explains a problem where its type leads', async () => {
    await page.goto(`${service.url}/problems/overloaded`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Too much is waiting');
    expect(await page.locator('code').allTextContents()).toContain('Retry-After');
    await page.evaluate(axe.source);
    expect(((await page.evaluate('axe.run()')) as axe.AxeResults).violations).toEqual([]);
  });
};

describeInBrowser('the API documentation in a browser', browserTests);
