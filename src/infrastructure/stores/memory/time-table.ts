/** A time as four figures. `millis` is UTC, the others are the sender's clock. */
export interface CodedTime {
  readonly seconds: number;
  readonly fraction: number;
  readonly style: number;
  readonly millis: number;
}

/** How a sender writes times: everything but the figures. Few exist, however many times are sent. */
interface Style {
  readonly separator: string;
  readonly decimals: number;
  readonly suffix: string;
  readonly offset: number;
  /** A fraction times `up`, divided by `down`, is milliseconds; two whole numbers, because 0.001 is not exact. */
  readonly up: number;
  readonly down: number;
}

const DAY = 86_400;
const WHOLE = 19;
const MINUS = 45;
const MAX_SECONDS = 0xffff_ffff;

/**
 * Turns RFC 3339 times into figures and back, exactly as sent. What does not come back exactly is not encoded at
 * all: leap seconds, years before 1970 or after 2105.
 */
export class TimeTable {
  private readonly styles: Style[] = [];
  /** By figures instead of texts: a text cut out of a time would have to be hashed for every event. */
  private readonly styleIds = new Map<number, number>();
  private readonly days = new Map<number, number>();
  private readonly dates = new Map<number, string>();

  /** `time` is valid RFC 3339. Undefined: keep the text instead. */
  encode(time: string): CodedTime | undefined {
    const day = this.dayOf(time);
    const second = pair(time, 17);
    const seconds = day * DAY + pair(time, 11) * 3600 + pair(time, 14) * 60 + second;
    if (!(seconds >= 0 && seconds <= MAX_SECONDS && second < 60)) return undefined;
    let end = WHOLE;
    let fraction = 0;
    if (time.charCodeAt(WHOLE) === 46) {
      for (end++; isDigit(time.charCodeAt(end)); end++) fraction = fraction * 10 + time.charCodeAt(end) - 48;
    }
    const decimals = Math.max(0, end - WHOLE - 1);
    const style = this.styleOf(time, decimals, end);
    return { seconds, fraction, style, millis: this.millis(seconds, fraction, style) };
  }

  decode(seconds: number, fraction: number, style: number): string {
    const { separator, decimals, suffix } = this.styles[style]!;
    const day = Math.floor(seconds / DAY);
    const rest = seconds - day * DAY;
    const hours = Math.floor(rest / 3600);
    const minutes = Math.floor(rest / 60) % 60;
    const whole = `${this.dates.get(day)!}${separator}${two[hours]!}:${two[minutes]!}:${two[rest % 60]!}`;
    return decimals === 0 ? whole + suffix : `${whole}.${String(fraction).padStart(decimals, '0')}${suffix}`;
  }

  /** UTC milliseconds; finer decimals are cut, as `utcMillis` does. */
  millis(seconds: number, fraction: number, style: number): number {
    const { up, down, offset } = this.styles[style]!;
    return seconds * 1000 - offset + Math.floor((fraction * up) / down);
  }

  private dayOf(time: string): number {
    const key = ((pair(time, 0) * 100 + pair(time, 2)) * 100 + pair(time, 5)) * 100 + pair(time, 8);
    const known = this.days.get(key);
    if (known !== undefined) return known;
    const date = time.slice(0, 10);
    const day = Date.parse(`${date}T00:00:00Z`) / 1000 / DAY;
    // Outside, nothing is encoded, so nothing is kept either.
    if (day < 0 || day * DAY > MAX_SECONDS) return NaN;
    this.days.set(key, day);
    this.dates.set(day, date);
    return day;
  }

  /** `end` is where the decimals end. */
  private styleOf(time: string, decimals: number, end: number): number {
    const zone = time.charCodeAt(end);
    const minutes = time.length === end + 1 ? 0 : pair(time, end + 1) * 60 + pair(time, end + 4);
    const key = ((minutes * 128 + zone) * 128 + time.charCodeAt(10)) * 16 + decimals;
    const known = this.styleIds.get(key);
    if (known !== undefined) return known;
    const sign = zone === MINUS ? -1 : 1;
    this.styleIds.set(key, this.styles.length);
    // At most 2 · 10 · (2 · 1440 + 2) styles: an id fits into 16 bits.
    return (
      this.styles.push({
        separator: time.charAt(10),
        decimals,
        suffix: time.slice(end),
        offset: sign * minutes * 60_000,
        up: 10 ** Math.max(0, 3 - decimals),
        down: 10 ** Math.max(0, decimals - 3),
      }) - 1
    );
  }
}

const two = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const pair = (text: string, at: number): number =>
  (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
