import axe from 'axe-core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import type { RealProcess } from './real-process.js';

const cli = join(__dirname, '../../dist/cli/rockets.js');

/** A page of the dashboard in a real browser, before a real service. */
export class Dashboard {
  /** While the service is killed on purpose the browser logs failed requests; at any other time nothing may go wrong. */
  outage = false;
  /** Complaints of the browser, refusals of the Content-Security-Policy among them, and requests to other hosts. */
  readonly wrong: string[] = [];

  private constructor(
    readonly page: Page,
    public service: RealProcess,
    /** What the test itself shows to the service; the page knows nothing of it. */
    private readonly headers: Readonly<Record<string, string>>,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' && !this.outage) this.wrong.push(message.text());
    });
    page.on('pageerror', (error) => this.wrong.push(error.stack ?? error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.service.url}/`) && !url.startsWith('blob:'))
        this.wrong.push(`a request to ${url}`);
    });
  }

  static async open(browser: Browser, service: RealProcess, headers = {}): Promise<Dashboard> {
    const page = await browser.newPage({
      viewport: { width: 1360, height: 850 },
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    page.setDefaultTimeout(15_000);
    return new Dashboard(page, service, headers);
  }

  async goTo(hash: string): Promise<void> {
    await this.page.goto(`${this.service.url}/${hash}`);
    await this.isLive();
  }

  isLive(): Promise<void> {
    return this.page.locator('.freshness[data-state="live"]').waitFor();
  }

  row(text: string): Locator {
    return this.page.locator('.fleet .rows .row', { hasText: text });
  }

  column(name: string): Promise<string[]> {
    return this.page.locator(`.fleet .rows .cell-${name}`).allInnerTexts();
  }

  figure(name: string): Locator {
    return this.page.locator(`.figure-${name} dd`);
  }

  counter(name: string): Locator {
    return this.page.locator(`.counter[data-name="${name}"] .big`);
  }

  found(text: string | RegExp): Promise<void> {
    return this.page.locator('.found', { hasText: text }).first().waitFor();
  }

  showing(text: string): Locator {
    return this.page.getByText(text, { exact: true }).first();
  }

  async violations(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const results = (await this.page.evaluate('axe.run()')) as axe.AxeResults;
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  }

  async launchRockets(...options: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [cli, 'launch', `${this.service.url}/messages`, ...options], {
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  }

  async send(channel: string, number: number, messageType: string, message: object): Promise<void> {
    const answer = await fetch(`${this.service.url}/messages`, {
      method: 'POST',
      headers: { ...this.headers, accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(said(channel, number, messageType, message)),
    });
    expect(answer.status).toBe(202);
  }

  launched(channel: string, launchSpeed = 500): Promise<void> {
    return this.send(channel, 1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed, mission: 'ARTEMIS' });
  }

  faster(channel: string, number: number, by: number): Promise<void> {
    return this.send(channel, number, 'RocketSpeedIncreased', { by });
  }

  /** Many rockets at once, each with its launch. */
  async fleetOf(count: number, name = 'fleet'): Promise<void> {
    const lines = Array.from({ length: count }, (_none, index) =>
      JSON.stringify(
        said(`${name}-${String(index).padStart(6, '0')}`, 1, 'RocketLaunched', {
          type: 'Atlas',
          launchSpeed: index,
          mission: 'MANY',
        }),
      ),
    );
    const answer = await fetch(`${this.service.url}/messages`, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect(await answer.json()).toMatchObject({ applied: count });
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(this.service.url + path, { headers: this.headers })).json();
  }
}

const said = (channel: string, messageNumber: number, messageType: string, message: object) => ({
  metadata: { channel, messageNumber, messageTime: '2026-10-01T17:39:42.8989223+02:00', messageType },
  message,
});
