import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * `rk_<id>_<secret><checksum>`: the prefix and the checksum let programs that look for leaked secrets know one when they see it,
 * and tell a key that was copied badly from one that is not known.
 */
const pattern = /^rk_([0-9a-zA-Z]{8})_([0-9a-zA-Z]{32})([0-9a-zA-Z]{6})$/;

export const isLikeApiKey = (text: string): boolean => text.startsWith('rk_');

export interface ApiKey {
  readonly id: string;
  readonly text: string;
}

export const makeApiKey = (): ApiKey => {
  const id = letters(8);
  const body = `rk_${id}_${letters(32)}`;
  return { id, text: body + checksumOf(body) };
};

/** Undefined for what cannot be a key. */
export const readApiKey = (text: string): ApiKey | undefined => {
  const [, id, , checksum] = pattern.exec(text) ?? [];
  return id !== undefined && checksumOf(text.slice(0, -6)) === checksum ? { id, text } : undefined;
};

/** A key has 190 bits of chance: nothing slow is needed to keep it from being guessed. */
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

const letters = (count: number): string => {
  let text = '';
  while (text.length < count) {
    // Bytes beyond the last whole alphabet would make some letters likelier than others.
    for (const byte of randomBytes(count)) if (byte < 248 && text.length < count) text += alphabet[byte % 62];
  }
  return text;
};

const checksumOf = (text: string): string => {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < 6; i++) {
    digits = alphabet.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
};
