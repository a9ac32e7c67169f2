import type { TraceContext } from '../../application/ports/tracing.js';

export interface Asked extends TraceContext {
  readonly isSampled: boolean;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
const SAMPLED = 1;

/** What a sender's header says; undefined when it says nothing that W3C Trace Context knows, which is as good as none. */
export const readTraceparent = (header: string | undefined): Asked | undefined => {
  const [, version, traceId, spanId, flags, more] = (header !== undefined && form.exec(header)) || [];
  if (version === undefined || traceId === undefined || spanId === undefined) return undefined;
  // Later versions may add to it; ours has nothing more.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags!, 16) & SAMPLED) === SAMPLED };
};
