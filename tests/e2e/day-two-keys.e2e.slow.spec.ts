import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { startReceiver, type Receiver } from '../support/answering-receiver.js';
import { makeCertificate } from '../support/certificates.js';
import { Machine } from '../support/day-two.js';
import { messageText } from '../support/real-process.js';

jest.setTimeout(240_000);

let machine: Machine;
let receiver: Receiver;
/** What an operator is known by. */
let operator: string;

const asOperator = () => ({ ROCKETS_API_KEY: operator });
const keyIn = (said: string): string => /rk_\S+/.exec(said)![0];
const secretIn = (said: string): string => /whsec_\S+/.exec(said)![0];
const bearer = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });

const post = (key: string, number: number, channel?: string): Promise<Response> =>
  fetch(`${machine.url()}/messages`, {
    method: 'POST',
    body: messageText(number, channel),
    headers: bearer(key),
  });

const untilLogged = async (text: string): Promise<void> => {
  while (!machine.log().includes(text)) await delay(50);
};

/** The lines of the log that tell of this. */
const logged = (message: string): Record<string, unknown>[] =>
  machine
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['message'] === message);

let radio: string;

beforeAll(async () => {
  receiver = await startReceiver();
  machine = await Machine.make({
    EVENT_STORE: 'sqlite',
    SQLITE_FILE: '/var/lib/rockets/rockets.db',
    AUTH: 'keys',
    API_KEYS_FILE: '/etc/rockets/keys.json',
    SESSION_SECRET: 'x'.repeat(64),
    WEBHOOK_ALLOW: '127.0.0.1',
  });
  const create = 'rockets keys create --file /etc/rockets/keys.json';
  radio = keyIn(await machine.run(`${create} --name radio-1 --scope ingest`));
  operator = keyIn(await machine.run(`${create} --name control-room --scope read,operate`));
  await machine.run('systemctl start rockets');
});
afterAll(async () => {
  await machine.remove();
  await receiver.stop();
});

it('no request fails while a key gives way to another', async () => {
  const statuses = new Set<number>();
  let [key, sent, over] = [radio, 0, false];
  const sending = (async () => {
    for (; !over; sent++) statuses.add((await post(key, sent + 1, 'rotating')).status);
  })();
  const another = keyIn(await machine.type('Rotate API keys', 0));
  while (logged('keys were read again').length === 0) await delay(20);
  key = another;
  const before = sent;
  while (sent < before + 5) await delay(5);
  await machine.type('Rotate API keys', 1);
  while (logged('keys were read again').length < 2) await delay(20);
  const then = sent;
  while (sent < then + 5) await delay(5);
  over = true;
  await sending;
  expect([...statuses]).toEqual([202]);

  expect((await post(radio, 1)).status).toBe(401);
  expect(logged('a credential was refused').at(-1)!['why']).toContain('The API key radio-1 was revoked');
  expect(logged('keys were read again')).toMatchObject([
    { added: ['radio-1-2027'] },
    { revoked: ['radio-1'] },
  ]);
  radio = another;
});

it('sessions end with the secret that signed them, and keys go on', async () => {
  const signIn = await fetch(`${machine.url()}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: operator }),
  });
  const headers = { cookie: signIn.headers.get('set-cookie')!.split(';')[0]! };
  const asked = async (): Promise<number> => (await fetch(`${machine.url()}/rockets`, { headers })).status;
  expect(await asked()).toBe(200);
  const before = machine.read('/etc/rockets/rockets.env');
  await machine.type('Rotate the session secret');
  expect(machine.read('/etc/rockets/rockets.env')).not.toBe(before);
  expect(await asked()).toBe(401);
  expect((await fetch(`${machine.url()}/rockets`, { headers: bearer(operator) })).status).toBe(200);
});

it('a webhook is signed with the old secret and the new one', async () => {
  const add = `rockets subscriptions add billing ${receiver.url}`;
  const old = secretIn(await machine.run(add, asOperator()));
  const signedBy = async (number: number, secrets: readonly string[]): Promise<boolean[]> => {
    const { length } = receiver.posts;
    expect((await post(radio, number, 'told')).status).toBe(202);
    while (receiver.posts.length === length) await delay(20);
    const { body, headers } = receiver.posts.at(-1)!;
    return secrets.map((secret) => {
      try {
        new Webhook(secret).verify(body, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    });
  };
  expect(await signedBy(1, [old, `whsec_${Buffer.alloc(32, 7).toString('base64')}`])).toEqual([true, false]);
  const another = secretIn(await machine.type('Rotate the secret of a webhook', undefined, asOperator()));
  expect(another).not.toBe(old);
  expect(await signedBy(2, [old, another])).toEqual([true, true]);
  expect(logged('subscription secret changed')).toMatchObject([
    { name: 'billing', by: { who: 'operator', key: 'control-room' } },
  ]);
  expect(machine.log()).not.toContain('whsec_');
});

it('a rocket that waits for a message that nobody has is found, and goes on', async () => {
  for (const number of [1, 3]) expect((await post(radio, number)).status).toBe(202);
  const channel = '193270a9-c9cf-404a-8f83-838e71d9ae67';
  expect(await machine.type('A rocket that does not go on', 0, asOperator())).toMatch(
    new RegExp(`${channel}.*2`),
  );
  await machine.type('A rocket that does not go on', 1, asOperator());
  const rocket = await fetch(`${machine.url()}/rockets/${channel}`, { headers: bearer(operator) });
  expect(await rocket.json()).toMatchObject({ version: 3, waiting: 0, complete: false });
  expect(logged('gaps skipped')).toMatchObject([
    { channel, by: { key: 'control-room' }, why: 'the ground station was down' },
  ]);
});

it('a new certificate is shown without a restart', async () => {
  const [one, next] = [makeCertificate(), makeCertificate()];
  for (const folder of ['/etc/rockets/tls', '/etc/letsencrypt/live/rockets.example'])
    mkdirSync(machine.path(folder), { recursive: true });
  const put = (folder: string, cert: string, key: string): void => {
    writeFileSync(machine.path(`${folder}/${cert}`), one.cert);
    writeFileSync(machine.path(`${folder}/${key}`), one.key);
  };
  put('/etc/rockets/tls', 'cert.pem', 'key.pem');
  await machine.run(`
    printf 'TLS_CERT=/etc/rockets/tls/cert.pem\\nTLS_KEY=/etc/rockets/tls/key.pem\\n' >> /etc/rockets/rockets.env
    systemctl restart rockets`);
  const shown = async (): Promise<string> =>
    /serial=(\w+)/.exec(await machine.type('Renew the TLS certificate', 1))![1]!;
  const before = await shown();
  writeFileSync(machine.path('/etc/letsencrypt/live/rockets.example/fullchain.pem'), next.cert);
  writeFileSync(machine.path('/etc/letsencrypt/live/rockets.example/privkey.pem'), next.key);
  await machine.type('Renew the TLS certificate', 0);
  await untilLogged('a new TLS certificate is in use');
  expect([before, await shown()]).toEqual(['01', '02']);
});
