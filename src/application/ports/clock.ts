/** Time and the turn of the event loop, injected so that a simulation owns both. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after `ms`; 0 lets everything else that is due run first. */
  sleep(ms: number): Promise<void>;
}
