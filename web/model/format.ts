const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const unknown = '—';

export const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? unknown : whole.format(value);

/** Large totals lose their tail before they lose their place. */
export const shortFigure = (value: number | null | undefined): string =>
  value === null || value === undefined || Math.abs(value) < 100_000 ? figure(value) : short.format(value);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${figure(count)} ${count === 1 ? one : many}`;

/** `15:39:42`, UTC: operators of one rocket sit in many time zones. */
export const clockTime = (time: string | number): string => iso(time)?.slice(11, 19) ?? unknown;

/** `2026-10-01 15:39:42`, UTC. */
export const dateTime = (time: string | number | null): string =>
  time === null ? unknown : (iso(time)?.slice(0, 19).replace('T', ' ') ?? String(time));

/** The clock alone means today; on another day it would make an old report look fresh. */
export const shortTime = (time: string | number | null, now = Date.now()): string => {
  const full = dateTime(time);
  const today = dateTime(now).slice(0, 11);
  return full.startsWith(today) ? full.slice(today.length) : full;
};

const iso = (time: string | number): string | undefined => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};
