import { BlockList, isIP } from 'node:net';

/** Where nobody's receiver is who asks from outside: this machine, its networks, what clouds keep for machines, what nobody has. */
const inside: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure answers its machines there, in the midst of the public addresses.
  '168.63.129.16',
  '2001::/23',
  '2001:db8::/32',
  // 6to4 leads to an IPv4 address.
  '2002::/16',
  '3fff::/20',
];

/** All other IPv6 addresses are of this machine, of a link or site, of groups, or lead to an IPv4 address (NAT64). */
const publicIpv6 = '2000::/3';

/** Whether it is an address, or a network as 10.0.0.0/8. */
export const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};

/** An IPv4 address in the dress of an IPv6 one is that IPv4 address. */
export const plainAddress = (address: string): string => {
  if (isIP(address) !== 6 || address.includes('%')) return address;
  const host = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  const bytes = [high, low].flatMap((part) => {
    const value = parseInt(part, 16);
    return [value >> 8, value & 255];
  });
  return bytes.join('.');
};

export const networksOf = (texts: readonly string[]): Networks => {
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const plain = bits === undefined ? plainAddress(address) : address;
    const family = isIP(plain) === 4 ? 4 : 6;
    if (bits === undefined) lists[family].addAddress(plain, `ipv${family}`);
    else lists[family].addSubnet(plain, Number(bits), `ipv${family}`);
  }
  return lists;
};

/** A list of both would take all IPv4 addresses for a part of ::/0. */
export interface Networks {
  readonly 4: BlockList;
  readonly 6: BlockList;
}

const insideList = networksOf(inside);
const publicIpv6List = networksOf([publicIpv6]);

/** Of a plain address. */
export const isIn = (lists: Networks, address: string): boolean => {
  const family = isIP(address);
  if (family === 4) return lists[4].check(address, 'ipv4');
  return family === 6 && !address.includes('%') && lists[6].check(address, 'ipv6');
};

/** Of a plain address, or of what is none. */
export const isInside = (address: string): boolean =>
  (isIP(address) !== 4 && !isIn(publicIpv6List, address)) || isIn(insideList, address);
