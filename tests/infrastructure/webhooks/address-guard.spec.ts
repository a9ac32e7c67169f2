import type { LookupAddress } from 'node:dns';
import {
  AddressGuard,
  canBeAllowed,
  type Resolve,
} from '../../../src/infrastructure/webhooks/address-guard.js';

/** The names that a test speaks of; each time it is asked the next answer, the last one for ever. */
const names = (answers: Readonly<Record<string, readonly (readonly string[])[]>>): Resolve => {
  const asked = new Map<string, number>();
  return async (name) => {
    const all = answers[name];
    if (all === undefined) throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    const turn = asked.get(name) ?? 0;
    asked.set(name, turn + 1);
    return (all[turn] ?? all.at(-1)!).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
};

const outside = '93.184.215.14';
const nowhere: Resolve = () => Promise.reject(new Error('nobody may be asked'));
const guard = (allow: readonly string[] = [], resolve: Resolve = nowhere): AddressGuard =>
  new AddressGuard(allow, resolve);
const insideRule = 'no address of the public internet';

const looked = (by: AddressGuard, name: string, all = true): Promise<LookupAddress[] | string> =>
  new Promise((resolve, reject) =>
    by.lookup(name, { all }, (error, found) => (error ? reject(error) : resolve(found))),
  );

describe('the address of a receiver', () => {
  it.each([
    ['this machine', '127.0.0.1', '127.255.255.254', '0.0.0.0', '[::1]', '[::]'],
    ['private networks', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '[fd12::1]', '[fc00::1]'],
    ['links and sites', '169.254.0.1', '[fe80::1]', '[fec0::1]'],
    ['metadata', '169.254.169.254', '[fd00:ec2::254]', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
    ['networks of providers', '100.64.0.1', '100.127.255.255'],
    ['groups and everybody', '224.0.0.1', '239.255.255.255', '255.255.255.255', '240.0.0.1', '[ff02::1]'],
    ['examples and measuring', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '[2001:db8::1]'],
    [
      'decimal, octal, hex and short',
      '2130706433',
      '017700000001',
      '0x7f000001',
      '127.1',
      '0x7f.1',
      '0',
      '10.1',
    ],
    ['other digits', '１２７.0.0.1', '%31%32%37.0.0.1', '127。0。0。1', '127.0.0.1.'],
    ['IPv4 as IPv6', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:a9fe:a9fe]', '[::127.0.0.1]'],
    ['ways to IPv4', '[64:ff9b::7f00:1]', '[64:ff9b:1::a00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]'],
    ['IPv6 that is nobody’s', '[100::1]', '[4000::1]', '[5f00::1]', '[3fff::1]', '[2001:2::1]'],
  ])('may not be one of %s', async (_, ...hosts) => {
    for (const host of hosts) {
      for (const scheme of ['http', 'https']) {
        const problem = await guard().problemOf(`${scheme}://${host}/hook`);
        expect([host, problem]).toEqual([host, expect.stringContaining(insideRule)]);
      }
    }
  });

  it.each([
    outside,
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.128.0.1',
    '192.0.1.1',
    '[2606:4700::1111]',
    '[::ffff:8.8.8.8]',
    '[2a00:1450::1]',
  ])('may be %s', async (host) => {
    expect(await guard().problemOf(`https://${host}:8443/hook`)).toBeUndefined();
  });

  it.each([
    ['hook', 'no URL'],
    ['', 'no URL'],
    ['//receiver.example/hook', 'no URL'],
    ['http://[fe80::1%25eth0]/', 'no URL'],
    ['http://256.1.1.1/', 'no URL'],
    ['http://receiver.example:65536/', 'no URL'],
    ['file:///etc/passwd', 'http or https'],
    ['ftp://receiver.example/', 'http or https'],
    ['gopher://receiver.example/', 'http or https'],
    ['javascript:alert(1)', 'http or https'],
    ['data:text/plain,1', 'http or https'],
    ['ws://receiver.example/', 'http or https'],
    ['https://user@receiver.example/', 'user or password'],
    ['https://user:word@receiver.example/', 'user or password'],
    ['https://:word@receiver.example/', 'user or password'],
    ['http://receiver.example:0/', 'port'],
    ['http://receiver.example:22/', 'port'],
    ['http://receiver.example:25/', 'port'],
    ['https://receiver.example:1023/', 'port'],
    ['https://a..b/', 'no name of a host'],
    [`https://${'a'.repeat(64)}.example/`, 'no name of a host'],
    [`https://${'a.'.repeat(130)}example/`, 'no name of a host'],
    [`https://receiver.example/${'a'.repeat(2048)}`, '2048 characters'],
  ])('may not be %s', async (url, problem) => {
    expect(await guard().problemOf(url)).toContain(problem);
  });

  it('is told to whoever gave it, with what it leads to', async () => {
    expect(await guard().problemOf('http://[::ffff:7f00:1]:8088/')).toBe(
      '127.0.0.1 is no address of the public internet; whoever runs Rockets can allow it by WEBHOOK_ALLOW.',
    );
  });
});

describe('the name of a receiver', () => {
  const resolve = names({
    'receiver.example': [[outside, '2606:4700::1111']],
    'inside.example': [['10.0.0.7']],
    'both.example': [[outside, '127.0.0.1']],
    'mapped.example': [['::ffff:169.254.169.254']],
    'scoped.example': [['fe80::1%eth0']],
    'nothing.example': [[]],
    localhost: [['127.0.0.1']],
  });

  it('may lead outside', async () => {
    expect(await guard([], resolve).problemOf('https://receiver.example/')).toBeUndefined();
    expect(await guard([], resolve).problemOf('https://RECEIVER.example/')).toBeUndefined();
  });

  it.each([
    ['inside.example', '10.0.0.7'],
    ['both.example', '127.0.0.1'],
    ['mapped.example', '169.254.169.254'],
    ['scoped.example', 'fe80::1%eth0'],
    ['localhost', '127.0.0.1'],
  ])('may not lead inside, as %s', async (name, address) => {
    expect(await guard([], resolve).problemOf(`https://${name}/`)).toContain(`${name} leads to ${address}`);
  });

  it('must be one that resolves', async () => {
    const problem = (name: string) => guard([], resolve).problemOf(`https://${name}/`);
    expect(await problem('unknown.example')).toBe('The name unknown.example does not resolve: ENOTFOUND.');
    expect(await problem('nothing.example')).toBe('The name nothing.example has no address.');
  });

  it('is asked for by each connection, which is handed what was checked then', async () => {
    const rebinding = names({
      'rebinding.example': [[outside], [outside, '2606:4700::1111'], ['127.0.0.1']],
    });
    const by = guard([], rebinding);
    expect(await by.problemOf('http://rebinding.example/')).toBeUndefined();
    expect(await looked(by, 'rebinding.example')).toEqual([
      { address: outside, family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    await expect(looked(by, 'rebinding.example')).rejects.toThrow('rebinding.example leads to 127.0.0.1');
    expect(await looked(guard([], resolve), 'receiver.example', false)).toBe(outside);
  });
});

describe('what WEBHOOK_ALLOW names', () => {
  const resolve = names({
    'receiver.internal': [['10.0.0.7']],
    'other.internal': [['10.0.0.8'], ['10.1.0.1']],
  });

  it.each([
    ['10.0.0.0/8', 'http://10.9.9.9/', true],
    ['10.0.0.0/8', 'http://other.internal/', true],
    ['10.0.0.0/8', 'http://[::ffff:10.9.9.9]/', true],
    ['10.0.0.0/8', 'http://11.0.0.1/', true],
    ['10.0.0.0/8', 'http://192.168.0.1/', false],
    ['127.0.0.1', 'http://2130706433/', true],
    ['127.0.0.1', 'http://127.0.0.2/', false],
    ['::ffff:127.0.0.1', 'http://127.0.0.1/', true],
    ['::1', 'http://[::1]/', true],
    ['::1', 'http://127.0.0.1/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['::/0', 'http://[::1]/', true],
    ['::/0', 'http://127.0.0.1/', false],
    ['::/0', 'http://[::ffff:127.0.0.1]/', false],
    ['0.0.0.0/0', 'http://127.0.0.1/', true],
    ['0.0.0.0/0', 'http://[::1]/', false],
    ['receiver.internal', 'http://receiver.internal/', true],
    ['Receiver.Internal', 'http://RECEIVER.internal/', true],
    ['receiver.internal', 'http://other.internal/', false],
    ['internal', 'http://receiver.internal/', false],
  ])('is %s, so of %s it is %s that it may be reached', async (allow, url, isAllowed) => {
    const problem = await guard([allow], resolve).problemOf(url);
    expect([problem, problem === undefined]).toEqual([problem, isAllowed]);
  });

  it.each([
    '10.0.0.0/8',
    '0.0.0.0/0',
    '::1',
    'fd00::/8',
    '::/0',
    'localhost',
    'receiver.internal',
    'a_b.c-d',
  ])('can be %s', (text) => expect(canBeAllowed(text)).toBe(true));

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '10.1',
    '1',
    '::/129',
    '10.0.0.0/',
    '/8',
    'a b',
    'http://a',
    'a:80',
    '*',
    '',
  ])('can not be %j', (text) => expect(canBeAllowed(text)).toBe(false));
});
