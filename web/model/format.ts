const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

export const unknown = '—';

export const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? unknown : whole.format(value);

/** Large totals lose their tail before they lose their place. */
export const shortFigure = (value: number | null | undefined): string =>
  value === null || value === undefined || Math.abs(value) < 100_000 ? figure(value) : short.format(value);

/** Of little every tenth counts. */
export const rateFigure = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? unknown
    : value < 10
      ? fine.format(value)
      : shortFigure(Math.round(value));

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${figure(count)} ${count === 1 ? one : many}`;

/** `15:39:42`, UTC: operators of one rocket sit in many time zones. */
export const clockTime = (time: string | number): string => iso(time)?.slice(11, 19) ?? unknown;

/** `2026-10-01 15:39:42`, UTC. */
export const dateTime = (time: string | number | null): string =>
  time === null ? unknown : (iso(time)?.slice(0, 19).replace('T', ' ') ?? String(time));

/** `2026-10-01 15:39:42.123`, UTC. */
export const exactTime = (time: string | number | null): string =>
  time === null ? unknown : (iso(time)?.slice(0, 23).replace('T', ' ') ?? String(time));

/** The clock alone means today; on another day it would make an old report look fresh. */
export const shortTime = (time: string | number | null, now = Date.now(), exact = false): string => {
  const full = exact ? exactTime(time) : dateTime(time);
  const today = dateTime(now).slice(0, 11);
  return full.startsWith(today) ? full.slice(today.length) : full;
};

/** Whether a time has to be told to the millisecond, because one beside it has the same second. */
export const needsMillis = (time: string, before: string | undefined, after: string | undefined): boolean => {
  const second = dateTime(time);
  return [before, after].some((other) => other !== undefined && dateTime(other) === second);
};

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** `0.123 s`, `12.5 s`, `3 min`, `2.5 d`: as fine as its size asks for. */
export const durationText = (ms: number): string => {
  const size = Math.abs(ms);
  for (const [name, unit] of units) if (size >= unit * 2) return `${fine.format(size / unit)} ${name}`;
  if (size >= 10_000) return `${fine.format(size / 1000)} s`;
  return `${(size / 1000).toFixed(3)} s`;
};

/** How long after it was sent an event was recorded; before, by a clock of a rocket that is ahead of ours. */
export const latenessOf = (event: { readonly time: string; readonly recordedAt: string }): number =>
  Date.parse(event.recordedAt) - Date.parse(event.time);

export const latenessText = (ms: number): string => `${ms < 0 ? '−' : '+'}${durationText(ms)}`;

const iso = (time: string | number): string | undefined => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};
