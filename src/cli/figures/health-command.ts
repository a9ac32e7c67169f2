import type { Command } from 'commander';
import { addExamples, keyOption, namedService, serviceOption, type ServiceOptions } from '../arguments.js';
import { Failure } from '../failure.js';
import { counted, inSeconds, inThousands, type Output } from '../output.js';
import { explanation, isObject, objectIn, ServiceClient, type JsonObject } from '../service-client.js';
import { paragraph, rocketsIn } from './paragraph.js';

interface HealthOptions {
  readonly json?: boolean;
}

export const registerHealth = (program: Command, output: Output): void => {
  const command = program
    .command('health')
    .summary('say how the service is')
    .description('Prints how the service and its store are. Ends with 1 unless all is well.')
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--json', 'print the answer as JSON')
    .action(async ({ url, apiKey, ...options }: HealthOptions & ServiceOptions) => {
      await tellHealth(new ServiceClient(namedService(url), apiKey), options, output);
    });
  addExamples(command, [['rockets health --json || alarm', 'For a monitor']]);
};

/** A service that is not well says so with another status, and tells as much. */
export const tellHealth = async (
  client: ServiceClient,
  { json }: HealthOptions,
  output: Output,
): Promise<void> => {
  const { url, text, status } = await client.ask('health');
  const health = objectIn(text);
  // The status of a problem is a number.
  if (typeof health?.['status'] !== 'string')
    throw new Failure(`${url} answered ${status}: ${explanation(text)}`);
  if (json === true) output.out(text);
  else for (const line of healthLines(health)) output.out(line);
  if (health['store'] === undefined) output.err('A key with the scope read is told more.');
  if (health['status'] === 'ok') return;
  const detail = typeof health['detail'] === 'string' ? `: ${health['detail']}` : '';
  throw new Failure(`${client.origin} is ${String(health['status'])}${detail}.`);
};

export const healthLines = (health: JsonObject): string[] => {
  const { status, uptimeSeconds, rockets, messages, buffer, feed, subscriptions, kafka, log } = health;
  return paragraph([
    ['status', String(status)],
    ['uptime', typeof uptimeSeconds === 'number' ? inSeconds(uptimeSeconds) : undefined],
    ['store', storeIn(health)],
    ['kept', isObject(health['store']) ? keptIn(health['store']) : undefined],
    ['rockets', isObject(rockets) ? rocketsIn(rockets) : undefined],
    ...['events', 'gaps', 'waiting', 'late'].map((name) => [name, figure(health[name])] as const),
    ['messages', isObject(messages) ? messagesIn(messages) : undefined],
    ['buffer', isObject(buffer) ? bufferIn(buffer) : undefined],
    ['readers', isObject(feed) ? readersIn(feed) : undefined],
    ['feed', isObject(feed) ? heldBackIn(feed) : undefined],
    ['subscribed', isObject(subscriptions) ? subscriptionsIn(subscriptions) : undefined],
    ['gateway', isObject(kafka) ? gatewayIn(kafka) : undefined],
    ['consumer', isObject(kafka) ? consumerIn(kafka) : undefined],
    ['log', isObject(log) ? logIn(log) : undefined],
  ]);
};

const figure = (value: unknown): string | undefined =>
  typeof value === 'number' ? inThousands(value) : undefined;

const storeIn = ({ store }: JsonObject): string | undefined => {
  if (!isObject(store)) return undefined;
  const { name, durability } = store;
  return isObject(durability) ? `${String(name)}; ${String(durability['description'])}` : String(name);
};

/** How full it is, where there is a bound. */
const keptIn = ({ fullness }: JsonObject): string | undefined => {
  if (!isObject(fullness)) return undefined;
  const [bytes, limit] = [Number(fullness['bytes']), Number(fullness['limit'])];
  return `${inThousands(bytes)} of ${counted(limit, 'byte')}, ${Math.floor((100 * bytes) / limit)} %`;
};

/** What was received, and what became of it as far as anything did. */
const messagesIn = ({ received, ...outcomes }: JsonObject): string => {
  const parts = Object.entries(outcomes).filter(([, count]) => Number(count) > 0);
  const became = parts.map(([outcome, count]) => `${inThousands(Number(count))} ${outcome}`).join(', ');
  return `${inThousands(Number(received))} received${became === '' ? '' : `: ${became}`}`;
};

const bufferIn = ({ messages, bytes }: JsonObject): string =>
  `${counted(Number(messages), 'message')}, ${counted(Number(bytes), 'byte')} on their way`;

const readersIn = ({ readers, lagSeconds }: JsonObject): string =>
  `${inThousands(Number(readers))} live, ${inSeconds(Number(lagSeconds))} behind`;

const heldBackIn = ({ heldBack }: JsonObject): string | undefined => {
  if (!isObject(heldBack)) return undefined;
  const { events, seconds, by } = heldBack;
  const who = isObject(by) ? String(by['what']) : 'somebody';
  return `${counted(Number(events), 'event')} held back for ${inSeconds(Number(seconds))} by ${who}`;
};

/** Those that there are of each state. */
const subscriptionsIn = (states: JsonObject): string =>
  Object.entries(states)
    .filter(([, count]) => Number(count) > 0)
    .map(([state, count]) => `${inThousands(Number(count))} ${state}`)
    .join(', ');

const gatewayIn = ({ gateway }: JsonObject): string | undefined => {
  if (!isObject(gateway)) return undefined;
  const { queued, waiting, error } = gateway;
  return `${inThousands(Number(queued))} queued, ${inThousands(Number(waiting))} on their way${because(error)}`;
};

const consumerIn = ({ consumer }: JsonObject): string | undefined => {
  if (!isObject(consumer)) return undefined;
  const { partitions, rejected, rebalances, remade, heartbeatAgoSeconds, error } = consumer;
  const own = Array.isArray(partitions) ? partitions.filter(isObject) : [];
  const late = own.filter(({ lag }) => Number(lag) > 0);
  const lag = late.reduce((sum, one) => sum + Number(one['lag']), 0);
  const each = late.map((one) => `${String(one['partition'])}: ${inThousands(Number(one['lag']))}`);
  const where = late.length === 0 ? '' : ` (${each.join(', ')})`;
  const heard =
    typeof heartbeatAgoSeconds === 'number' ? `, heartbeat ${inSeconds(heartbeatAgoSeconds)} ago` : '';
  return (
    `${counted(own.length, 'partition')}, ${counted(lag, 'record')} behind${where}, ` +
    `${inThousands(Number(rejected))} rejected, ${counted(Number(rebalances), 'rebalance')}, ` +
    `made anew ${counted(Number(remade), 'time')}${heard}${because(error)}`
  );
};

const because = (error: unknown): string => (typeof error === 'string' ? `: ${error}` : '');

const logIn = ({ lost }: JsonObject): string | undefined =>
  Number(lost) > 0 ? `${counted(Number(lost), 'line')} could not be written` : undefined;
