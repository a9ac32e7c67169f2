import 'reflect-metadata';
import { Expose, Type, type TypeHelpOptions } from 'class-transformer';
import { IsDefined, IsIn, IsInt, IsObject, Max, Min, ValidateBy, ValidateNested } from 'class-validator';
import { isChannel } from '../../../domain/channel.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import { isRfc3339 } from '../../../domain/rocket-time.js';

/*
 * The message format: the only place where a rule about a field is written. compiled-check.ts turns it into the
 * fast check, explain-refusal.ts into the answer to a bad message. Fields that stand here are read; any other is
 * ignored, because programs in the field send more than we know.
 */

export const maxCharacters = 256;

export const isText = (value: unknown): value is string => {
  if (typeof value !== 'string' || value.length === 0) return false;
  if (value.length <= maxCharacters) return true;
  // A character may take two units; beyond twice the bound counting is pointless.
  return value.length <= maxCharacters * 2 && [...value].length <= maxCharacters;
};

export type Class<T extends object = object> = new () => T;

/** What the compiled check has to know about a nested field: its possible classes, and which one a parent asks for. */
export interface NestedField {
  readonly classes: readonly Class[];
  readonly choose: (parent: object) => Class;
}

const nestedKey = Symbol('nested');

export const nestedField = (dto: Class, property: string): NestedField | undefined =>
  Reflect.getMetadata(nestedKey, dto.prototype as object, property) as NestedField | undefined;

const all =
  (...decorators: PropertyDecorator[]): PropertyDecorator =>
  (target, property) => {
    Expose()(target, property);
    for (const decorate of decorators) decorate(target, property);
  };

const Nested = ({ classes, choose }: NestedField): PropertyDecorator => {
  const message = 'must be an object';
  return all(
    IsDefined({ message }),
    IsObject({ message }),
    ValidateNested({ message }),
    Type((options?: TypeHelpOptions) => choose(options?.object ?? {})),
    Reflect.metadata(nestedKey, { classes, choose }),
  );
};

const Whole = (min: number): PropertyDecorator => {
  const message = `must be an integer from ${min} to ${Number.MAX_SAFE_INTEGER}`;
  return all(IsInt({ message }), Min(min, { message }), Max(Number.MAX_SAFE_INTEGER, { message }));
};

const OneOf = (values: readonly string[]): PropertyDecorator =>
  all(IsIn(values, { message: `must be one of ${values.join(', ')}` }));

/** A rule of our own, known to the compiled check by its name. */
const Own = (name: keyof typeof ownRules, message: string): PropertyDecorator =>
  all(ValidateBy({ name, validator: { validate: ownRules[name] } }, { message }));

export const ownRules = {
  isText,
  isChannel: (value: unknown): boolean => typeof value === 'string' && isChannel(value),
  isRfc3339: (value: unknown): boolean => typeof value === 'string' && isRfc3339(value),
};

const Text = () => Own('isText', `must be a string of 1 to ${maxCharacters} characters`);
const Channel = () => Own('isChannel', 'must be a UUID, or 1 to 128 characters of A-Z a-z 0-9 . _ : -');
const Rfc3339 = () =>
  Own('isRfc3339', 'must be an RFC 3339 time with offset, such as 2022-02-02T19:39:05.86337+01:00');

export class LaunchDto {
  @Text() readonly type!: string;
  @Whole(0) readonly launchSpeed!: number;
  @Text() readonly mission!: string;
}

export class SpeedChangeDto {
  @Whole(0) readonly by!: number;
}

export class MissionChangeDto {
  @Text() readonly newMission!: string;
}

export class ExplosionDto {
  @Text() readonly reason!: string;
}

/** Stands in where the type is unknown, which is refused by itself. */
class UnknownPayloadDto {}

const payloadDtos = {
  RocketLaunched: LaunchDto,
  RocketSpeedIncreased: SpeedChangeDto,
  RocketSpeedDecreased: SpeedChangeDto,
  RocketExploded: ExplosionDto,
  RocketMissionChanged: MissionChangeDto,
} as const satisfies Record<RocketReport['type'], Class>;

export const messageTypes = Object.keys(payloadDtos) as RocketReport['type'][];

const payloadDto = (parent: object): Class => {
  const type = (parent as Partial<MessageDto>).metadata?.messageType;
  return type !== undefined && Object.hasOwn(payloadDtos, type) ? payloadDtos[type] : UnknownPayloadDto;
};

export class MetadataDto {
  @Channel() readonly channel!: string;
  @Whole(1) readonly messageNumber!: number;
  @Rfc3339() readonly messageTime!: string;
  @OneOf(messageTypes) readonly messageType!: RocketReport['type'];
}

export class MessageDto {
  @Nested({ classes: [MetadataDto], choose: () => MetadataDto })
  readonly metadata!: MetadataDto;

  @Nested({ classes: [...Object.values(payloadDtos), UnknownPayloadDto], choose: payloadDto })
  readonly message!: RocketReport['data'];
}
