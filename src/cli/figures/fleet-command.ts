import type { Command } from 'commander';
import { addExamples, keyOption, namedService, serviceOption, type ServiceOptions } from '../arguments.js';
import { Failure } from '../failure.js';
import { counted, inSeconds, inThousands, utcText, type Output } from '../output.js';
import { isObject, ServiceClient, type JsonObject } from '../service-client.js';
import { paragraph, rocketsIn } from './paragraph.js';
import { sparkline } from './sparkline.js';

interface FleetOptions {
  readonly json?: boolean;
}

const NAMES_SHOWN = 5;

export const registerFleet = (program: Command, output: Output): void => {
  const command = program
    .command('fleet')
    .summary('tell the whole fleet in figures')
    .description(
      'Prints how many rockets there are, what is missing of them, and how many events there were in the last minute, ' +
        'hour and day, from the oldest on the left to now.',
    )
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--json', 'print the answer as JSON')
    .action(async ({ url, apiKey, ...options }: FleetOptions & ServiceOptions) => {
      await tellFleet(new ServiceClient(namedService(url), apiKey), options, output);
    });
  addExamples(command, [['watch rockets fleet', 'Again and again']]);
};

export const tellFleet = async (
  client: ServiceClient,
  { json }: FleetOptions,
  output: Output,
): Promise<void> => {
  const fleet = await client.find('fleet');
  if (!isObject(fleet)) throw new Failure(`${client.origin} tells nothing of its fleet; it may be older.`);
  if (json === true) return output.out(JSON.stringify(fleet));
  for (const line of fleetLines(fleet)) output.out(line);
};

export const fleetLines = (fleet: JsonObject): string[] => {
  const { rockets, silentAfterSeconds, events, rulesBroken, gaps, waiting, late, types, missions } = fleet;
  const activity = isObject(fleet['activity']) ? fleet['activity'] : {};
  return paragraph([
    ['rockets', isObject(rockets) ? rocketsIn(rockets) : undefined],
    ['silent', isObject(rockets) ? silentIn(rockets, silentAfterSeconds) : undefined],
    ['events', `${inThousands(Number(events))}, of which ${inThousands(Number(rulesBroken))} broke a rule`],
    [
      'gaps',
      `${inThousands(Number(gaps))}; ${inThousands(Number(waiting))} waiting, ${inThousands(Number(late))} late`,
    ],
    ['types', namesIn(types)],
    ['missions', namesIn(missions)],
    ...(['minute', 'hour', 'day'] as const).map(
      (span) => [`last ${span}`, historyIn(activity[span])] as const,
    ),
    ['since', utcText(activity['since'])],
  ]);
};

const silentIn = ({ silent }: JsonObject, seconds: unknown): string =>
  `${inThousands(Number(silent))} not exploded, and not heard for ${inSeconds(Number(seconds))}`;

const namesIn = (list: unknown): string | undefined => {
  const names = Array.isArray(list) ? list.filter(isObject) : [];
  const shown = names.slice(0, NAMES_SHOWN).map(({ name, rockets }) => `${String(name)} ${String(rockets)}`);
  if (shown.length === 0) return undefined;
  return shown.join(', ') + (names.length > NAMES_SHOWN ? ' …' : '');
};

const historyIn = (series: unknown): string | undefined => {
  const { events, seconds } = isObject(series) ? series : {};
  if (!Array.isArray(events)) return undefined;
  const figures = events.map(Number);
  const sum = figures.reduce((total, figure) => total + figure, 0);
  const most = inThousands(Math.max(...figures, 0));
  return `${sparkline(figures)}  ${counted(sum, 'event')}, at most ${most} in ${inSeconds(Number(seconds))}`;
};
