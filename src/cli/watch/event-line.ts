import { numbersIn, utcText } from '../output.js';
import { isObject, type JsonObject } from '../service-client.js';

/** One event of the feed as one line: when, who, which number, what. */
export const eventLine = (event: JsonObject): string => {
  const { recordedAt, channel, number, type, data } = event;
  return `${utcText(recordedAt)}  ${String(channel)}  #${String(number).padEnd(6)} ${sentence(String(type), data)}`;
};

/** What is said beside the events: what has changed about gaps, what came late, and the state of the feed itself. */
export const noticeLine = (name: string, notice: JsonObject): string | undefined => {
  const { channel, number, reason } = notice;
  switch (name) {
    case 'caught-up':
      return '— caught up; what follows is live —';
    case 'gaps-changed':
      return `— what is missing of ${channel === undefined ? 'many rockets' : String(channel)} has changed —`;
    case 'message-late':
      return `— #${String(number)} of ${String(channel)} came after it was skipped —`;
    case 'dropped':
      return `— the service ended the feed: ${String(reason)} —`;
    case 'reset':
      return `— the feed starts from the beginning: ${reason === 'unknown-position' ? 'the position is not of this history' : String(reason)} —`;
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
      return `skipped ${numbersIn(given)}${skippedBy(given)}`;
    default:
      return `${type} ${JSON.stringify(data)}`;
  }
};

const skippedBy = ({ by, why }: JsonObject): string => {
  const { who, key } = isObject(by) ? by : {};
  const name = key === undefined ? String(who) : `${String(who)} ${String(key)}`;
  return ` by ${name}${why === undefined ? '' : `: ${String(why)}`}`;
};
