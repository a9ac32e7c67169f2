import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import type { Delivered } from '../../application/ports/sink.js';

/** What a receiver has said, as far as it was read. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const GONE = 410;
/** Among those that say that the request is at fault these do not: timeout, too early, too many. */
const again: readonly number[] = [408, 425, 429];

const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** What an answer means for the events that were sent. */
export const verdict = ({ status, headers, text }: Answer, now: number): Delivered => {
  if (status >= 200 && status < 300) return { kind: 'yes' };
  const said = printable(text);
  const what = `${status} ${STATUS_CODES[status] ?? ''}`.trim() + (said === '' ? '' : `: ${said}`);
  if (status === GONE) return { kind: 'gone', what };
  const afterMs = waitOf(headers['retry-after'], now);
  const isMoved = status >= 300 && status < 400;
  const isForLater = again.includes(status) || status >= 500 || afterMs !== undefined;
  if (!isMoved && !isForLater) return { kind: 'no', what };
  return {
    kind: 'again',
    what: isMoved ? movedText(what, headers.location) : what,
    ...(afterMs !== undefined && { afterMs }),
  };
};

/** Where it leads was said by whoever answers, and not by who made the subscription. */
const movedText = (what: string, location = ''): string =>
  `${what}; redirects are not followed${location === '' ? '' : ` (it leads to ${printable(location)})`}: ` +
  'give the subscription the address that is right.';

/** Seconds, or a date of HTTP. */
const waitOf = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
};

const httpDate = (text: string): number => (/^[A-Z][a-z]{2,8},? .+/.test(text) ? Date.parse(text) : NaN);

const LONGEST_TEXT = 200;

/** The beginning of what others wrote, in one line without what a terminal or a page would take for more than text. */
export const printable = (text: string): string => {
  const line = text
    .slice(0, 10 * LONGEST_TEXT)
    .replace(/[\p{C}\p{Z}\uFFFD]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length <= LONGEST_TEXT ? line : `${characters.slice(0, LONGEST_TEXT).join('')}…`;
};
