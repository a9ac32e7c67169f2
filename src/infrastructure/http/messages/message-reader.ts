import { isAscii, isUtf8 } from 'node:buffer';
import { canonicalChannel } from '../../../domain/channel.js';
import type { RocketMessage, RocketReport } from '../../../domain/rocket-message.js';
import { compileCheck } from './compiled-check.js';
import { explainRefusal, invalidMessage } from './explain-refusal.js';
import { InvalidInput } from './invalid-input.js';
import {
  type ExplosionDto,
  type LaunchDto,
  MessageDto,
  type MissionChangeDto,
  type SpeedChangeDto,
} from './message-dto.js';
import { parseStrictJson } from './strict-json.js';
import { UsualMessageReader } from './usual-message.js';

export { InvalidInput };

/**
 * The text of a body in UTF-8, every byte of it: nothing is replaced, and no byte order mark swallowed. The answer
 * shares no memory with the bytes.
 */
export const decodeUtf8 = (bytes: Buffer): string | InvalidInput => {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) {
    return malformed(
      'invalid-utf-8',
      `The body is not valid UTF-8, from byte ${firstInvalidByte(bytes)} on.`,
    );
  }
  const text = bytes.toString();
  return text.charCodeAt(0) === byteOrderMark
    ? malformed('byte-order-mark', 'The body begins with a byte order mark; send the JSON text without it.')
    : text;
};

/** What one body says: a message, or all that is wrong with it. */
export const readBodyMessage = (body: Buffer): RocketMessage | InvalidInput => {
  const text = decodeUtf8(body);
  if (typeof text !== 'string') return text;
  return text.length === body.length ? readMessageAt(text, body, 0, body.length) : readMessage(text);
};

/**
 * What the JSON text says that stands from `start` to `end` in a longer one, of which the bytes are all ASCII. The time
 * of the message may be a slice of the text and keep the whole of it alive.
 */
export const readMessageAt = (
  text: string,
  ascii: Buffer,
  start: number,
  end: number,
): RocketMessage | InvalidInput =>
  usual.read(text, ascii, start, end) ?? readMessage(ascii.toString('latin1', start, end));

/** What one JSON text says. The strings of the message may be slices of it and keep the whole of it alive. */
export const readMessage = (text: string): RocketMessage | InvalidInput => {
  const sent = parseStrictJson(text);
  if (sent instanceof InvalidInput) return sent;
  const message = withoutAlias(sent);
  if (message instanceof InvalidInput) return message;
  if (isMessage(message)) return toRocketMessage(message);
  return explainRefusal(message, message === sent ? 'message' : 'content');
};

const isMessage = compileCheck(MessageDto);
const usual = new UsualMessageReader();

/** Older senders call the payload `content`. */
const withoutAlias = (sent: unknown): unknown => {
  const { metadata, message, content } = (sent ?? {}) as Readonly<Record<string, unknown>>;
  if (content === undefined) return sent;
  if (message === undefined) return { metadata, message: content };
  const detail = 'content is another name for message; send only one of them.';
  return invalidMessage([{ pointer: '/content', code: 'duplicate-payload', message: detail }]);
};

const toRocketMessage = ({ metadata, message }: MessageDto): RocketMessage => ({
  channel: canonicalChannel(metadata.channel),
  number: metadata.messageNumber,
  time: metadata.messageTime,
  report: reportOf(metadata.messageType, message),
});

/** Field by field, because what else was sent does not belong to the report. */
const reportOf = (type: RocketReport['type'], payload: MessageDto['message']): RocketReport => {
  switch (type) {
    case 'RocketLaunched': {
      const launch = payload as LaunchDto;
      return { type, data: { type: launch.type, launchSpeed: launch.launchSpeed, mission: launch.mission } };
    }
    case 'RocketSpeedIncreased':
    case 'RocketSpeedDecreased':
      return { type, data: { by: (payload as SpeedChangeDto).by } };
    case 'RocketMissionChanged':
      return { type, data: { newMission: (payload as MissionChangeDto).newMission } };
    case 'RocketExploded':
      return { type, data: { reason: (payload as ExplosionDto).reason } };
  }
};

const byteOrderMark = 0xfeff;

const malformed = (code: string, message: string): InvalidInput =>
  new InvalidInput('malformed-json', message, [{ pointer: '', code, message }]);

/** Valid as far as a decoder that replaces gets the same bytes back. */
const firstInvalidByte = (bytes: Buffer): number => {
  const again = Buffer.from(bytes.toString());
  let at = 0;
  while (at < bytes.length && bytes[at] === again[at]) at++;
  return at;
};
