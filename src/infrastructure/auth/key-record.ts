import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { ArrayNotEmpty, IsIn, IsOptional, Matches, validateSync, ValidateBy } from 'class-validator';
import { canonicalChannel, channelPattern } from '../../domain/channel.js';
import { isRfc3339 } from '../../domain/rocket-time.js';
import { scopes, type Scope } from './scope.js';

/** What is kept of a key: everything but the key. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly channels?: readonly string[];
  readonly until?: string;
  readonly createdAt?: string;
  readonly revokedAt?: string;
}

export class UnreadableKeys extends Error {}

/** `{"keys": […]}`, as `rockets keys` writes it. */
export const readKeys = (text: string): readonly KeyRecord[] => {
  const content = jsonIn(text);
  if (!isObject(content) || !Array.isArray(content['keys'])) {
    throw new UnreadableKeys('It must be JSON as `rockets keys create` makes it: {"keys": […]}.');
  }
  const keys = content['keys'].map(readKey);
  for (const [one, what] of [['id', 'id'] as const, ['name', 'name'] as const]) {
    const twice = keys.find((key, i) => keys.findIndex((other) => other[one] === key[one]) < i);
    if (twice !== undefined) throw new UnreadableKeys(`Two keys have the ${what} ${twice[one]}.`);
  }
  return keys;
};

export const keysText = (keys: readonly KeyRecord[]): string => `${JSON.stringify({ keys }, undefined, 2)}\n`;

export const nameRule = 'name must be 1 to 128 letters, digits and . _ : @ / | + = ~ -';
const scopesRule = `scopes must be some of ${scopes.join(', ')}`;
const channelsRule = 'channels must be a list of channels, or be left out';
const timeRule = '$property must be a time, as 2030-01-31T00:00:00Z';

const isTime = (value: unknown): boolean => typeof value === 'string' && isRfc3339(value);

/** Names stand in histories and logs. */
export const isKeyName = (text: unknown): text is string =>
  typeof text === 'string' && /^[\p{L}\p{N}][\p{L}\p{N} ._:@/|+=~-]{0,127}$/u.test(text);

/** As it stands in the file; a field that nobody knows may be a misspelt limit. */
class KeyEntry {
  @Matches(/^[0-9a-zA-Z]{8}$/, { message: 'id must be 8 letters and digits' })
  readonly id!: string;

  @ValidateBy({ name: 'isKeyName', validator: { validate: isKeyName } }, { message: nameRule })
  readonly name!: string;

  @Matches(/^[0-9a-f]{64}$/, { message: 'hash must be 64 hexadecimal digits' })
  readonly hash!: string;

  @ArrayNotEmpty({ message: scopesRule })
  @IsIn(scopes, { each: true, message: scopesRule })
  readonly scopes!: Scope[];

  @IsOptional()
  @ArrayNotEmpty({ message: channelsRule })
  @Matches(channelPattern, { each: true, message: channelsRule })
  readonly channels?: string[];

  @IsOptional()
  @ValidateBy({ name: 'isTime', validator: { validate: isTime } }, { message: timeRule })
  readonly until?: string;

  @IsOptional()
  @ValidateBy({ name: 'isTime', validator: { validate: isTime } }, { message: timeRule })
  readonly createdAt?: string;

  @IsOptional()
  @ValidateBy({ name: 'isTime', validator: { validate: isTime } }, { message: timeRule })
  readonly revokedAt?: string;
}

const readKey = (value: unknown, index: number): KeyRecord => {
  const entry = plainToInstance(KeyEntry, isObject(value) ? value : {});
  const [error] = validateSync(entry, { whitelist: true, forbidNonWhitelisted: true });
  if (error !== undefined) {
    const [why] = Object.values(error.constraints ?? {});
    const which = isKeyName(entry.name) ? entry.name : `number ${index + 1}`;
    throw new UnreadableKeys(`Key ${which}: ${why ?? `${error.property} is wrong`}.`);
  }
  return { ...entry, ...(entry.channels && { channels: entry.channels.map(canonicalChannel) }) };
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableKeys(`It is not JSON: ${error instanceof Error ? error.message : ''}.`);
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
