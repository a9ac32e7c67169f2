import { setTimeout as delay } from 'node:timers/promises';
import { AlertDrill } from '../support/alert-drill.js';
import { keysOf, testKey } from '../support/api-keys.js';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';
import { freePort, messageText, startProcess, type RealProcess } from '../support/real-process.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { endedBy } from '../support/to-end.js';

jest.setTimeout(600_000);

const keys = { all: testKey('operator'), prometheus: testKey('prometheus', { scopes: ['read'] }) };

const toEnd = endedBy(afterEach);

const start = async (port: number, env: Readonly<Record<string, string>> = {}): Promise<RealProcess> => {
  const service = await startProcess({
    ...env,
    PORT: String(port),
    AUTH: 'keys',
    API_KEYS: keysOf(keys),
    SILENT_AFTER: '5s',
    WEBHOOK_ALLOW: '127.0.0.1',
    LOG_FORMAT: 'text',
  });
  toEnd.push(() => service.end('SIGKILL'));
  return service;
};

const ask = (service: RealProcess, path: string, body?: object | string): Promise<Response> =>
  fetch(service.url + path, {
    headers: { ...keys.all.header, 'Content-Type': 'application/json' },
    ...(body !== undefined && {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });

const post = async (service: RealProcess, body: string): Promise<number> => {
  const answer = await ask(service, '/messages', body);
  await answer.text();
  return answer.status;
};

/** Does something again and again, and answers how to stop it. */
const again = (everyMs: number, act: () => Promise<unknown>): (() => Promise<void>) => {
  let over = false;
  const acting = (async () => {
    while (!over) {
      await act();
      await delay(everyMs);
    }
  })();
  const stop = (): Promise<void> => {
    over = true;
    return acting;
  };
  toEnd.push(stop);
  return stop;
};

const ROCKETS = 20;

/** Rockets that report as they should, from their launch on, one after the other; they may be silent for a while. */
const fleetOf = (service: RealProcess) => {
  let sent = 0;
  const report = async (): Promise<void> => {
    const text = messageText(1 + Math.floor(sent / ROCKETS), `steady-${sent % ROCKETS}`);
    if ((await post(service, text)) === 202) sent++;
  };
  return { fly: () => again(20, report) };
};

/** Long names of missions, more than there is room for. */
const fill = async (service: RealProcess): Promise<void> => {
  const lines = Array.from({ length: 10_000 }, (_, i) => {
    const newMission = String(i).padEnd(256, '-');
    const text = messageText(i + 2, 'talkative').replace('SpeedIncreased', 'MissionChanged');
    return text.replace('"by":10', `"newMission":"${newMission}"`);
  });
  const body = [messageText(1, 'talkative'), ...lines].join('\n');
  const headers = { ...keys.all.header, 'Content-Type': 'application/x-ndjson' };
  await (await fetch(`${service.url}/messages`, { method: 'POST', headers, body })).text();
};

const subscribe = async (service: RealProcess, name: string, url: string): Promise<void> => {
  const answer = await ask(service, '/subscriptions', { name, from: 'now', sink: { type: 'webhook', url } });
  expect([answer.status, await answer.text()]).toMatchObject([201, expect.any(String)]);
};

describeWithPrometheus('with two instances whose stores are in memory, and keys, each alert about', () => {
  let drill: AlertDrill;
  let first: RealProcess;
  let second: RealProcess;
  let instances: readonly string[];

  const begin = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    first = await start(await freePort(), env);
    second = await start(await freePort(), env);
    instances = [first, second].map(({ port }) => `127.0.0.1:${port}`);
    drill = await AlertDrill.start(instances, 60, keys.prometheus.text);
    toEnd.push(() => drill.stop());
  };

  it('messages, gaps, subscriptions and processes fires when it should, and ends', async () => {
    await begin();
    const [silent, picky] = [await WebhookReceiver.start(), await WebhookReceiver.start()];
    toEnd.push(() => Promise.all([silent.close(), picky.close()]));
    await subscribe(first, 'silent', silent.url);
    await subscribe(first, 'picky', picky.url);
    const fleet = fleetOf(first);
    let land = fleet.fly();
    await drill.untilCalm();

    // Everything at once that rockets, receivers and machines do wrong.
    silent.fateOf = () => 'fail';
    picky.fateOf = (events) => (events.some(({ subject }) => subject === 'disliked') ? 400 : 'yes');
    for (const channel of ['disliked', 'too-slow']) await post(first, messageText(1, channel));
    let wrongs = 0;
    const wrong = again(50, async () => {
      wrongs++;
      // Every other message of this one is lost.
      await post(first, messageText(2 * wrongs, 'lossy'));
      await post(first, '{}');
      await post(first, messageText(1, 'twice').replace('ARTEMIS', `MISSION-${wrongs}`));
      const slower = messageText(1 + wrongs, 'too-slow').replace('SpeedIncreased', 'SpeedDecreased');
      await post(first, slower.replace('"by":10', '"by":9999'));
    });
    second.child.stderr!.destroy();
    second.child.stdout!.destroy();
    const mumbles = again(100, () =>
      fetch(`${second.url}/rockets`, { headers: { authorization: 'Bearer nobody' } }).catch(() => undefined),
    );
    const stumbles = again(200, async () => {
      second.child.kill('SIGSTOP');
      await delay(400);
      second.child.kill('SIGCONT');
    });
    await drill.untilFired(
      'RocketsMessagesRefused',
      'RocketsMessagesInvalid',
      'RocketsConflicts',
      'RocketsGapsGrowing',
      'RocketsOldestGap',
      'RocketsSubscriptionFailing',
      'RocketsSubscriptionParked',
      'RocketsSubscriptionLag',
      'RocketsEventLoopBlocked',
      'RocketsLogLinesLost',
    );

    await Promise.all([wrong(), mumbles(), stumbles()]);
    silent.fateOf = picky.fateOf = () => 'yes';
    for (let i = 0; i < wrongs; i++) await post(first, messageText(2 * i + 1, 'lossy'));
    await ask(first, '/subscriptions/picky/parked/retry', {});
    await drill.untilCalm();

    await land();
    for (let i = 0; i < 3; i++) {
      await second.end('SIGTERM');
      second = await start(second.port);
      await delay(2000);
    }
    await drill.untilFired('RocketsNothingHeard', 'RocketsSilent', 'RocketsRestarting');
    land = fleet.fly();
    await drill.untilCalm();
    await land();
  });

  it('a full store and lost instances fires when it should, and ends', async () => {
    await begin({ STORE_BYTES: String(1024 * 1024) });
    let land = fleetOf(first).fly();
    await drill.untilCalm();

    await fill(first);
    await drill.untilFired('RocketsStoreNearlyFull', 'RocketsMessagesFailed', 'RocketsHttpErrors');
    await land();
    await first.end('SIGTERM');
    first = await start(first.port);
    land = fleetOf(first).fly();
    await drill.untilCalm();

    // A service discovery that finds one of them only.
    drill.finds(instances.slice(0, 1));
    await drill.untilFired('RocketsInstancesMissing');
    drill.finds(instances);
    await drill.untilCalm();

    await second.end('SIGKILL');
    await drill.untilFired('RocketsInstanceDown');
    await land();
    await first.end('SIGKILL');
    await drill.untilFired('RocketsDown');
    [first, second] = await Promise.all([start(first.port), start(second.port)]);
    land = fleetOf(first).fly();
    await drill.untilCalm();
    await land();
  });
});
