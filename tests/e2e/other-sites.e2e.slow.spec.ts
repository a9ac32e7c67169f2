import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';

jest.setTimeout(60_000);

/** Of message 2 nothing was heard: there is a gap to skip. */
const reported = [1, 3].map((number) => messageText(number, 'a'));
const attack = messageText(1, 'forged');

interface Attack {
  readonly name: string;
  /** Run in the attacker's page, with the origin of the service in `service`; resolves when it was answered or refused. */
  readonly script: string;
  /** What it does where the page is let in: a proof that it reaches the service at all. */
  readonly forges: boolean;
}

const waitForFrame = `new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.name = 'answer';
  document.body.append(frame);
  frame.addEventListener('load', () => setTimeout(done, 200));
  form.target = 'answer';
  document.body.append(form);
  form.submit();
})`;

/** A form whose only field is so named that the body is JSON. */
const form = (path: string, json: string): string => `
  const form = document.createElement('form');
  Object.assign(form, { action: service + ${JSON.stringify(path)}, method: 'POST', enctype: 'text/plain' });
  const field = document.createElement('input');
  Object.assign(field, { name: ${JSON.stringify(`${json.slice(0, -1)},"x":"`)}, value: '"}' });
  form.append(field);
  await ${waitForFrame};`;

const asked = (path: string, init: object): string =>
  `await fetch(service + ${JSON.stringify(path)}, ${JSON.stringify(init)}).catch(() => undefined);`;

const plain = { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' } };
const skip = '{"upTo":2}';

const attacks: readonly Attack[] = [
  { name: 'a form that posts a message', script: form('/messages', attack), forges: true },
  { name: 'a form that skips a gap', script: form('/rockets/a/gaps/skip', skip), forges: false },
  { name: 'a message as plain text', script: asked('/messages', { ...plain, body: attack }), forges: true },
  {
    name: 'a skip as plain text',
    script: asked('/rockets/a/gaps/skip', { ...plain, body: skip }),
    forges: false,
  },
  {
    name: 'a skip without a body',
    script: asked('/rockets/a/gaps/skip?upTo=2', { method: 'POST', mode: 'no-cors' }),
    forges: false,
  },
  {
    name: 'a skip as JSON, for which the browser asks first',
    script: asked('/rockets/a/gaps/skip', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: skip,
    }),
    forges: true,
  },
  {
    name: 'a beacon',
    script: `navigator.sendBeacon(service + '/messages', ${JSON.stringify(attack)});
      await new Promise((done) => setTimeout(done, 500));`,
    forges: true,
  },
  {
    name: 'an image',
    script: `await new Promise((done) => {
      const image = new Image();
      image.onload = image.onerror = done;
      image.src = service + '/rockets/a/gaps/skip?upTo=2';
    });`,
    forges: false,
  },
];

let browser: Browser;
let page: Page;
let elsewhere: Server;
let service: RealProcess;

const sendPage = (req: IncomingMessage, res: ServerResponse): void => {
  res.setHeader('Content-Type', 'text/html');
  // Without a referrer the origin of what it sends is said to be `null`.
  if (req.url === '/hidden') res.setHeader('Referrer-Policy', 'no-referrer');
  res.end('<!doctype html><link rel="icon" href="data:,"><title>Win a prize</title><body></body>');
};

const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  service = await startProcess({ LOG_LEVEL: 'error', ...env });
  for (const body of reported) expect((await postMessage(service.url, body)).status).toBe(202);
};

const everything = async (): Promise<unknown> =>
  Promise.all(['/rockets', '/events', '/gaps'].map(async (path) => (await fetch(service.url + path)).json()));

const run = (script: string, origin: string): Promise<unknown> =>
  page.evaluate(`(async () => { const service = ${JSON.stringify(origin)}; ${script} })()`);

const browserTests = (): void => {
  beforeAll(async () => {
    elsewhere = createServer(sendPage);
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    browser = await launchChromium(
      '--host-resolver-rules=MAP evil.example 127.0.0.1, MAP rockets.example 127.0.0.1',
    );
    page = await browser.newPage();
  });

  afterAll(async () => {
    await browser.close();
    elsewhere.close();
  });

  afterEach(() => service.end('SIGKILL'));

  const portElsewhere = (): number => (elsewhere.address() as AddressInfo).port;
  const evil = (): string => `http://evil.example:${portElsewhere()}`;

  /** Where the attacker's page is, and by which name it calls the service: only of 127.0.0.1 do browsers say who asks. */
  const places: readonly (readonly [page: () => string, service: string])[] = [
    [evil, '127.0.0.1'],
    [evil, 'rockets.example'],
    [() => `${evil()}/hidden`, 'rockets.example'],
    [() => `http://127.0.0.1:${portElsewhere()}`, '127.0.0.1'],
  ];

  it.each(attacks)('a page of another site changes nothing: $name', async ({ script }) => {
    await start();
    const before = await everything();
    for (const [from, name] of places) {
      await page.goto(from());
      await run(script, `http://${name}:${service.port}`);
      expect(await everything()).toEqual(before);
    }
  });

  it.each(attacks)('where it is let in, it reaches the service: $name', async ({ script, forges }) => {
    await start({ ALLOWED_ORIGINS: evil() });
    const before = await everything();
    await page.goto(evil());
    await run(script, service.url);
    if (forges) expect(await everything()).not.toEqual(before);
    else expect(await everything()).toEqual(before);
  });

  /** The page came from the attacker; by the time it asks for more, its name leads to the service. */
  const rebind = async (env: Readonly<Record<string, string>>): Promise<unknown> => {
    const theirs = createServer(sendPage);
    await once(theirs.listen(0, '127.0.0.1'), 'listening');
    const { port } = theirs.address() as AddressInfo;
    await page.goto(`http://evil.example:${port}`);
    theirs.close();
    theirs.closeAllConnections();
    await start({ PORT: String(port), ...env });
    return page.evaluate(`(async () => {
      const read = await fetch('/rockets');
      const told = await fetch('/messages', { method: 'POST', body: ${JSON.stringify(attack)} });
      const skipped = await fetch('/rockets/a/gaps/skip', {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(skip)},
      });
      return [read.status, told.status, skipped.status];
    })()`);
  };

  it('a name that is bound to this service (DNS rebinding) gets no answer when it is none of ALLOWED_HOSTS', async () => {
    expect(await rebind({ ALLOWED_HOSTS: '127.0.0.1,rockets.example' })).toEqual([421, 421, 421]);
    expect(await everything()).toMatchObject([
      [{ channel: 'a', version: 1 }],
      [{ number: 1 }],
      [{ from: 2 }],
    ]);
  });

  it('without ALLOWED_HOSTS it is our own site to the browser', async () => {
    expect(await rebind({})).toEqual([200, 202, 200]);
  });
};

describeInBrowser('other sites in a browser', browserTests);
