import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { Dashboard } from '../support/dashboard.js';
import { startProcess } from '../support/real-process.js';

jest.setTimeout(120_000);

let browser: Browser;
let dashboard: Dashboard;
let page: Page;

const browserTests = (): void => {
  beforeAll(async () => {
    browser = await launchChromium();
    dashboard = await Dashboard.open(browser, await startProcess({ LOG_LEVEL: 'error' }));
    ({ page } = dashboard);
  });

  afterAll(async () => {
    await browser.close();
    expect(await dashboard.service.end()).toBe(0);
  });

  afterEach(() => {
    expect(dashboard.wrong.splice(0)).toEqual([]);
  });

  describe('the fleet', () => {
    it('tells an empty service how to launch rockets', async () => {
      await dashboard.goTo('');
      await dashboard.showing(`npx rockets launch ${dashboard.service.url}/messages`).waitFor();
      expect(await dashboard.violations()).toEqual([]);
    });

    it('shows rockets of the simulator as they appear, and no trouble after a launch that ended well', async () => {
      await dashboard.launchRockets('--max-messages=2000', '--shuffle=100', '--duplicates=0.2');
      await dashboard.found(/^20 rockets$/);
      expect(await page.locator('.fleet .rows .row').count()).toBeGreaterThan(10);
      await dashboard.counter('Events recorded').getByText('2,000').waitFor();
      await dashboard.counter('Waiting now').getByText('0', { exact: true }).waitFor();
      const trouble = page.locator('.counter[data-tone], .panel:not(.calm), .fleet .signal');
      await trouble.first().waitFor({ state: 'detached' });
      expect(await dashboard.violations()).toEqual([]);
    });

    it('explains what became of every message one click further', async () => {
      await page.getByRole('link', { name: 'how messages arrived' }).click();
      const duplicates = page.locator('.arrivals tr', { hasText: 'Duplicates' });
      await duplicates.getByText('Heard before, word for word.').waitFor();
      expect(Number((await duplicates.locator('td').nth(3).innerText()).replace(',', ''))).toBeGreaterThan(
        100,
      );
      expect(await page.locator('.arrivals [data-tone]').count()).toBe(0);
      expect(await dashboard.violations()).toEqual([]);
    });

    it('shows a rocket change without reloading', async () => {
      await dashboard.goTo('');
      await dashboard.launched('pad-1');
      await dashboard.row('pad-1').locator('.cell-speed', { hasText: /^500$/ }).waitFor();
      await dashboard.faster('pad-1', 2, 734);
      await dashboard
        .row('pad-1')
        .locator('.cell-speed', { hasText: /^1,234$/ })
        .waitFor();
    });

    it('sorts by a column, both ways', async () => {
      await page.getByRole('button', { name: 'Speed', exact: true }).click();
      await page.locator('.head .cell-speed[aria-sort="descending"]').waitFor();
      const [fastest] = (await dashboard.get('/rockets?sort=-speed&limit=1')) as { channel: string }[];
      await page.locator('.rows .row[aria-rowindex="2"]', { hasText: fastest?.channel ?? '' }).waitFor();
      const speeds = (await dashboard.column('speed')).map((text) => Number(text.replaceAll(',', '')));
      expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
      await page.getByRole('button', { name: 'Speed', exact: true }).press('Enter');
      await page.locator('.head .cell-speed[aria-sort="ascending"]').waitFor();
      expect(page.url()).toContain('sort=speed');
    });

    it('searches from the keyboard', async () => {
      await page.keyboard.press('/');
      await page.keyboard.type('pad-1');
      await dashboard.found(/^1 of 21 rockets$/);
      expect(await dashboard.column('channel')).toEqual(['pad-1']);
      await page.reload();
      await dashboard.found(/^1 of 21 rockets$/);
    });

    it('filters by status', async () => {
      await dashboard.launched('gone-1');
      await dashboard.send('gone-1', 2, 'RocketExploded', { reason: 'PRESSURE' });
      await dashboard.goTo('');
      await page.getByRole('group', { name: 'Status' }).getByRole('button', { name: 'Exploded' }).click();
      await dashboard.found(/^1 of 22 rockets$/);
      expect(await dashboard.column('status')).toEqual(['Exploded']);
    });

    it('has the history of the fleet there at once after a reload', async () => {
      await dashboard.goTo('');
      const events = page.locator('.strip[data-name="Events a second"]');
      await events.getByText(/most [1-9]/).waitFor();
      await page.reload();
      await events.getByText(/most [1-9]/).waitFor();
      await events.locator('canvas').waitFor();
      await page.getByRole('group', { name: 'Span of time' }).getByRole('button', { name: 'Hour' }).click();
      await page.getByText('The last hour').waitFor();
      expect(page.url()).toContain('span=hour');
      expect(await page.locator('.strip canvas').count()).toBe(3);
    });

    it('holds the table still, and says so', async () => {
      await dashboard.goTo('#/?search=pad-1');
      await dashboard.row('pad-1').waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await dashboard.found('held still');
      await dashboard.faster('pad-1', 3, 1);
      await dashboard.counter('Events recorded').getByText('2,005').waitFor();
      expect(await dashboard.column('speed')).toEqual(['1,234']);
      await page.getByRole('button', { name: 'Paused' }).click();
      await dashboard.row('pad-1').getByText('1,235').waitFor();
    });
  });

  describe('a rocket', () => {
    it('opens and moves through its past', async () => {
      await dashboard.goTo('#/?search=pad-1');
      const followed = page.waitForRequest(/\/events\?after=latest&channel=pad-1$/);
      await dashboard.row('pad-1').getByRole('link').click();
      await followed;
      await dashboard.figure('speed').getByText('1,235').waitFor();
      await page
        .getByRole('group', { name: 'Horizontal axis' })
        .getByRole('button', { name: 'By version' })
        .click();
      await page.getByRole('slider').fill('1');
      await dashboard.figure('speed').getByText('500').waitFor();
      expect(page.url()).toContain('version=1');
      expect(await dashboard.violations()).toEqual([]);
      await page.getByRole('button', { name: 'Latest' }).click();
      await dashboard.figure('speed').getByText('1,235').waitFor();
    });

    it('says the day of a report that is not of today, and the millisecond where seconds are equal', async () => {
      await page
        .locator('.history-log .when', { hasText: /^2026-10-01 15:39:42\.898$/ })
        .first()
        .waitFor();
    });

    it('draws what it reports while it is watched', async () => {
      await dashboard.faster('pad-1', 4, 1);
      await dashboard.figure('speed').getByText('1,236').waitFor();
      await page.locator('.history-log .row', { hasText: 'Speed up' }).nth(2).waitFor();
      await page.locator('.chart canvas').waitFor();
    });

    it('shows a refused message with its rule', async () => {
      await dashboard.send('pad-1', 5, 'RocketSpeedDecreased', { by: 9999 });
      await page.locator('.history-log .row', { hasText: 'speed-below-zero' }).waitFor();
    });

    const channelOfLongHistory = async (): Promise<string> => {
      const rockets = (await dashboard.get('/rockets')) as { channel: string; version: number }[];
      return rockets.reduce((a, b) => (b.version > a.version ? b : a)).channel;
    };

    /** Where the middle of the handle stands, and where the chart has the point it stands for. */
    const places = async () => {
      const box = (await page.getByRole('slider').boundingBox())!;
      const plot = (await page.locator('.chart .u-over').boundingBox())!;
      const [share, least, most] = (await page.getByRole('slider').evaluate((slider) => {
        const { valueAsNumber, min, max } = slider as unknown as Record<string, number>;
        return [
          (Number(valueAsNumber) - Number(min)) / (Number(max) - Number(min)),
          Number(min),
          Number(max),
        ];
      })) as [number, number, number];
      return {
        handle: box.x + 7 + share * (box.width - 14),
        point: plot.x + share * plot.width,
        least,
        most,
      };
    };

    it.each(['time', 'version'])('has its slider on the axis of its chart, by %s', async (axis) => {
      const channel = await channelOfLongHistory();
      await dashboard.goTo(`#/rockets/${channel}?by=${axis}&version=20`);
      await page.locator('.readout output', { hasText: /^Version 20 of / }).waitFor();
      const { handle, point } = await places();
      expect(Math.abs(handle - point)).toBeLessThan(1.5);
      await page.getByRole('slider').press('ArrowRight');
      await page.locator('.readout output', { hasText: /^Version 21 of / }).waitFor();
      await page.getByRole('slider').press('Home');
      await page.locator('.readout output', { hasText: /^Version 1 of / }).waitFor();
    });

    it('shows the event under the slider in the history, and names the mission there', async () => {
      await dashboard.goTo(`#/rockets/${await channelOfLongHistory()}?by=version&version=3`);
      const chosen = page.locator('.history-log .row.chosen');
      await chosen.getByRole('button', { name: 'Show the state as of 3' }).waitFor();
      const box = (await page.locator('.history-box').boundingBox())!;
      const row = (await chosen.boundingBox())!;
      expect(row.y).toBeGreaterThanOrEqual(box.y);
      expect(row.y + row.height).toBeLessThanOrEqual(box.y + box.height + 1);
      const mission = await page.locator('.readout-mission b').innerText();
      await dashboard.figure('mission').getByText(mission).waitFor();
      expect(await dashboard.violations()).toEqual([]);
    });

    it('shows values under the pointer, and says how to come back from a part of the chart', async () => {
      const plot = (await page.locator('.chart .u-over').boundingBox())!;
      const middle = plot.y + plot.height / 2;
      await page.mouse.move(plot.x + plot.width / 2, middle);
      await page
        .locator('.tooltip', { hasText: /at version \d+/ })
        .getByText(/^mission /)
        .waitFor();
      const all = await places();
      await page.mouse.move(plot.x + plot.width * 0.3, middle);
      await page.mouse.down();
      await page.mouse.move(plot.x + plot.width * 0.6, middle, { steps: 5 });
      await page.mouse.up();
      await page.getByRole('button', { name: /Show all/ }).waitFor();
      const part = await places();
      expect(part.most - part.least).toBeLessThan((all.most - all.least) / 2);
      expect(Math.abs(part.handle - part.point)).toBeLessThan(1.5);
      await page.getByRole('button', { name: /Show all/ }).click();
      await page.getByRole('button', { name: /Show all/ }).waitFor({ state: 'detached' });
    });

    it('keeps the axis and the filter in the address', async () => {
      await dashboard.goTo(`#/rockets/${await channelOfLongHistory()}?by=version`);
      await page.getByLabel('Type of event').selectOption('RocketLaunched');
      await dashboard.found(/^1 event$/);
      await page.reload();
      await dashboard.found(/^1 event$/);
      expect(await page.getByRole('button', { name: 'By version' }).getAttribute('aria-pressed')).toBe(
        'true',
      );
    });

    it('says when nothing was heard on a channel', async () => {
      dashboard.outage = true;
      await page.goto(`${dashboard.service.url}/#/rockets/nobody`);
      await page.getByText('Nothing has been heard on this channel.').waitFor();
      dashboard.outage = false;
    });
  });

  describe('gaps', () => {
    it('open and close', async () => {
      await dashboard.faster('pad-1', 7, 10);
      await dashboard.goTo('#/rockets/pad-1');
      await page.getByText('1 message missing, 1 waiting behind').waitFor();
      await page.locator('.panel-waiting', { hasText: 'Speed up: +10' }).waitFor();
      await dashboard.faster('pad-1', 6, 10);
      await page.getByText('Every number up to the highest heard has arrived.').waitFor();
      await dashboard.figure('speed').getByText('1,256').waitFor();
    });

    it('are skipped after asking, with the reason given', async () => {
      await dashboard.faster('pad-1', 10, 45);
      await dashboard.faster('pad-1', 12, 5);
      await page.getByRole('button', { name: 'Skip …' }).click();
      await page
        .getByText('Messages 8–9 will be recorded as skipped, and 1 message that waits becomes history.')
        .waitFor();
      await page.getByText('1 waits on, for 11.').waitFor();
      expect(await page.locator('.released li').allInnerTexts()).toEqual(['10 Speed up: +45']);
      expect(await dashboard.violations()).toEqual([]);
      // Enter gives the safe answer.
      await page.getByLabel('Why?').press('Enter');
      await page.getByText('2 messages missing, 1 waiting behind').waitFor();
      await page.getByRole('button', { name: 'Skip …' }).click();
      await page.getByLabel('Why?').fill('lost in the ionosphere');
      await page.getByRole('button', { name: 'Skip 8–9' }).click();
      await dashboard.figure('speed').getByText('1,301').waitFor();
      await page
        .locator('.history-log .row', {
          hasText: 'Messages 8–9, skipped by an operator: lost in the ionosphere',
        })
        .waitFor();
      expect(await dashboard.get('/rockets/pad-1/messages/9')).toMatchObject({
        event: { data: { from: 8, to: 9, by: { who: 'operator' }, why: 'lost in the ionosphere' } },
      });
    });

    it('let what comes after all be read as late', async () => {
      await dashboard.faster('pad-1', 8, 77);
      await page.locator('.panel-late', { hasText: 'Speed up: +77' }).waitFor();
      await page.locator('.figure-version dd', { hasText: /^10 of 12, 1 waiting, 1 late$/ }).waitFor();
    });

    it('are skipped several at once, and a change is never called a speed', async () => {
      await dashboard.faster('pad-4', 3, 30);
      await dashboard.faster('pad-4', 6, 4);
      await dashboard.faster('pad-4', 9, 100);
      await dashboard.goTo('#/rockets/pad-4');
      await page.locator('.gap-card', { hasText: '7–8' }).waitFor();
      await page.getByRole('button', { name: 'Skip up to here …' }).first().click();
      await page
        .getByText(
          'Messages 1–2, 4–5 will be recorded as skipped, and 2 messages that wait become history. 1 waits on, for 7–8.',
        )
        .waitFor();
      await page.getByText('Its speed, type and mission stay unknown until a launch is heard.').waitFor();
      await page.getByRole('button', { name: 'Skip 1–2, 4–5' }).click();
      await dashboard.figure('speed').getByText('Δ +34').waitFor();
      await page.locator('.gap-card:first-child', { hasText: '7–8' }).waitFor();
      expect(await dashboard.get('/rockets/pad-4/messages/5')).toMatchObject({
        event: { data: { from: 4, to: 5 } },
      });
      expect(await dashboard.violations()).toEqual([]);
    });

    it('are listed beside the fleet, and counted at its head', async () => {
      await dashboard.goTo('#/?only=gaps');
      await dashboard.found(/^2 of 23 rockets$/);
      await dashboard.counter('Waiting now').getByText('2', { exact: true }).waitFor();
      await dashboard.counter('Late').getByText('1', { exact: true }).waitFor();
      await page.locator('.panel-gap', { hasText: 'no. 7 is missing1 waits' }).waitFor();
      await page.locator('.panel-refused', { hasText: 'speed-below-zero' }).waitFor();
    });
  });

  describe('events', () => {
    it('are listed as they happen, newest first', async () => {
      await page.getByRole('link', { name: 'Events', exact: true }).click();
      await page.locator('.events-log .row').nth(20).waitFor();
      await dashboard.send('pad-1', 11, 'RocketMissionChanged', { newMission: 'VOSTOK' });
      await page.locator('.events-log .rows .row', { hasText: 'VOSTOK' }).waitFor();
      expect(await dashboard.violations()).toEqual([]);
    });

    it('stand still while they are paused', async () => {
      await page.getByRole('button', { name: 'Pause' }).click();
      await dashboard.faster('pad-1', 13, 4321);
      await page.waitForTimeout(1_500);
      expect(await page.locator('.events-log .row', { hasText: '+4,321' }).count()).toBe(0);
      await page.getByRole('button', { name: 'Paused' }).click();
      await page.locator('.events-log .row', { hasText: '+4,321' }).waitFor();
    });

    it('are found by the rule that was broken, by type and by channel', async () => {
      await page.getByLabel('Broken rule').selectOption('speed-below-zero');
      await dashboard.found(/^1 event$/);
      await page.locator('.events-log .row', { hasText: 'speed-below-zero' }).waitFor();
      await page.getByLabel('Broken rule').selectOption('');
      await page.getByLabel('Type of event').selectOption('RocketLaunched');
      await dashboard.found(/^22 events$/);
      await page.getByLabel('Channel').fill('pad-1');
      await page.getByLabel('Channel').press('Enter');
      await dashboard.found(/^1 event$/);
      await page.reload();
      await dashboard.found(/^1 event$/);
    });

    it('are shown in full, at an address of their own', async () => {
      await page.locator('.events-log .rows .row a').first().click();
      await page.locator('.event-panel pre', { hasText: '"launchSpeed": 500' }).waitFor();
      await page.locator('.facts', { hasText: '2026-10-01 15:39:42.898 UTC' }).waitFor();
      expect(await dashboard.violations()).toEqual([]);
      await page.goto('about:blank');
      await page.goBack();
      await page.locator('.event-panel pre', { hasText: '"launchSpeed": 500' }).waitFor();
      await page.getByRole('link', { name: 'Close' }).click();
      await page.locator('.event-panel').waitFor({ state: 'detached' });
    });

    const saved = async (button: string): Promise<string> => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: button }).click();
      return readFileSync(await (await download).path(), 'utf8');
    };

    it('are saved as files, all that the filters find', async () => {
      await dashboard.goTo('#/events?type=RocketSpeedIncreased');
      const lines = (await saved('NDJSON')).trim().split('\n');
      const events = lines.map((line) => JSON.parse(line) as { type: string; number: number });
      expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['RocketSpeedIncreased']));
      expect(events[0]).toMatchObject({ channel: 'pad-1', number: 13, data: { by: 4321 } });
      const table = (await saved('Save as CSV')).trim().split(/\r?\n/);
      expect(table).toHaveLength(lines.length + 1);
      expect(table[0]).toContain('channel');
      await page.getByText('Saved events.csv.').waitFor();
      await dashboard.goTo('#/events');
      const all = (await saved('NDJSON')).trim().split('\n');
      expect(all.length).toBe(((await dashboard.get('/fleet')) as { events: number }).events);
    });
  });

  describe('many rockets', () => {
    it('cost no more than the rows in sight', async () => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url().replace(dashboard.service.url, '')));
      await dashboard.fleetOf(20_000);
      await dashboard.goTo('');
      await dashboard.found(/^20,023 rockets$/);
      expect(await page.locator('.fleet .rows .row').count()).toBeLessThan(50);
      const lists = asked.filter((path) => path.startsWith('/rockets') || path.startsWith('/gaps'));
      expect(lists.filter((path) => !/[?&]limit=(5|50)(&|$)/.test(path))).toEqual([]);
      for (let turn = 0; turn < 10; turn += 1) {
        await page.mouse.wheel(0, 1_500);
        await page.waitForTimeout(100);
      }
      await page
        .locator('.fleet .rows .row', { hasText: /fleet-000[2-9]/ })
        .first()
        .waitFor();
      expect(await page.locator('.fleet .rows .row').count()).toBeLessThan(60);
      page.removeAllListeners('request');
    });

    it('are asked for at most once a second, and never twice at a time, while they report', async () => {
      await dashboard.goTo('');
      const times: number[] = [];
      const open = new Set<object>();
      let most = 0;
      page.on('request', (request) => {
        if (!request.url().endsWith('/fleet')) return;
        times.push(Date.now());
        open.add(request);
        most = Math.max(most, open.size);
      });
      page.on('requestfinished', (request) => open.delete(request));
      await dashboard.launchRockets('--max-messages=4000', '--rate=1000', '--seed=7', '--rockets=50');
      const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
      expect(times.length).toBeGreaterThan(2);
      expect(times.length).toBeLessThanOrEqual(seconds + 2);
      expect(most).toBe(1);
      page.removeAllListeners('request');
    });
  });

  describe('the page', () => {
    it('ends in an ellipsis what does not fit, with the whole in a tooltip', async () => {
      const newMission = 'A mission with a name that is longer than any column of any table'.repeat(2);
      await dashboard.launched('pad-5');
      await dashboard.send('pad-5', 2, 'RocketMissionChanged', { newMission });
      await dashboard.goTo('#/?search=pad-5');
      const cell = dashboard.row('pad-5').locator('.cell-mission');
      await cell.getByText(newMission).waitFor();
      expect(await cell.getAttribute('title')).toBe(newMission);
      const overflow = 'getComputedStyle(document.querySelector(".rows .cell-mission")).textOverflow';
      expect(await page.evaluate(overflow)).toBe('ellipsis');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    });

    it('reads well in the dark and on a phone, where the first rocket is on the first screen', async () => {
      await page.getByRole('button', { name: 'Switch to dark colours' }).click();
      await page.setViewportSize({ width: 390, height: 844 });
      const position = ((await dashboard.get('/events?limit=1')) as { position: string }[])[0]?.position;
      for (const hash of ['#/', '#/rockets/pad-1', '#/events', `#/events/${position}`, '#/arrivals']) {
        await dashboard.goTo(hash);
        await page.waitForTimeout(300);
        expect(await dashboard.violations()).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      }
      await dashboard.goTo('#/');
      const first = (await page.locator('.fleet .rows .row').first().boundingBox())!;
      expect(first.y + first.height).toBeLessThan(844);
      await page.setViewportSize({ width: 1360, height: 850 });
    });

    it('follows the colours of the system until somebody chooses', async () => {
      const theme = (name: string): Promise<void> => page.locator(`html[data-theme="${name}"]`).waitFor();
      await page.evaluate('localStorage.clear()');
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.reload();
      await theme('dark');
      await page.emulateMedia({ colorScheme: 'light' });
      await theme('light');
      await page.getByRole('button', { name: 'Switch to dark colours' }).click();
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.waitForTimeout(200);
      await theme('dark');
    });
  });
};

describeInBrowser('the dashboard in a browser', browserTests);
