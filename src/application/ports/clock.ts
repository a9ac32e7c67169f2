/** Time and the turn of the event loop, injected so that a simulation owns both. */
export interface Clock {
  /** Milliseconds since 1970, UTC. May be set back or on at any time. */
  now(): number;
  /** Milliseconds since some moment in the past; only ever grows, whatever is done to the clock. */
  elapsed(): number;
  /** Resolves after `ms`; 0 lets everything else that is due run first. */
  sleep(ms: number): Promise<void>;
}
