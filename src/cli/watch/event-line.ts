import { isObject, type JsonObject } from '../service-client.js';

/** One event of the feed as one line: when, who, which number, what. */
export const eventLine = (event: JsonObject): string => {
  const { recordedAt, channel, number, type, data } = event;
  const at = String(recordedAt).replace('T', ' ').replace('Z', '');
  return `${at}  ${String(channel)}  #${String(number).padEnd(6)} ${sentence(String(type), data)}`;
};

/** What is said beside the stored events: gaps, and the state of the feed itself. */
export const noticeLine = (name: string, notice: JsonObject): string | undefined => {
  const { channel, from, to, waiting, reason } = notice;
  switch (name) {
    case 'caught-up':
      return '— caught up; what follows is live —';
    case 'gap-opened':
      return `— ${String(channel)} misses ${range(from, to)}; ${String(waiting)} waiting —`;
    case 'gap-closed':
      return `— ${String(channel)} misses ${range(from, to)} no longer —`;
    case 'dropped':
      return `— the service ended the feed: ${String(reason)} —`;
    case 'reset':
      return `— the feed starts from the beginning: ${String(reason)} —`;
    default:
      return undefined;
  }
};

const sentence = (type: string, data: unknown): string => {
  const given = isObject(data) ? data : {};
  switch (type) {
    case 'RocketLaunched':
      return `launched: ${String(given['type'])}, mission ${String(given['mission'])}, speed ${String(given['launchSpeed'])}`;
    case 'RocketSpeedIncreased':
      return `faster by ${String(given['by'])}`;
    case 'RocketSpeedDecreased':
      return `slower by ${String(given['by'])}`;
    case 'RocketMissionChanged':
      return `mission is now ${String(given['newMission'])}`;
    case 'RocketExploded':
      return `EXPLODED: ${String(given['reason'])}`;
    case 'MessageRefused':
      return `refused (${String(given['rule'])}): ${JSON.stringify(given['message'])}`;
    case 'MessagesSkipped':
      return `skipped ${range(given['from'], given['to'])}`;
    default:
      return `${type} ${JSON.stringify(data)}`;
  }
};

const range = (from: unknown, to: unknown): string =>
  from === to ? `#${String(from)}` : `#${String(from)}–${String(to)}`;
