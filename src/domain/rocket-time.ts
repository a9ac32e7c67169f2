/**
 * RFC 3339 by our own calendar: `Date` takes 30 February and years without a month, and cuts fractions.
 *
 * Accepted: `2022-02-02T19:39:05.86337+01:00` with a required offset, 0 to 9 decimals, `T` and `Z` in either case,
 * as long as the UTC time lies in the years 0001 to 9999. A leap second is one only where UTC has them, at 23:59:60
 * on 30 June and 31 December; as in POSIX time it counts as the second that follows.
 */
export const isRfc3339 = (text: string): boolean => {
  const seconds = utcSeconds(text);
  return seconds >= firstSecond && seconds <= lastSecond;
};

/** Milliseconds since 1970; finer decimals are cut. NaN for anything that is not RFC 3339. */
export const utcMillis = (time: string): number => {
  const seconds = utcSeconds(time);
  if (!(seconds >= firstSecond && seconds <= lastSecond)) return NaN;
  const end = fractionEnd(time);
  return end === wholeLength ? seconds * 1000 : seconds * 1000 + milliseconds(time, end);
};

/**
 * The same instant in UTC without an offset or closing zeros, as in `2022-02-02T18:39:05.86337`: equal instants are equal
 * texts, and texts sort as instants do. `time` is valid RFC 3339; other text throws a RangeError.
 */
export const utcKey = (time: string): string => {
  const end = fractionEnd(time);
  const zone = time.charCodeAt(end);
  const isUtc = zone === 90 && time.charCodeAt(17) < 54 && time.charCodeAt(10) === 84;
  const whole = isUtc ? time.slice(0, wholeLength) : shifted(time, end);
  let last = end;
  while (last > wholeLength && time.charCodeAt(last - 1) === zero) last--;
  return last <= wholeLength + 1 ? whole : whole + time.slice(wholeLength, last);
};

/** Most offsets are some hours that do not lead to another day: then only the hours are others. */
const shifted = (time: string, end: number): string => {
  const hour = twoDigits(time, 11) - offsetSeconds(time, end) / 3600;
  if (Number.isInteger(hour) && hour >= 0 && hour <= 23 && time.charCodeAt(17) < 54) {
    return `${time.slice(0, 10)}T${hour < 10 ? '0' : ''}${hour}${time.slice(13, wholeLength)}`;
  }
  return new Date(utcSeconds(time) * 1000).toISOString().slice(0, wholeLength);
};

/** The same as RFC 3339. */
export const toUtc = (time: string): string => utcKey(time) + 'Z';

const secondsPerDay = 86_400;
/** 0001-01-01 to 1970-01-01. */
const daysBefore1970 = 719_162;
const firstSecond = -daysBefore1970 * secondsPerDay;
const lastSecond = 253_402_300_799;
/** Length of `2022-02-02T19:39:05`. */
const wholeLength = 19;
const maxDecimals = 9;
const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const;

const dash = 45;
const dot = 46;
const zero = 48;
const colon = 58;
const plus = 43;

/**
 * Seconds since 1970 without the fraction; NaN when the text is not RFC 3339, any year included. Every message
 * passes here, so it reads character codes instead of matching an expression.
 */
const utcSeconds = (text: string): number => {
  const day = dayNumber(text);
  const letter = text.charCodeAt(10);
  if (letter !== 84 && letter !== 116) return NaN;
  if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return NaN;
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return NaN;
  const end = fractionEnd(text);
  if (end === wholeLength + 1 || end > wholeLength + 1 + maxDecimals) return NaN;
  const utc = day * secondsPerDay + hour * 3600 + minute * 60 + second - offsetSeconds(text, end);
  return second === 60 && !followsLeapSecond(utc) ? NaN : utc;
};

/** Days since 1970-01-01 of the date at the start of the text; NaN when there is none. */
const dayNumber = (text: string): number => {
  if (text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash) return NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return NaN;
  const leap = isLeapYear(year);
  const before = daysBeforeMonth[month - 1] ?? NaN;
  const length = (daysBeforeMonth[month] ?? NaN) - before + (leap && month === 2 ? 1 : 0);
  if (day > length) return NaN;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return past * 365 + leapDays + before + (leap && month > 2 ? 1 : 0) + day - 1 - daysBefore1970;
};

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** `Z` or `±hh:mm`, and nothing after it; NaN otherwise. */
const offsetSeconds = (text: string, at: number): number => {
  const sign = text.charCodeAt(at);
  if (sign === 90 || sign === 122) return text.length === at + 1 ? 0 : NaN;
  if (sign !== plus && sign !== dash) return NaN;
  if (text.length !== at + 6 || text.charCodeAt(at + 3) !== colon) return NaN;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return NaN;
  return (hours * 3600 + minutes * 60) * (sign === dash ? -1 : 1);
};

/** A leap second ends where July or January begins in UTC. */
const followsLeapSecond = (utc: number): boolean => {
  if (!Number.isInteger(utc / secondsPerDay)) return false;
  const date = new Date(utc * 1000).toISOString();
  return date.includes('-07-01T') || date.includes('-01-01T');
};

/** Where the decimals behind the seconds end; `wholeLength` when there are none. */
const fractionEnd = (text: string): number => {
  if (text.charCodeAt(wholeLength) !== dot) return wholeLength;
  let end = wholeLength + 1;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
};

const milliseconds = (text: string, end: number): number =>
  Number(text.slice(wholeLength + 1, Math.min(end, wholeLength + 4)).padEnd(3, '0'));

const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - 48) * 10 + ones - 48 : NaN;
};

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
