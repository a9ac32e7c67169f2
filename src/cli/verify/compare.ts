import { isDeepStrictEqual } from 'node:util';
import type { SentMessage } from '../launch/sent-message.js';
import { isObject, type JsonObject, type ServiceClient } from '../service-client.js';
import { expectedRocket, type ExpectedRocket } from './expected-rocket.js';

export interface Verdict {
  readonly channel: string;
  readonly differences: readonly string[];
  /** Messages the service holds with the time of an earlier run of the same seed. */
  readonly earlierTimes: number;
}

const PAGE = 1000;

/** Compares one rocket and its whole history, as the service tells them, with what was sent. */
export const compareRocket = async (
  client: ServiceClient,
  messages: readonly SentMessage[],
): Promise<Verdict> => {
  const channel = messages[0]?.channel ?? '';
  const path = `rockets/${encodeURIComponent(channel)}`;
  const rocket = await client.find(path);
  if (!isObject(rocket)) {
    return { channel, differences: ['the service does not know this rocket'], earlierTimes: 0 };
  }
  const { differences, times, earlierTimes } = compareHistory(messages, await history(client, path));
  return {
    channel,
    differences: [...compareState(expectedRocket(messages, times), rocket), ...differences],
    earlierTimes,
  };
};

/** Asks for pages until one is empty: a page that is shorter than it could be must not end the check early. */
const history = async (client: ServiceClient, path: string): Promise<JsonObject[]> => {
  const events: JsonObject[] = [];
  for (let after = 0; ;) {
    const page = await client.find(`${path}/events?after=${after}&limit=${PAGE}`);
    const found = Array.isArray(page) ? page.filter(isObject) : [];
    const last = found.at(-1)?.['number'];
    if (typeof last !== 'number' || last <= after) return events;
    events.push(...found);
    after = last;
  }
};

const compareState = (expected: ExpectedRocket, actual: JsonObject): string[] =>
  Object.entries(expected).flatMap(([field, wanted]) => {
    const found = actual[field];
    const same =
      field.endsWith('At') && typeof wanted === 'string'
        ? sameInstant(wanted, found)
        : Object.is(wanted, found);
    return same ? [] : [`${field} is ${show(found)}, expected ${show(wanted)}`];
  });

interface HistoryComparison {
  readonly differences: string[];
  readonly times: readonly string[];
  readonly earlierTimes: number;
}

const compareHistory = (
  messages: readonly SentMessage[],
  events: readonly JsonObject[],
): HistoryComparison => {
  const byNumber = new Map(events.map((event) => [event['number'], event]));
  const differences = events.length === byNumber.size ? [] : ['the history holds a number more than once'];
  if (
    events.some(
      (event, index) => index > 0 && Number(event['number']) <= Number(events[index - 1]?.['number']),
    )
  ) {
    differences.push('the history is not in the order of its numbers');
  }
  let earlierTimes = 0;
  const times = messages.map((message) => {
    const event = byNumber.get(message.number);
    byNumber.delete(message.number);
    const { difference, time } = compareEvent(message, event);
    if (difference !== undefined) differences.push(difference);
    else if (time !== message.time) earlierTimes++;
    return time;
  });
  for (const number of byNumber.keys()) differences.push(`event ${show(number)} was never sent`);
  return { differences, times, earlierTimes };
};

const compareEvent = (
  message: SentMessage,
  event: JsonObject | undefined,
): { difference?: string; time: string } => {
  const { number, time, accepted } = message;
  if (event === undefined) return { difference: `event ${number} is missing`, time };
  const expected = expectedEvent(message);
  if (event['type'] !== expected.type || !isDeepStrictEqual(event['data'], expected.data)) {
    const found = `${show(event['type'])} ${show(event['data'])}`;
    return {
      difference: `event ${number} is ${found}, expected ${expected.type} ${show(expected.data)}`,
      time,
    };
  }
  const held = event['time'];
  if (held === time) return { time };
  // A message the service already had keeps its first time; one it took from us must keep ours.
  if (accepted || typeof held !== 'string') {
    return { difference: `event ${number} has the time ${show(held)}, expected ${time}`, time };
  }
  return { time: held };
};

/** The sender knows which rule it broke; what was sent stands in the refusal. */
const expectedEvent = ({ report, breaks }: SentMessage): { type: string; data: object } =>
  breaks === undefined ? report : { type: 'MessageRefused', data: { rule: breaks, message: report } };

/** RFC 3339 times of any offset and any number of decimals that name the same moment. */
export const sameInstant = (a: string, b: unknown): boolean =>
  typeof b === 'string' && instant(a) !== undefined && instant(a) === instant(b);

const instant = (text: string): string | undefined => {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, second, fraction = '', offset] = match;
  return `${Date.parse(`${second}${offset}`)}.${fraction.replace(/0+$/, '')}`;
};

const show = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'absent');
