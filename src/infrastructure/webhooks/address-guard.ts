import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { isIn, isInside, isNetwork, networksOf, plainAddress, type Networks } from './inside-networks.js';

/** All addresses of a name; rejects when it has none. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

const resolveByMachine: Resolve = (name) => promisify(lookUp)(name, { all: true });

const RESOLVE_WITHIN_MS = 5000;
const LONGEST_URL = 2048;
/** Below it live services that can be led to take a request for one of their own. */
const FIRST_FREE_PORT = 1024;
const namePattern = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;

/** Whether a part of `WEBHOOK_ALLOW` is a network, an address or the name of a host. */
export const canBeAllowed = (text: string): boolean =>
  isNetwork(text) || (namePattern.test(text) && text.length <= 253 && !/(^|\.)\d+$/.test(text));

export class AddressRefused extends Error {}

/**
 * Keeps webhooks out of the inside: a receiver is outside, or `WEBHOOK_ALLOW` names it. What a name leads to may be another
 * address each time it is asked for, so it is checked where a connection is made, which then goes to what was checked.
 */
export class AddressGuard {
  private readonly allowed: Networks;
  private readonly allowedNames: ReadonlySet<string>;

  constructor(
    allow: readonly string[],
    private readonly resolve: Resolve = resolveByMachine,
  ) {
    this.allowed = networksOf(allow.filter(isNetwork));
    this.allowedNames = new Set(allow.filter((text) => !isNetwork(text)).map(nameOf));
  }

  /** What is wrong with the address of a receiver, in a sentence. */
  async problemOf(text: string): Promise<string | undefined> {
    const url = urlOf(text);
    if (typeof url === 'string') return url;
    try {
      await this.addressesOf(hostOf(url));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Throws when the host of a URL is an address that is refused: for one nothing is looked up. */
  requireAddress({ hostname }: URL): void {
    const host = hostOf({ hostname });
    if (isIP(host) !== 0) this.require(host, host);
  }

  /** For connections: answers checked addresses alone. */
  readonly lookup: LookupFunction = (name, options, told) => {
    this.addressesOf(name).then(
      (addresses) =>
        options.all === true
          ? told(null, addresses)
          : told(null, addresses[0]!.address, addresses[0]!.family),
      (error: Error) => told(error, ''),
    );
  };

  private async addressesOf(host: string): Promise<LookupAddress[]> {
    const family = isIP(host);
    const addresses = family === 0 ? await this.resolved(host) : [{ address: host, family }];
    // One that leads inside makes the whole name one that does.
    for (const { address } of addresses) this.require(address, host);
    return [...addresses];
  }

  private async resolved(name: string): Promise<readonly LookupAddress[]> {
    const addresses = await within(RESOLVE_WITHIN_MS, this.resolve(name)).catch((error: Error) => {
      const { code = error.message } = error as NodeJS.ErrnoException;
      throw new AddressRefused(`The name ${name} does not resolve: ${code}.`);
    });
    if (addresses.length === 0) throw new AddressRefused(`The name ${name} has no address.`);
    return addresses;
  }

  private require(address: string, host: string): void {
    if (this.allowedNames.has(nameOf(host))) return;
    const plain = plainAddress(address);
    if (!isInside(plain) || isIn(this.allowed, plain)) return;
    const what = host === address ? `${plain} is` : `${host} leads to ${plain}, which is`;
    throw new AddressRefused(
      `${what} no address of the public internet; whoever runs Rockets can allow it by WEBHOOK_ALLOW.`,
    );
  }
}

/** The URL, or what is wrong with it. */
export const urlOf = (text: string): URL | string => {
  if (text.length > LONGEST_URL) return `A URL has at most ${LONGEST_URL} characters.`;
  if (!URL.canParse(text)) return 'This is no URL, as https://receiver.example/rockets.';
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol)) return 'A webhook goes by http or https.';
  if (url.username !== '' || url.password !== '') {
    return 'A URL with a user or password in it would be seen by everybody who lists subscriptions.';
  }
  const port = Number(url.port || 443);
  if (url.port !== '' && port < FIRST_FREE_PORT && ![80, 443].includes(port)) {
    return `A webhook goes to port 80, 443, or one from ${FIRST_FREE_PORT} on.`;
  }
  const host = hostOf(url);
  if (isIP(host) === 0 && (host.length > 253 || !namePattern.test(nameOf(host)))) {
    return `${host.slice(0, 253)} is no name of a host.`;
  }
  return url;
};

const hostOf = ({ hostname }: Pick<URL, 'hostname'>): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** A name with a dot at its end is the same name. */
const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, '');

const within = async <T>(ms: number, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms).unref();
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
