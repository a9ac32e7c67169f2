import { Option, type Command } from 'commander';
import {
  addExamples,
  keyOption,
  namedService,
  readInteger,
  readServiceUrl,
  serviceOption,
  type ServiceOptions,
} from '../arguments.js';
import { Failure } from '../failure.js';
import { inThousands, type Output } from '../output.js';
import { isObject, ServiceClient, type JsonObject } from '../service-client.js';

export interface ShowOptions {
  readonly at?: string;
  readonly version?: number;
  readonly json?: boolean;
}

/** Of a rocket that misses more, the first ones tell enough. */
const GAPS_SHOWN = 5;

export const registerShow = (program: Command, output: Output): void => {
  const command = program
    .command('show')
    .summary('print one rocket, now or as it was')
    .description(
      'Prints the state of one rocket: now, at a moment, or after one of its messages. Instead of with --url, the ' +
        'service can be named before the channel.',
    )
    .usage('[options] [url] <channel>')
    .argument('<names...>')
    .addOption(serviceOption())
    .addOption(keyOption())
    .addOption(new Option('--at <time>', 'as it was at this time (RFC 3339)').conflicts('version'))
    .option('--version <n>', 'as it was after its message n', readInteger(0))
    .option('--json', 'print JSON')
    .action(async (names: readonly string[], { url, apiKey, ...options }: ShowOptions & ServiceOptions) => {
      if (names.length > 2) command.error(`error: too many arguments: ${names.join(' ')}`);
      const [channel = '', service] = names.toReversed();
      await showRocket(
        new ServiceClient(
          namedService(url, service === undefined ? undefined : readServiceUrl(service)),
          apiKey,
        ),
        channel,
        options,
        output,
      );
    });
  addExamples(command, [
    ['rockets show 8a6e7887-064f-54fa-b5ee-fac02e0dc05c', 'Now'],
    ['rockets show 8a6e7887-064f-54fa-b5ee-fac02e0dc05c --version=42', 'After its message 42'],
    ['rockets show 8a6e7887-064f-54fa-b5ee-fac02e0dc05c --at=2026-10-01T15:39:42Z', 'At a moment'],
  ]);
};

export const showRocket = async (
  client: ServiceClient,
  channel: string,
  { at, version, json }: ShowOptions,
  output: Output,
): Promise<void> => {
  const path = `rockets/${encodeURIComponent(channel)}`;
  const query = new URLSearchParams();
  if (at !== undefined) query.set('at', at);
  if (version !== undefined) query.set('version', String(version));
  const rocket = await client.find(query.size === 0 ? path : `${path}?${query}`);
  if (!isObject(rocket)) throw new Failure(await whyUnknown(client, path, channel, query));
  if (json) return output.out(JSON.stringify(rocket));
  const gaps = Number(rocket['waiting']) > 0 ? await client.find(`${path}/gaps?limit=${GAPS_SHOWN + 1}`) : [];
  for (const line of rocketLines(rocket, Array.isArray(gaps) ? gaps.filter(isObject) : [])) output.out(line);
};

/** A past that was not reached yet is answered like a rocket that is not known. */
const whyUnknown = async (
  client: ServiceClient,
  path: string,
  channel: string,
  query: URLSearchParams,
): Promise<string> => {
  const now = query.size > 0 ? await client.find(path) : undefined;
  if (!isObject(now)) return `The service knows no rocket ${channel}.`;
  return `${channel} is at version ${String(now['version'])}: it was never as asked for (${query}).`;
};

export const rocketLines = (rocket: JsonObject, gaps: readonly JsonObject[]): string[] => {
  const shown = (field: string): string | undefined =>
    rocket[field] == null ? undefined : String(rocket[field]);
  const { asOf, waiting, late, version, complete } = rocket;
  const past = isObject(asOf) && asOf['at'] !== undefined ? ` (as of ${String(asOf['at'])})` : '';
  const isLaunchUnheard = typeof rocket['speedChange'] === 'number';
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['rocket', shown('channel')],
    ['status', [shown('status'), shown('reason')].filter((part) => part !== undefined).join(': ')],
    ['type', shown('type')],
    ['mission', shown('mission')],
    ['speed', speedOf(rocket)],
    ['launched', shown('launchedAt')],
    ['updated', shown('updatedAt')],
    ['version', `${String(version)}${past}`],
    ['waiting', Number(waiting) > 0 ? `${String(waiting)} for ${missingIn(gaps)}` : undefined],
    ['late', Number(late) > 0 ? String(late) : undefined],
    [
      'complete',
      complete === false ? `no: ${isLaunchUnheard ? 'the launch was' : 'messages were'} skipped` : undefined,
    ],
  ];
  return fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)}${value}`]));
};

/** Where no launch was heard, nobody knows the speed. */
const speedOf = ({ speed, speedChange }: JsonObject): string | undefined => {
  if (typeof speed === 'number') return inThousands(speed);
  if (typeof speedChange !== 'number') return undefined;
  return `unknown, changed by ${speedChange > 0 ? '+' : ''}${inThousands(speedChange)}`;
};

const missingIn = (gaps: readonly JsonObject[]): string => {
  const ranges = gaps.map(({ from, to }) => (from === to ? String(from) : `${String(from)}–${String(to)}`));
  if (ranges.length === 0) return 'a missing one';
  return ranges.slice(0, GAPS_SHOWN).join(', ') + (ranges.length > GAPS_SHOWN ? ' …' : '');
};
