import { paragraph } from '../figures/paragraph.js';
import { counted, inSeconds, inThousands, utcText } from '../output.js';
import { isObject, type JsonObject } from '../service-client.js';

/** All that is known of one. */
export const subscriptionLines = (one: JsonObject): string[] => {
  const { name, state, position, delivered, retried, lastError, nextTryAt, createdAt, kept } = one;
  return paragraph([
    ['name', String(name)],
    ['state', String(state)],
    ['to', sinkIn(one)],
    ['types', listed(one['types'])],
    ['rockets', listed(one['channels'])],
    ['position', String(position)],
    ['behind', lagIn(one)],
    ['waits for', String(one['waitsFor'])],
    ['next try', nextTryAt === undefined ? undefined : utcText(nextTryAt)],
    ['delivered', counted(Number(delivered), 'event')],
    ['retried', inThousands(Number(retried))],
    ['parked', parkedIn(one) || 'none'],
    [
      'last error',
      isObject(lastError) ? `${utcText(lastError['at'])}: ${String(lastError['what'])}` : undefined,
    ],
    ['made', utcText(createdAt)],
    ['kept', kept === true ? 'in the store' : 'as long as the service runs'],
  ]);
};

/** One of a list. */
export const subscriptionLine = (one: JsonObject): string => {
  const { name, state, delivered } = one;
  const figures = [`${inThousands(Number(delivered))} delivered`, `${lagIn(one)} behind`, parkedIn(one)];
  const known = figures.filter((figure) => figure !== '').join(', ');
  return `${String(name)}  ${String(state)}  ${sinkIn(one)}  ${known}; waits for ${String(one['waitsFor'])}`;
};

export const parkedLine = ({ channel, number, since, tries, nextTryAt, what }: JsonObject): string => {
  const next = nextTryAt === undefined ? 'given up' : `again at ${utcText(nextTryAt)}`;
  const tried = `${counted(Number(tries), 'attempt')}, ${next}`;
  return `${utcText(since)}  ${String(channel)}  from #${String(number)} on  ${tried}: ${String(what)}`;
};

export const sinkIn = ({ sink }: JsonObject): string => {
  if (!isObject(sink)) return '?';
  return sink['type'] === 'kafka' ? `the topic ${String(sink['topic'])}` : String(sink['url']);
};

const lagIn = ({ lag }: JsonObject): string => {
  if (!isObject(lag)) return '?';
  const { events, isMore, seconds } = lag;
  const count = counted(Number(events), 'event');
  return Number(events) === 0
    ? count
    : `${isMore === true ? 'more than ' : ''}${count}, ${inSeconds(Number(seconds))}`;
};

const parkedIn = ({ parked, givenUp }: JsonObject): string => {
  if (Number(parked) === 0) return '';
  const ended = Number(givenUp) === 0 ? '' : `, ${inThousands(Number(givenUp))} of them given up`;
  return `${counted(Number(parked), 'rocket')} parked${ended}`;
};

const listed = (values: unknown): string | undefined =>
  Array.isArray(values) ? values.map(String).join(', ') : undefined;
