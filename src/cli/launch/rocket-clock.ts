import { performance } from 'node:perf_hooks';

/**
 * Writes the time as the official program does: RFC 3339 with the local offset and 5 to 7 decimals (its clock counts
 * in 100 ns, and trailing zeros are left out).
 */
export class RocketClock {
  private second = NaN;
  private prefix = '';
  private offset = '';

  now(): string {
    return this.write(performance.timeOrigin + performance.now());
  }

  write(epochMs: number): string {
    const ticks = Math.floor(epochMs * 10_000);
    const second = Math.floor(ticks / 10_000_000);
    if (second !== this.second) this.enter(second);
    const digits = String(ticks - second * 10_000_000).padStart(7, '0');
    return this.prefix + digits.replace(/0{1,2}$/, '') + this.offset;
  }

  /** Everything but the fraction changes once a second only. */
  private enter(second: number): void {
    const minutesEast = -new Date(second * 1000).getTimezoneOffset();
    const local = new Date(second * 1000 + minutesEast * 60_000).toISOString();
    const east = Math.abs(minutesEast);
    const [hours, minutes] = [Math.floor(east / 60), east % 60].map((part) => String(part).padStart(2, '0'));
    this.second = second;
    this.prefix = local.slice(0, 20);
    this.offset = `${minutesEast < 0 ? '-' : '+'}${hours}:${minutes}`;
  }
}
