import { InvalidArgumentError, Option, type Command } from 'commander';
import { Failure } from './failure.js';

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration, as `500ms`, `1.5s` or `1h30m`, in milliseconds. A bare `0` needs no unit. */
export const readDuration = (text: string): number => {
  if (/^\+?0+$/.test(text)) return 0;
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  const read = parts.map(([part]) => part).join('');
  if (read === '' || read !== text.replace(/^\+/, '')) {
    throw new InvalidArgumentError('A duration is a number and a unit: 500ms, 1.5s, 2m, 1h30m.');
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? NaN), 0);
};

export const readInteger =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be an integer from ${least} to ${most}.`);
  };

/** A share of all messages: `0.05` or `5%`. */
export const readShare = (text: string): number => {
  const match = /^(\d*\.?\d+)(%?)$/.exec(text);
  const share = match === null ? NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('A rate is a share from 0 to 1, as 0.05 or 5%.');
};

/** Messages per second: `5000` or `5000/s`. */
export const readPace = (text: string): number => {
  const perSecond = Number(/^(\d*\.?\d+)(?:\/s)?$/.exec(text)?.[1] ?? NaN);
  if (perSecond > 0) return perSecond;
  throw new InvalidArgumentError('It must be a number of messages per second, as 5000 or 5000/s.');
};

/** How far messages may be moved: a number of places, or `all` for any place in the run. */
export const readWindow = (text: string): number =>
  text === 'all' ? Infinity : readInteger(0)(text === 'none' ? '0' : text);

const LOCAL_SERVICE = 'http://localhost:8088';

const readUrl = (text: string): URL => {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(withScheme)) {
    const url = new URL(withScheme);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new InvalidArgumentError(`It must be a URL, as ${LOCAL_SERVICE}.`);
};

/** The URL messages are posted to. Of a bare address, `/messages` is meant. */
export const readMessagesUrl = (text: string): URL => {
  const url = readUrl(text);
  if (url.pathname === '/') url.pathname = '/messages';
  return url;
};

/** The URL of the service itself, ending in `/`; the one for messages is understood as well. */
export const readServiceUrl = (text: string): URL => {
  const url = readUrl(text);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return serviceOf(url);
};

/** Where rockets are read that were reported to this URL. */
export const serviceOf = (url: URL): URL => {
  const service = new URL(url);
  service.search = '';
  service.pathname = url.pathname.replace(/messages\/?$/, '');
  if (!service.pathname.endsWith('/')) service.pathname += '/';
  return service;
};

/** Every command that talks to a service has this option, and nothing else where there is none. */
export const serviceOption = (): Option =>
  new Option('--url <url>', `the service (default: ROCKETS_URL, or ${LOCAL_SERVICE})`).argParser(
    readServiceUrl,
  );

/** … and this one, as the service may ask for a key. */
export const keyOption = (): Option =>
  new Option('--api-key <key>', 'the key to show, which others can see in the list of processes').env(
    'ROCKETS_API_KEY',
  );

export interface ServiceOptions {
  readonly url?: URL;
  readonly apiKey?: string;
}

/** The service that `--url` names, or an argument in the manner of the official program. */
export const namedService = (option: URL | undefined, argument?: URL): URL => {
  if (option !== undefined && argument !== undefined)
    throw new Failure('Name the service once: as an argument, or with --url.');
  return argument ?? option ?? usualService(process.env['ROCKETS_URL']);
};

export const isServiceNamed = (): boolean => (process.env['ROCKETS_URL']?.trim() ?? '') !== '';

/** An empty setting is no setting. */
const usualService = (setting = ''): URL => {
  try {
    return readServiceUrl(setting.trim() || LOCAL_SERVICE);
  } catch (error) {
    throw new Failure(
      `ROCKETS_URL=${setting} makes no sense. ${error instanceof Error ? error.message : ''}`,
    );
  }
};

export const addExamples = (command: Command, examples: readonly (readonly [string, string])[]): Command => {
  const lines = examples.map(([line, what]) => `  # ${what}\n  $ ${line}\n`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
};
