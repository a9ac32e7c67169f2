import type { Skipper } from '../domain/rocket-event.js';
import type { LogFields, Logger } from './ports/logger.js';

/** An operator who asked for something, as far as that is known. */
export interface Operator {
  /** Of his key, or the subject of his token; nobody has one without `AUTH`. */
  readonly key?: string;
  /** Of the request by which he asked. */
  readonly requestId?: string;
}

/** As histories have it; keys change in their `file`, whoever wrote it. */
type By = Skipper | { readonly who: 'file' };

/**
 * Writes an act into the log: one line each, never summed up, all with `by`, which no other line at `info` has. Whoever gives
 * fields leaves secrets out.
 */
export const logAct = (
  logger: Pick<Logger, 'info'>,
  what: string,
  by: By,
  fields: LogFields = {},
  requestId?: string,
): void => logger.info(what, { by, ...fields, ...(requestId !== undefined && { requestId }) });

export const byOperator = ({ key }: Operator = {}): Skipper => ({
  who: 'operator',
  ...(key !== undefined && { key }),
});
